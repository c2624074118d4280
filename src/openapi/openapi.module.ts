import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DocsController } from './docs.controller.js';
import { ApiDocument } from './document.js';

@Module({
  imports: [DiscoveryModule],
  controllers: [DocsController],
  providers: [ApiDocument],
})
export class OpenapiModule {}
