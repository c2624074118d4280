import { Module, type DynamicModule } from '@nestjs/common';
import { Draining } from '../runtime/draining.js';

@Module({})
export class ProcessModule {
  static forRoot(draining: Draining): DynamicModule {
    return {
      module: ProcessModule,
      global: true,
      providers: [{ provide: Draining, useValue: draining }],
      exports: [Draining],
    };
  }
}
