import { isIP } from 'node:net';
import { certificates, privateKey } from './pem.js';
import { BadValue } from './bad-value.js';

/** One setting: how it is read, what it may be, and what docs/configuration.md says of it. */
export interface Setting<T = unknown> {
  readonly key: string;
  readonly parse: (text: string) => T;
  /** The value, as text, of a variable that is not set. */
  readonly default: string;
  /** Describes a good value, in the words of an error message. */
  readonly expects: string;
  readonly description: string;
  /** May also come from the file that `{key}_FILE` names. */
  readonly secret?: boolean;
}

export function integer(minimum: number, maximum: number): Pick<Setting<number>, 'parse' | 'expects'> {
  const expects = `an integer from ${minimum} to ${maximum}`;
  const parse = (text: string) => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < minimum || value > maximum) throw new BadValue();
    return value;
  };
  return { parse, expects };
}

export function oneOf<const T extends string>(...words: T[]): Pick<Setting<T>, 'parse' | 'expects'> {
  const parse = (text: string) => {
    if (!words.includes(text as T)) throw new BadValue();
    return text as T;
  };
  return { parse, expects: `one of ${words.join(', ')}` };
}

export const text = (pattern: RegExp, expects: string): Pick<Setting<string>, 'parse' | 'expects'> => ({
  parse: (value) => {
    if (!pattern.test(value)) throw new BadValue();
    return value;
  },
  expects,
});

const name = text(/^[0-9A-Za-z.:-]+$/, 'an address or a host name');
/** The name can stand for several addresses, of which one server listens on one. */
const address = { ...name, parse: (value: string) => name.parse(value === 'localhost' ? '127.0.0.1' : value) };

function databaseUrl(value: string): string {
  if (/^sqlite:[^?]+/.test(value) && !value.includes(':memory:')) {
    refuseQuery(value.slice(value.indexOf('?') + 1 || value.length));
    return value;
  }
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !['mysql:', 'mariadb:'].includes(url.protocol) || url.hostname === '' || url.pathname.length < 2)
    throw new BadValue();
  refuseQuery(url.search.slice(1));
  if (url.hash !== '') throw new BadValue('must have no "#": in a user, a password or a name it is written %23');
  if (![url.hostname, url.username, url.password, url.pathname].every(isDecodable))
    throw new BadValue('must have no "%" that is not the beginning of an encoded byte: it is written %25 itself');
  return value;
}

/**
 * Refuses parameters, which would be ignored in silence: they may have been there to make the line safe (`?ssl=…`,
 * `?sslmode=require`).
 */
function refuseQuery(query: string): void {
  if (query === '') return;
  const names = [...new Set(new URLSearchParams(query).keys())].map((name) => `"${encodeURIComponent(name)}"`);
  const what = names.length === 0 ? 'no query' : `no query, which has ${names.join(', ')}`;
  throw new BadValue(`must have ${what}: every option is a variable of its own, those of TLS are DATABASE_TLS…`);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A setting that need not be there: empty text is null. */
export function optional<T>({
  parse,
  expects,
}: Pick<Setting<T>, 'parse' | 'expects'>): Pick<Setting<T | null>, 'parse' | 'expects' | 'default'> {
  return { default: '', expects, parse: (value) => (value === '' ? null : parse(value)) };
}

export function listOf<T extends string>(
  isGood: (word: string) => boolean,
  expects: string,
): Pick<Setting<readonly T[]>, 'parse' | 'expects'> {
  const parse = (value: string) => {
    const words = value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
    if (!words.every(isGood)) throw new BadValue();
    return words as T[];
  };
  return { parse, expects };
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];

/** Keys that a token is checked with must not come over a wire that others can write to. */
function isTrustworthyUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : null;
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
}

function isNetwork(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const family = isIP(address);
  if (NETWORKS.includes(value)) return true;
  // A prefix of 0 would be everybody.
  const most = family === 4 ? 32 : 128;
  return (
    family !== 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most))
  );
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value && /^https?:/.test(value);
}

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

const MS = 'in milliseconds';

