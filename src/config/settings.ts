/** One setting: how it is read, what it may be, and what the README says of it. */
export interface Setting<T = unknown> {
  readonly key: string;
  readonly parse: (text: string) => T;
  /** The value, as text, of a variable that is not set. */
  readonly default: string;
  /** What a good value is, in the words of an error message. */
  readonly expects: string;
  readonly description: string;
  /** May also come from the file that `{key}_FILE` names. */
  readonly secret?: boolean;
}

/** Thrown by a setting's `parse`; its words never hold the value. */
export class BadValue extends Error {}

function integer(minimum: number, maximum: number): Pick<Setting<number>, 'parse' | 'expects'> {
  const expects = `an integer from ${minimum} to ${maximum}`;
  const parse = (text: string) => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < minimum || value > maximum) throw new BadValue();
    return value;
  };
  return { parse, expects };
}

function oneOf<const T extends string>(...words: T[]): Pick<Setting<T>, 'parse' | 'expects'> {
  const parse = (text: string) => {
    if (!words.includes(text as T)) throw new BadValue();
    return text as T;
  };
  return { parse, expects: `one of ${words.join(', ')}` };
}

const text = (pattern: RegExp, expects: string): Pick<Setting<string>, 'parse' | 'expects'> => ({
  parse: (value) => {
    if (!pattern.test(value)) throw new BadValue();
    return value;
  },
  expects,
});

function databaseUrl(value: string): string {
  if (/^sqlite:.+/.test(value) && !value.includes(':memory:')) return value;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !['mysql:', 'mariadb:'].includes(url.protocol) || url.hostname === '' || url.pathname.length < 2)
    throw new BadValue();
  return value;
}

const MS = 'in milliseconds';

/** Every variable that Plinth reads. The README's table is made from this one (`npm run docs:config`). */
export const SETTINGS = {
  host: {
    key: 'HOST',
    default: '127.0.0.1',
    ...text(/^[0-9A-Za-z.:-]+$/, 'an address or a host name'),
    description: 'Address to listen on.',
  },
  port: { key: 'PORT', default: '3000', ...integer(0, 65535), description: 'Port to listen on; 0 takes a free one.' },
  databaseUrl: {
    key: 'DATABASE_URL',
    default: 'sqlite:./data/plinth.sqlite',
    parse: databaseUrl,
    expects: 'sqlite:PATH, mysql://USER:PASSWORD@HOST:PORT/DATABASE or mariadb://…',
    description: 'Where the data is. The scheme has to be what the server is.',
    secret: true,
  },
  migrateOnStart: {
    key: 'DATABASE_MIGRATE',
    default: 'auto',
    ...oneOf('auto', 'always', 'never'),
    description: 'Whether a start runs pending migrations; `auto`: on SQLite only.',
  },
  poolSize: { key: 'DATABASE_POOL', default: '10', ...integer(1, 1000), description: 'Connections at most.' },
  queueLimit: {
    key: 'DATABASE_QUEUE',
    default: '100',
    ...integer(1, 100_000),
    description: 'Requests that may wait for a connection.',
  },
  acquireTimeoutMs: {
    key: 'DATABASE_WAIT_MS',
    default: '2000',
    ...integer(1, 60_000),
    description: `Wait for a connection, ${MS}; then 503.`,
  },
  connectTimeoutMs: {
    key: 'DATABASE_CONNECT_MS',
    default: '3000',
    ...integer(1, 60_000),
    description: `Making a connection, ${MS}.`,
  },
  statementTimeoutMs: {
    key: 'DATABASE_STATEMENT_MS',
    default: '10000',
    ...integer(1, 600_000),
    description: `One statement, ${MS}; the server ends it.`,
  },
  watchdogMs: {
    key: 'DATABASE_WATCHDOG_MS',
    default: '2000',
    ...integer(1, 60_000),
    description: `Longer than that, ${MS}, and the connection is cut.`,
  },
  logLevel: {
    key: 'LOG_LEVEL',
    default: 'info',
    ...oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    description: 'The least that is logged.',
  },
  bodyLimitBytes: {
    key: 'HTTP_BODY_BYTES',
    default: '1048576',
    ...integer(1024, 104_857_600),
    description: 'Largest request body; then 413.',
  },
  requestTimeoutMs: {
    key: 'HTTP_REQUEST_MS',
    default: '15000',
    ...integer(100, 600_000),
    description: `Receiving a request, ${MS}; then 408.`,
  },
  headersTimeoutMs: {
    key: 'HTTP_HEADERS_MS',
    default: '10000',
    ...integer(100, 600_000),
    description: `Receiving its headers, ${MS}; then 408.`,
  },
  keepAliveTimeoutMs: {
    key: 'HTTP_KEEP_ALIVE_MS',
    default: '75000',
    ...integer(0, 600_000),
    description: `An idle connection, ${MS}.`,
  },
  maxConnections: {
    key: 'HTTP_CONNECTIONS',
    default: '10000',
    ...integer(1, 1_000_000),
    description: 'Connections at most.',
  },
  watchers: { key: 'WATCHERS', default: '2000', ...integer(0, 1_000_000), description: 'Event streams at most.' },
  watchersPerCaller: {
    key: 'WATCHERS_PER_CALLER',
    default: '5',
    ...integer(1, 1_000_000),
    description: 'Event streams of one caller who is known.',
  },
  feedDays: {
    key: 'CHANGES_FEED_DAYS',
    default: '7',
    ...integer(1, 3_650),
    description: 'How far back a watcher can resume, in days.',
  },
  auditDays: {
    key: 'CHANGES_AUDIT_DAYS',
    default: '365',
    ...integer(1, 36_500),
    description: 'How long changes are kept at all, in days; never less than the feed.',
  },
  drainMs: {
    key: 'SHUTDOWN_DRAIN_MS',
    default: '5000',
    ...integer(0, 600_000),
    description: `From SIGTERM to closing the listener, ${MS}.`,
  },
  inFlightMs: {
    key: 'SHUTDOWN_IN_FLIGHT_MS',
    default: '25000',
    ...integer(0, 600_000),
    description: `For requests that are under way by then, ${MS}.`,
  },
  deadlineMs: {
    key: 'SHUTDOWN_DEADLINE_MS',
    default: '45000',
    ...integer(1, 600_000),
    description: `For the whole stop, ${MS}; then exit 1.`,
  },
} satisfies Record<string, Setting>;
