import { Module, type DynamicModule } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import type { Config } from './config/config.js';
import { BackgroundModule } from './background/background.module.js';
import { ChangesModule } from './changes/changes.module.js';
import { ConfigModule } from './config/config.module.js';
import { CrudModule } from './crud/crud.module.js';
import { declarationOf, type PlinthModuleClass } from './crud/plinth-module.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { ProcessModule } from './process/process.module.js';
import type { Draining } from './runtime/draining.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { OpenapiModule } from './openapi/openapi.module.js';
import { PrivacyModule } from './privacy/privacy.module.js';
import { schemaOf } from './schema.js';

/** The table of contents: one line per capability, then the modules that are served. */
@Module({})
export class AppModule {
  static with(config: Config, draining: Draining, served: readonly PlinthModuleClass[]): DynamicModule {
    const declared = served.map(declarationOf);
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(
          config,
          declared.flatMap(({ settings }) => settings ?? []),
        ),
        ProcessModule.forRoot(draining),
        DatabaseModule.forRoot(schemaOf(served)),
        HttpModule,
        AccessModule.with(declared.flatMap(({ replaces }) => replaces)),
        HealthModule,
        CrudModule.forRoot(served),
        ChangesModule,
        BackgroundModule,
        OpenapiModule,
        ObservabilityModule,
        PrivacyModule,

        ...served,
      ],
    };
  }
}
