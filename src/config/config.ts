import { readFileSync } from 'node:fs';
import { BadValue } from './bad-value.js';
import { isLoopback, SETTINGS, type Setting } from './settings.js';
import { readTls, type TlsConfig } from './tls.js';

export interface DatabaseConfig {
  readonly url: string;
  readonly kind: 'sqlite' | 'mariadb' | 'mysql';
  /** Null: in plain text. */
  readonly tls: TlsConfig | null;
  readonly migrateOnStart: boolean;
  readonly poolSize: number;
  readonly queueLimit: number;
  readonly acquireTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly watchdogMs: number;
  readonly pipeline: boolean;
  readonly coalesceReads: boolean;
  readonly groupWrites: boolean;
  readonly costly: CostlyConfig;
  readonly sqliteThread: boolean;
}

/** Statements that may have to look at many rows. */
export interface CostlyConfig {
  readonly atOnce: number;
  readonly perCaller: number;
  /** Never more than `statementTimeoutMs`. */
  readonly limitMs: number;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
}

export interface HttpConfig extends Listening {
  /** Where probes and metrics are, if that is a port of their own. */
  readonly management: Listening | null;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** 0: never. */
  readonly maxConnections: number;
  readonly trustProxy: readonly string[];
  readonly corsOrigins: readonly string[];
  /** The senders whose entity tags may be changed by a proxy: `proxies` takes the weak tags of trusted ones. */
  readonly weakEtags: 'refuse' | 'proxies';
  /** 0: never. */
  readonly shedDelayMs: number;
  readonly shedHeapPercent: number;
  readonly shedMemoryPercent: number;
  /** Bytes of the rows of a page, or of one read for a stream. */
  readonly pageBytes: number;
  /** Milliseconds for which an answer may lie unread. */
  readonly sendMs: number;
  /** Percent of the heap for bodies that come and answers that lie unread. */
  readonly heldPercent: number;
  readonly heldPercentPerCaller: number;
  readonly exports: number;
  readonly exportsPerCaller: number;
}

export interface JwtConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly algorithms: readonly string[];
  readonly scopeClaim: string;
}

export interface AccessConfig {
  /** Whether API keys are taken. */
  readonly keys: boolean;
  /** Null: tokens are not taken. */
  readonly jwt: JwtConfig | null;
  readonly limits: {
    readonly scope: 'process' | 'database' | 'off';
    /** Requests in a minute. */
    readonly caller: number;
    readonly address: number;
    readonly failures: number;
  };
  /** The budget of each caller and day, beside the rows themselves; 0: any number. */
  readonly storage: { readonly bytes: number; readonly records: number };
}

export interface ChangesConfig {
  readonly watchers: number;
  readonly watchersPerCaller: number;
  readonly feedDays: number;
  readonly auditDays: number;
}

/** Consumers of changes and scheduled jobs. */
export interface BackgroundConfig {
  /** Whether this process runs any. */
  readonly isOn: boolean;
  readonly leaseMs: number;
}

/** The personal data of subjects. */
export interface PrivacyConfig {
  /** Path of the ledger outside of the database; null: there is none. */
  readonly ledger: string | null;
}

export interface ShutdownConfig {
  readonly drainMs: number;
  readonly inFlightMs: number;
  readonly deadlineMs: number;
}

export interface LogConfig {
  readonly level: string;
  /** The percentage of answers below 400 that is logged. */
  readonly successPercent: number;
  /** 0: never. */
  readonly slowStatementMs: number;
}

export interface TracesConfig {
  /** Base URL of an OTLP receiver. */
  readonly endpoint: string;
  /** The share of traces that begin here and are kept, from 0 to 1. */
  readonly ratio: number;
}

/** The whole configuration, read once at start and frozen. */
export abstract class Config {
  abstract readonly database: DatabaseConfig;
  abstract readonly http: HttpConfig;
  abstract readonly access: AccessConfig;
  abstract readonly shutdown: ShutdownConfig;
  abstract readonly changes: ChangesConfig;
  abstract readonly background: BackgroundConfig;
  abstract readonly privacy: PrivacyConfig;
  abstract readonly log: LogConfig;
  /** Null: nowhere. */
  abstract readonly traces: TracesConfig | null;
  /** The commit that it was built from; null where nobody says. */
  abstract readonly commit: string | null;
}

