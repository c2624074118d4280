import { ConfigError, environmentOf, readSetting, type Config } from './config.js';
import { SETTINGS, type Setting } from './settings.js';

type Declared = Readonly<Record<string, Setting>>;
type Values<D extends Declared> = { readonly [Name in keyof D]: D[Name] extends Setting<infer T> ? T : never };

/** A class of settings, and what it declares. */
export type SettingsClass = (new () => object) & { readonly declared: Declared };

/**
 * The settings of a module, as a class: `class LoanSettings extends Settings({ days: integer({ key: 'LOAN_DAYS', … }) })`. It
 * is named by `@PlinthModule({ settings: LoanSettings })`, read and checked at the start, and injected by its type.
 */
export function Settings<const D extends Declared>(
  declared: D,
): (abstract new () => Values<D>) & { readonly declared: D } {
  abstract class Own {
    static readonly declared = declared;
  }
  return Own as unknown as (abstract new () => Values<D>) & { readonly declared: D };
}

/** @throws TypeError for settings whose names are not the module's own */
export function checkSettings(module: string, { name, declared }: SettingsClass): void {
  const prefix = `${module.toUpperCase().replaceAll('-', '_')}_`;
  const kernel = new Set(Object.values(SETTINGS).map(({ key }) => key));
  for (const { key, parse, default: text } of Object.values(declared)) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(key) || !key.startsWith(prefix))
      throw new TypeError(`${name} has a setting ${key}: those of ${module} begin with ${prefix}.`);
    if (kernel.has(key)) throw new TypeError(`${name} has a setting ${key}, which is one of the kernel's.`);
    try {
      parse(text);
    } catch {
      throw new TypeError(`${name} has a default for ${key} that it would refuse itself.`);
    }
  }
}

/** The settings of modules, from the environment that `config` was read from. @throws ConfigError with every fault at once */
export function loadSettings(config: Config, classes: readonly SettingsClass[]): Map<SettingsClass, object> {
  const faults: string[] = [];
  const environment = environmentOf(config);
  const loaded = classes.map((type) => {
    const read = ([name, setting]: [string, Setting]) => [name, readSetting(setting, environment, faults)] as const;
    const values: object = Object.fromEntries(Object.entries(type.declared).map(read));
    return [type, Object.freeze(Object.assign(new type(), values))] as const;
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return new Map(loaded);
}
