import { readFileSync } from 'node:fs';
import { BadValue, SETTINGS, type Setting } from './settings.js';

export interface DatabaseConfig {
  readonly url: string;
  readonly kind: 'sqlite' | 'mariadb' | 'mysql';
  readonly migrateOnStart: boolean;
  readonly poolSize: number;
  readonly queueLimit: number;
  readonly acquireTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly watchdogMs: number;
}

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxConnections: number;
}

export interface ChangesConfig {
  readonly watchers: number;
  readonly watchersPerCaller: number;
  readonly feedDays: number;
  readonly auditDays: number;
}

export interface ShutdownConfig {
  readonly drainMs: number;
  readonly inFlightMs: number;
  readonly deadlineMs: number;
}

/** The whole configuration, read once at start and frozen. */
export abstract class Config {
  abstract readonly database: DatabaseConfig;
  abstract readonly http: HttpConfig;
  abstract readonly shutdown: ShutdownConfig;
  abstract readonly changes: ChangesConfig;
  abstract readonly log: { readonly level: string };
}

/** Says which variables are wrong and what they should be; never what they are. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`Bad configuration:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError with every fault at once */
export function loadConfig(env: Environment): Config {
  const faults: string[] = [];
  const read = <T>(setting: Setting<T>): T => readSetting(setting, env, faults);
  const url = read(SETTINGS.databaseUrl);
  const kind = (url?.slice(0, url.indexOf(':')) ?? 'sqlite') as DatabaseConfig['kind'];
  const migrate = read(SETTINGS.migrateOnStart);
  const config: Config = {
    database: {
      url,
      kind,
      migrateOnStart: migrate === 'always' || (migrate === 'auto' && kind === 'sqlite'),
      poolSize: read(SETTINGS.poolSize),
      queueLimit: read(SETTINGS.queueLimit),
      acquireTimeoutMs: read(SETTINGS.acquireTimeoutMs),
      connectTimeoutMs: read(SETTINGS.connectTimeoutMs),
      statementTimeoutMs: read(SETTINGS.statementTimeoutMs),
      watchdogMs: read(SETTINGS.watchdogMs),
    },
    http: {
      host: read(SETTINGS.host),
      port: read(SETTINGS.port),
      bodyLimitBytes: read(SETTINGS.bodyLimitBytes),
      requestTimeoutMs: read(SETTINGS.requestTimeoutMs),
      headersTimeoutMs: read(SETTINGS.headersTimeoutMs),
      keepAliveTimeoutMs: read(SETTINGS.keepAliveTimeoutMs),
      maxConnections: read(SETTINGS.maxConnections),
    },
    shutdown: {
      drainMs: read(SETTINGS.drainMs),
      inFlightMs: read(SETTINGS.inFlightMs),
      deadlineMs: read(SETTINGS.deadlineMs),
    },
    changes: {
      watchers: read(SETTINGS.watchers),
      watchersPerCaller: read(SETTINGS.watchersPerCaller),
      feedDays: read(SETTINGS.feedDays),
      auditDays: read(SETTINGS.auditDays),
    },
    log: { level: read(SETTINGS.logLevel) },
  };
  if (config.http.headersTimeoutMs > config.http.requestTimeoutMs) {
    faults.push('HTTP_HEADERS_MS must not be more than HTTP_REQUEST_MS');
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(config);
}

function readSetting<T>(setting: Setting<T>, env: Environment, faults: string[]): T {
  const { key } = setting;
  const fileKey = `${key}_FILE`;
  let text = env[key];
  if (setting.secret && env[fileKey] !== undefined) {
    if (text !== undefined) faults.push(`${key} and ${fileKey} are both set: only one of them can hold`);
    try {
      text = readFileSync(env[fileKey], 'utf8').trim();
    } catch {
      faults.push(`${fileKey} names a file that can not be read`);
      return undefined as T;
    }
  }
  try {
    return setting.parse(text ?? setting.default);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    faults.push(`${key} must be ${setting.expects}`);
    return undefined as T;
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  }
  return Object.freeze(value);
}