/** Says which variables are wrong and what they should be; never what they are. */
export class ConfigError extends Error {
  /** EX_CONFIG of sysexits.h: what starts the process should not try again by itself. */
  readonly exitCode = 78;

  constructor(readonly faults: readonly string[]) {
    super(`Bad configuration:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Not a part of the configuration, which may be looked at: it has secrets. */
const environments = new WeakMap<Config, Environment>();

/** The environment that a configuration was read from: for the settings of modules. */
export function environmentOf(config: Config): Environment {
  return environments.get(config) ?? {};
}

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
      tls: readTls(read, url?.startsWith('sqlite:'), faults),
      migrateOnStart: migrate === 'always' || (migrate === 'auto' && kind === 'sqlite'),
      poolSize: read(SETTINGS.poolSize),
      queueLimit: read(SETTINGS.queueLimit),
      acquireTimeoutMs: read(SETTINGS.acquireTimeoutMs),
      connectTimeoutMs: read(SETTINGS.connectTimeoutMs),
      statementTimeoutMs: read(SETTINGS.statementTimeoutMs),
      watchdogMs: read(SETTINGS.watchdogMs),
      pipeline: read(SETTINGS.pipeline) === 'on',
      coalesceReads: read(SETTINGS.coalesceReads) === 'on',
      groupWrites: read(SETTINGS.groupWrites) === 'on',
      costly: readCostly(read, kind, faults),
      sqliteThread: read(SETTINGS.sqliteThread) === 'on',
    },
    http: {
      host: read(SETTINGS.host),
      port: read(SETTINGS.port),
      management: readManagement(read, faults),
      bodyLimitBytes: read(SETTINGS.bodyLimitBytes),
      requestTimeoutMs: read(SETTINGS.requestTimeoutMs),
      headersTimeoutMs: read(SETTINGS.headersTimeoutMs),
      keepAliveTimeoutMs: read(SETTINGS.keepAliveTimeoutMs),
      maxConnections: read(SETTINGS.maxConnections),
      trustProxy: read(SETTINGS.trustProxy),
      corsOrigins: read(SETTINGS.corsOrigins),
      weakEtags: read(SETTINGS.weakEtags),
      shedDelayMs: read(SETTINGS.shedDelayMs),
      shedHeapPercent: read(SETTINGS.shedHeapPercent),
      shedMemoryPercent: read(SETTINGS.shedMemoryPercent),
      pageBytes: read(SETTINGS.pageBytes),
      sendMs: read(SETTINGS.sendMs),
      heldPercent: read(SETTINGS.heldPercent),
      heldPercentPerCaller: read(SETTINGS.heldPercentPerCaller),
      exports: read(SETTINGS.exports),
      exportsPerCaller: read(SETTINGS.exportsPerCaller),
    },
    access: readAccess(read, faults),
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
    background: {
      isOn: read(SETTINGS.background) === 'on',
      leaseMs: read(SETTINGS.backgroundLeaseMs),
    },
    privacy: { ledger: read(SETTINGS.privacyLedger) },
    log: {
      level: read(SETTINGS.logLevel),
      successPercent: read(SETTINGS.logSuccessPercent),
      slowStatementMs: read(SETTINGS.logSlowStatementMs),
    },
    traces: readTraces(read),
    commit: read(SETTINGS.commit),
  };
  if (config.http.headersTimeoutMs > config.http.requestTimeoutMs) {
    faults.push('HTTP_HEADERS_MS must not be more than HTTP_REQUEST_MS');
  }
  if (config.http.weakEtags === 'proxies' && config.http.trustProxy?.length === 0)
    faults.push('TRUST_PROXY must name the proxies where HTTP_WEAK_ETAGS is proxies');
  const { keys, jwt } = config.access;
  const { host, management } = config.http;
  const listening = { HOST: host, ...(management?.host !== host && { MANAGEMENT_HOST: management?.host }) };
  for (const [key, value] of Object.entries(listening)) {
    if (!keys && !jwt && value !== undefined && !isLoopback(value))
      faults.push(
        `${key} must be 127.0.0.1, ::1 or localhost as long as AUTH is off: nobody would be asked who they are`,
      );
  }
  // A setting may be read for several that are worked out from it.
  if (faults.length > 0) throw new ConfigError([...new Set(faults)]);
  environments.set(config, env);
  return deepFreeze(config);
}

function readTraces(read: <T>(setting: Setting<T>) => T): TracesConfig | null {
  const [endpoint, ratio] = [read(SETTINGS.tracesEndpoint), read(SETTINGS.tracesRatio)];
  return endpoint === null ? null : { endpoint, ratio };
}

function readManagement(read: <T>(setting: Setting<T>) => T, faults: string[]): Listening | null {
  const [host, port] = [read(SETTINGS.managementHost) ?? read(SETTINGS.host), read(SETTINGS.managementPort)];
  if (read(SETTINGS.managementHost) && port === null)
    faults.push('MANAGEMENT_PORT must be set where MANAGEMENT_HOST is');
  if (port && port === read(SETTINGS.port)) faults.push('MANAGEMENT_PORT must be another one than PORT');
  return port === null ? null : { host, port };
}

/** By default half of the pool, and a fourth for one caller; SQLite has a thread for each. */
function readCostly(read: <T>(setting: Setting<T>) => T, kind: DatabaseConfig['kind'], faults: string[]): CostlyConfig {
  const poolSize = read(SETTINGS.poolSize);
  const most = kind === 'sqlite' ? 2 : Math.max(1, Math.floor(poolSize / 2));
  const atOnce = read(SETTINGS.costly) ?? most;
  const perCaller = read(SETTINGS.costlyPerCaller) ?? Math.max(1, Math.floor(atOnce / 2));
  if (kind !== 'sqlite' && atOnce > poolSize) faults.push('DATABASE_COSTLY must not be more than DATABASE_POOL');
  if (perCaller > atOnce) faults.push('DATABASE_COSTLY_PER_CALLER must not be more than DATABASE_COSTLY');
  return { atOnce, perCaller, limitMs: Math.min(read(SETTINGS.costlyMs), read(SETTINGS.statementTimeoutMs)) };
}

function readAccess(read: <T>(setting: Setting<T>) => T, faults: string[]): AccessConfig {
  const kinds = read<readonly string[] | undefined>(SETTINGS.auth) ?? [];
  const [issuer, audience] = [read(SETTINGS.jwtIssuer), read(SETTINGS.jwtAudience)];
  const jwksUrl = read(SETTINGS.jwksUrl);
  const [algorithms, scopeClaim] = [read(SETTINGS.jwtAlgorithms), read(SETTINGS.jwtScopeClaim)];
  if (kinds.includes('off') && kinds.length > 1) faults.push('AUTH must be off, keys, jwt, or keys,jwt');
  if (kinds.includes('jwt')) {
    for (const [key, value] of Object.entries({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience })) {
      if (value === null) faults.push(`${key} must be set where AUTH takes jwt`);
    }
    if (algorithms?.length === 0) faults.push('JWT_ALGORITHMS must name one at least');
    if (jwksUrl === null && issuer !== null && issuer !== undefined && !issuer.startsWith('https://'))
      faults.push('JWT_JWKS_URL must be set where JWT_ISSUER is no https URL');
  }
  const jwt = kinds.includes('jwt') && {
    issuer: issuer!,
    audience: audience!,
    jwksUrl: jwksUrl ?? `${issuer?.replace(/\/$/, '')}/.well-known/jwks.json`,
    algorithms,
    scopeClaim,
  };
  return {
    keys: kinds.includes('keys'),
    jwt: jwt || null,
    limits: {
      scope: read(SETTINGS.rateLimit),
      caller: read(SETTINGS.callerLimit),
      address: read(SETTINGS.addressLimit),
      failures: read(SETTINGS.failureLimit),
    },
    storage: { bytes: read(SETTINGS.storedBytes), records: read(SETTINGS.storedRecords) },
  };
}

/** @param faults gets what is wrong with it; the value is undefined then */
export function readSetting<T>(setting: Setting<T>, env: Environment, faults: string[]): T {
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
    faults.push(`${key} ${error.message || `must be ${setting.expects}`}`);
    return undefined as T;
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  }
  return Object.freeze(value);
}
