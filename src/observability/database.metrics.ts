import type { DatabaseConfig } from '../config/config.js';
import { DATABASE_STATES, type DatabaseState } from '../database/database-state.js';
import type { Database } from '../database/database.js';
import { RETRIED } from '../database/retries.js';
import { BATCHES, STATEMENT_KINDS, type StatementKind } from '../database/statement-times.js';
import type { Series } from './durations.js';
import type { Instruments } from './instruments.js';

/** https://opentelemetry.io/docs/specs/semconv/db/database-metrics/: names, labels, and buckets in seconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZES = [1, 2, 4, 8, 16, 32, 64];
/** There is one. */
const POOL = { db_client_connection_pool_name: 'plinth' };
const POOL_LABELS = Object.keys(POOL);

/** The pool, what is sent through it, and whether the database is there. */
export function measureDatabase(
  instruments: Instruments,
  database: Database,
  state: DatabaseState,
  config: DatabaseConfig,
): void {
  measurePool(instruments, database, config);
  measureStatements(instruments, database);
  instruments.gauge(
    { name: 'plinth_database_state', help: '1 for the state that the database is in.', labelNames: ['state'] },
    (tell) => {
      for (const one of DATABASE_STATES) tell(one === state.status ? 1 : 0, { state: one });
    },
  );
  instruments.gauge(
    {
      name: 'plinth_database_pending_migrations',
      help: 'Migrations that this version has and the database has not run; nothing until that is known.',
    },
    (tell) => {
      if (state.pendingMigrations !== null) tell(state.pendingMigrations);
    },
  );
  instruments.gauge(
    { name: 'plinth_database_probe_seconds', help: 'How long the last good look at the database took.' },
    (tell) => {
      if (state.latencyMs !== null) tell(state.latencyMs / 1000);
    },
  );
}

function measurePool(instruments: Instruments, database: Database, { kind, poolSize }: DatabaseConfig): void {
  const pool = (name: string, help: string, ...labelNames: string[]) => ({
    name: `db_client_connection_${name}`,
    help,
    labelNames: [...POOL_LABELS, ...labelNames],
  });
  const label = 'db_client_connection_state';
  instruments.gauge(pool('count', 'Connections to the database, by whether they are used or idle.', label), (tell) => {
    const { used, idle } = database.usage();
    tell(used, { ...POOL, [label]: 'used' });
    tell(idle, { ...POOL, [label]: 'idle' });
  });
  instruments.gauge(pool('max', 'Connections at most (DATABASE_POOL; one writer on SQLite).'), (tell) =>
    tell(kind === 'sqlite' ? 1 : poolSize, POOL),
  );
  instruments.gauge(pool('pending_requests', 'Requests that wait for a connection.'), (tell) =>
    tell(database.usage().waiting, POOL),
  );
  let refused = 0;
  database.times.onNoConnection = () => refused++;
  instruments.counted(
    pool('timeouts_total', 'Requests that got no connection: too many waited, or too long.'),
    (tell) => tell(refused, POOL),
  );
  const waits = instruments
    .durations({ ...pool('wait_time_seconds', 'Wait for a connection, also where there was none.'), bounds: SECONDS })
    .series(...Object.values(POOL));
  database.times.onWait = (ms) => waits.observe(ms / 1000);
  instruments.gauge(
    {
      name: 'plinth_database_costly_reads',
      help: 'Filters, counts, exports and the like that are under way in their share of the database, and that wait for a turn.',
      labelNames: ['state'],
    },
    (tell) => {
      for (const [one, value] of Object.entries<number>({ ...database.costlyUsage })) tell(value, { state: one });
    },
  );
}

function measureStatements(instruments: Instruments, database: Database): void {
  const { times, engine } = database;
  const durations = instruments.durations({
    name: 'db_client_operation_duration_seconds',
    help: `Time until the answer of what went to the database in one message, by class (${STATEMENT_KINDS.join(', ')}) and what had become of it.`,
    labelNames: ['db_system_name', 'class', 'error_type'],
    bounds: SECONDS,
  });
  const answered = new Map<StatementKind, Series>(
    STATEMENT_KINDS.map((kind) => [kind, durations.series(engine, kind, '')]),
  );
  times.onAnswer = ({ kind }, ms, failure) => {
    const series = failure === undefined ? answered.get(kind)! : durations.series(engine, kind, failure);
    series.observe(ms / 1000);
  };
  const sizes = instruments.durations({
    name: 'plinth_batch_size',
    help: `How many of the same kind (${BATCHES.join(', ')}) were asked of the database together.`,
    labelNames: ['of'],
    bounds: SIZES,
  });
  const series = new Map(BATCHES.map((of) => [of, sizes.series(of)]));
  times.onBatch = (of, size) => series.get(of)!.observe(size);
  database.onRetry = instruments.counter(
    {
      name: 'plinth_database_retries_total',
      help: 'Transactions and statements that were run again, by what had become of them.',
      labelNames: ['failure'],
    },
    RETRIED,
  );
}
