import { Module, type DynamicModule } from '@nestjs/common';
import { Config } from './config.js';
import { loadSettings, type SettingsClass } from './own-settings.js';

/** Gives everybody the one configuration, which `main` has read from the environment. */
@Module({})
export class ConfigModule {
  /** @param settings of modules. @throws ConfigError for theirs */
  static forRoot(config: Config, settings: readonly SettingsClass[] = []): DynamicModule {
    const own = [...loadSettings(config, settings)].map(([provide, useValue]) => ({ provide, useValue }));
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: Config, useValue: config }, ...own],
      exports: [Config, ...settings],
    };
  }
}
