import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DocsController } from './docs.controller.js';
import { ApiDocument } from './document.js';
import { FrontController } from './front.controller.js';

@Module({
  imports: [DiscoveryModule],
  controllers: [FrontController, DocsController],
  providers: [ApiDocument],
})
export class OpenapiModule {}