/** Every variable that Plinth reads. docs/configuration.md is made from it (`npm run docs`). */
export const SETTINGS = {
  host: {
    key: 'HOST',
    default: '127.0.0.1',
    ...address,
    description:
      'Address to listen on; `localhost` is 127.0.0.1. Other machines can only reach it with authentication: `AUTH`.',
  },
  managementPort: {
    key: 'MANAGEMENT_PORT',
    ...optional(integer(1, 65535)),
    description: 'Port of `/health` and `/metrics`, which are then nowhere else; without it they are on `PORT`.',
  },
  managementHost: {
    key: 'MANAGEMENT_HOST',
    ...optional(address),
    description: "Address of `MANAGEMENT_PORT`; by default that of `HOST`, and never another machine's without `AUTH`.",
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
  tls: {
    key: 'DATABASE_TLS',
    default: 'off',
    ...oneOf('off', 'required', 'verified'),
    description:
      'Whether the line to MariaDB or MySQL is encrypted; `verified`: and the certificate of the server checked, its name and end too. Never less than this says.',
  },
  tlsCa: {
    key: 'DATABASE_TLS_CA',
    ...optional({ parse: certificates, expects: 'the path of a file with certificates in PEM' }),
    description:
      'The authorities that may sign the certificate of the database server; by default those that Node trusts. Only where `verified`.',
  },
  tlsServerName: {
    key: 'DATABASE_TLS_SERVER_NAME',
    ...optional(text(/^[0-9A-Za-z.:-]+$/, 'a host name or an address')),
    description: 'The name in that certificate, where it is not the host of `DATABASE_URL`. Only where `verified`.',
  },
  tlsCert: {
    key: 'DATABASE_TLS_CERT',
    ...optional({ parse: certificates, expects: 'the path of a file with certificates in PEM' }),
    description: 'The certificate that the service shows to the database server, with those that lead to its signer.',
  },
  tlsKey: {
    key: 'DATABASE_TLS_KEY',
    ...optional({ parse: privateKey, expects: 'the path of a file with a private key in PEM' }),
    description: 'The private key of `DATABASE_TLS_CERT`. Files are read at the start only.',
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
    description: `How long making a connection may take, ${MS}.`,
  },
  statementTimeoutMs: {
    key: 'DATABASE_STATEMENT_MS',
    default: '10000',
    ...integer(1, 600_000),
    description: `One statement, ${MS}; the server ends it (MySQL: only one that reads; SQLite: none but costly ones).`,
  },
  costly: {
    key: 'DATABASE_COSTLY',
    ...optional(integer(1, 1000)),
    description:
      'Costly statements (a count, a sort by several fields, an export, a filter or row rule that no one index answers) at once; by default half of `DATABASE_POOL`, on SQLite 2, each of which is a thread.',
  },
  costlyPerCaller: {
    key: 'DATABASE_COSTLY_PER_CALLER',
    ...optional(integer(1, 1000)),
    description:
      'Those of one caller; others wait their turn in `DATABASE_QUEUE` for `DATABASE_WAIT_MS`, then 429. By default half of `DATABASE_COSTLY`.',
  },
  costlyMs: {
    key: 'DATABASE_COSTLY_MS',
    default: '3000',
    ...integer(1, 600_000),
    description: `One costly statement, ${MS}; then 503. On SQLite without \`DATABASE_SQLITE_THREAD\` nothing else goes on meanwhile.`,
  },
  watchdogMs: {
    key: 'DATABASE_WATCHDOG_MS',
    default: '2000',
    ...integer(1, 60_000),
    description: `How much longer than its limit a statement may take, ${MS}; then its connection is cut.`,
  },
  pipeline: {
    key: 'DATABASE_PIPELINE',
    default: 'on',
    ...oneOf('on', 'off'),
    description: 'Whether statements go to MariaDB or MySQL several in one write.',
  },
  coalesceReads: {
    key: 'DATABASE_COALESCE_READS',
    default: 'on',
    ...oneOf('on', 'off'),
    description: 'Whether reads of single rows that come at the same time are one statement.',
  },
  groupWrites: {
    key: 'DATABASE_GROUP_WRITES',
    default: 'on',
    ...oneOf('on', 'off'),
    description: 'Whether creates, and updates, that come at the same time are one commit.',
  },
  sqliteThread: {
    key: 'DATABASE_SQLITE_THREAD',
    default: 'on',
    ...oneOf('on', 'off'),
    description: 'Whether SQLite reads and commits on a second thread what comes at the same time.',
  },
  logLevel: {
    key: 'LOG_LEVEL',
    default: 'info',
    ...oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    description: 'The least that is logged. SIGUSR2 changes between this and debug.',
  },
  logSuccessPercent: {
    key: 'LOG_SUCCESS_PERCENT',
    default: '100',
    ...integer(0, 100),
    description:
      'How many of the answers below 400 have a line in the log, in percent. Slow ones (a second or more) and all from 400 on always have one.',
  },
  logSlowStatementMs: {
    key: 'LOG_SLOW_STATEMENT_MS',
    default: '1000',
    ...integer(0, 600_000),
    description: `A statement that takes as long as this, ${MS}, is logged without its values; 0: none.`,
  },
  tracesEndpoint: {
    key: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    ...optional({
      expects: 'an http or https URL',
      parse: (value: string) => {
        if (!/^https?:\/\//.test(value) || !URL.canParse(value)) throw new BadValue();
        return value;
      },
    }),
    description:
      'Where traces are sent: the base address of an OpenTelemetry receiver, by OTLP over HTTP as JSON. None are made without it, unless Node is started with an SDK of yours. docs/observing.md has its other variables.',
  },
  tracesRatio: {
    key: 'OTEL_TRACES_SAMPLER_ARG',
    default: '1',
    expects: 'a number from 0 to 1',
    parse: (value: string) => {
      if (!/^(0|1|0?\.\d+|1\.0+)$/.test(value)) throw new BadValue();
      return Number(value);
    },
    description: 'How many of the traces that begin here are kept; where a caller traces, they decide.',
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
  sendMs: {
    key: 'HTTP_SEND_MS',
    default: '60000',
    ...integer(100, 3_600_000),
    description: `For how long a client may take nothing of an answer, ${MS}; then its connection is ended. Event streams have ten times as long.`,
  },
  keepAliveTimeoutMs: {
    key: 'HTTP_KEEP_ALIVE_MS',
    default: '75000',
    ...integer(0, 600_000),
    description: `How long an idle connection stays open, ${MS}.`,
  },
  maxConnections: {
    key: 'HTTP_CONNECTIONS',
    default: '10000',
    ...integer(1, 1_000_000),
    description: 'Connections at most.',
  },
  trustProxy: {
    key: 'TRUST_PROXY',
    default: '',
    ...listOf(isNetwork, 'a list of addresses, networks (10.0.0.0/8), loopback, linklocal and uniquelocal'),
    description: 'Proxies whose `X-Forwarded-For` is believed; nobody unless named.',
  },
  corsOrigins: {
    key: 'CORS_ORIGINS',
    default: '',
    ...listOf(isOrigin, 'a list of origins such as https://app.example.org'),
    description: 'Web pages that may call the API from a browser; none unless named.',
  },
  weakEtags: {
    key: 'HTTP_WEAK_ETAGS',
    default: 'refuse',
    ...oneOf('refuse', 'proxies'),
    description:
      'From whom `If-Match` takes entity tags that are weak or marked `-gzip`, as proxies that compress make them: nobody, or the `proxies` in `TRUST_PROXY`.',
  },
  shedDelayMs: {
    key: 'SHED_DELAY_MS',
    default: '250',
    ...integer(0, 60_000),
    description: `Mean delay of the event loop, ${MS}, from which on requests are refused with 503; 0: never.`,
  },
  shedHeapPercent: {
    key: 'SHED_HEAP_PERCENT',
    default: '90',
    ...integer(0, 100),
    description:
      'Use of the heap, and of buffers beside it, in percent of its limit, from which on requests are refused with 503; 0: never.',
  },
  shedMemoryPercent: {
    key: 'SHED_MEMORY_PERCENT',
    default: '90',
    ...integer(0, 100),
    description:
      "Use of memory, in percent of the container's limit where it has one, from which on requests are refused with 503; 0: never.",
  },
  pageBytes: {
    key: 'PAGE_BYTES',
    default: '1048576',
    ...integer(1024, 67_108_864),
    description:
      'Bytes of the rows of one page, of lists, histories and `/api/changes`: the row that reaches them is its last, and `next_cursor` goes on. Exports and streams read as much at once; the answers of a batch have as much.',
  },
  heldPercent: {
    key: 'HELD_PERCENT',
    default: '20',
    ...integer(1, 100),
    description:
      'Memory for bodies that are being received and for answers that their readers have not taken, of more than 16 KiB each, in percent of the limit of the heap; then 503 for more of them.',
  },
  heldPercentPerCaller: {
    key: 'HELD_PERCENT_PER_CALLER',
    default: '6',
    ...integer(1, 100),
    description: 'The same for one caller who is known; then 429.',
  },
  exports: {
    key: 'EXPORTS',
    default: '16',
    ...integer(0, 100_000),
    description: 'Exports (NDJSON, CSV) at once; then 503.',
  },
  exportsPerCaller: {
    key: 'EXPORTS_PER_CALLER',
    default: '4',
    ...integer(1, 100_000),
    description: 'Exports of one caller who is known; then 429.',
  },
  auth: {
    key: 'AUTH',
    default: 'off',
    ...listOf<'keys' | 'jwt'>((word) => ['off', 'keys', 'jwt'].includes(word), 'off, keys, jwt, or keys,jwt'),
    description: 'Who is let in: callers with an API key, with a JWT, or (`off`) everybody on this machine.',
  },
  jwtIssuer: {
    key: 'JWT_ISSUER',
    ...optional(text(/^[\x21-\x7e]+$/, "the issuer's name, as its tokens have it in iss")),
    description: 'Who issues the tokens.',
  },
  jwtAudience: {
    key: 'JWT_AUDIENCE',
    ...optional(text(/^[\x21-\x7e]+$/, "this service's name, as tokens have it in aud")),
    description: 'For whom tokens have to be.',
  },
  jwksUrl: {
    key: 'JWT_JWKS_URL',
    ...optional({
      expects: 'an https URL (http on this machine only)',
      parse: (value: string) => {
        if (!isTrustworthyUrl(value)) throw new BadValue();
        return value;
      },
    }),
    description: "The issuer's keys (JWKS); by default `/.well-known/jwks.json` below `JWT_ISSUER`.",
  },
  jwtAlgorithms: {
    key: 'JWT_ALGORITHMS',
    default: 'RS256,PS256,ES256,EdDSA',
    ...listOf((word) => ALGORITHMS.includes(word), `a list of ${ALGORITHMS.join(', ')}`),
    description: 'Signatures that are taken.',
  },
  jwtScopeClaim: {
    key: 'JWT_SCOPE_CLAIM',
    default: 'scope',
    ...text(/^[\x21-\x7e]+$/, 'the name of a claim'),
    description: "The claim with the caller's scopes: words with spaces between, or an array of them.",
  },
  rateLimit: {
    key: 'RATE_LIMIT',
    default: 'process',
    ...oneOf('process', 'database', 'off'),
    description:
      'Whose requests count together: those of one process, or of all processes on the database. Only with `AUTH`.',
  },
  callerLimit: {
    key: 'RATE_LIMIT_CALLER',
    default: '6000',
    ...integer(1, 1_000_000_000),
    description: 'Requests of one caller in a minute; then 429.',
  },
  addressLimit: {
    key: 'RATE_LIMIT_ADDRESS',
    default: '12000',
    ...integer(1, 1_000_000_000),
    description: 'Requests from one address (IPv6: one /64) in a minute; then 429.',
  },
  failureLimit: {
    key: 'RATE_LIMIT_FAILURES',
    default: '30',
    ...integer(1, 1_000_000_000),
    description: 'Requests with bad credentials from one address in a minute; then 429 for all that are not known.',
  },
  storedBytes: {
    key: 'STORAGE_BYTES_PER_CALLER',
    default: '268435456',
    ...integer(0, 1_000_000_000_000),
    description:
      'Bytes of change records and of idempotent answers that one caller may cause in a day (UTC), by all processes; then 429. 0: any number. Only with `AUTH`.',
  },
  storedRecords: {
    key: 'STORAGE_RECORDS_PER_CALLER',
    default: '1000000',
    ...integer(0, 1_000_000_000),
    description: 'How many of these records they may cause in a day; then 429. 0: any number. Only with `AUTH`.',
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
  deletedDays: {
    key: 'RETENTION_DELETED_DAYS',
    default: '0',
    ...integer(0, 36_500),
    description:
      'After how many days a soft-deleted row is purged, by processes with `BACKGROUND=on`; never before `CHANGES_FEED_DAYS`. 0: never. A module may have another number.',
  },
  background: {
    key: 'BACKGROUND',
    default: 'on',
    ...oneOf('on', 'off'),
    description: 'Whether this process runs consumers of changes and scheduled jobs, where modules have some.',
  },
  backgroundLeaseMs: {
    key: 'BACKGROUND_LEASE_MS',
    default: '15000',
    ...integer(1_000, 600_000),
    description: `How long after the death of a process another one takes over what it ran in the background, ${MS}. The lease is renewed three times in that time.`,
  },
  privacyLedger: {
    key: 'PRIVACY_LEDGER',
    ...optional(text(/^[^\0]+$/, 'the path of a file')),
    description:
      'A file outside of the database and its backups: which rows were erased, by id. With it a restored backup is not ready until `npm run privacy:replay` has erased them again.',
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
  commit: {
    key: 'SOURCE_COMMIT',
    ...optional(text(/^[0-9a-f]{7,64}$/, 'the name of a commit, in hexadecimal digits')),
    description: 'The commit that the service was built from, for `/version` and the metrics; an image says it.',
  },
} satisfies Record<string, Setting>;
