import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, mariadbBinary } from '../../src/testing/mariadb.js';
import { ready } from '../support/ready.js';
import type { Service } from '../support/service.js';
import { SseReader } from '../../src/testing/sse.js';
import { Load } from './support/load.js';
import { closedAfterwards, Place } from './support/place.js';
import { hasPrometheus, Prometheus } from './support/prometheus.js';
import { IN_FULL } from './support/under-load.js';

const isThere = hasPrometheus && mariadbBinary() !== undefined;
if (!isThere) process.stderr.write('\nNOT RUN: the alerts in real faults. Install prometheus and mariadb-server.\n');

(isThere && IN_FULL ? describe : describe.skip)('an alert fires in a real fault', () => {
  let place: Place;
  let service: Service;
  let start: () => Promise<void>;
  let prometheus: Prometheus;
  let load: Load;
  const env: Record<string, string> = { SOURCE_COMMIT: 'aaaaaaa', DATABASE_STATEMENT_MS: '2000', LOG_LEVEL: 'fatal' };
  beforeAll(async () => {
    place = await Place.make('mariadb');
    const kept = { ...env, PORT: String(await freePort()) };
    start = async () => void (service = await place.service(kept));
    await start();
    const other = await place.service({ ...env, SOURCE_COMMIT: 'bbbbbbb' });
    await Promise.all([service, other].map(ready));
    load = new Load(() => [service.origin]);
    await load.begin(4);
    prometheus = closedAfterwards(await Prometheus.start([service, other].map(({ origin }) => new URL(origin).host)));
  }, 90_000);
  afterAll(() => load.end());

  const fires = async (alert: string, during: () => Promise<() => unknown>): Promise<void> => {
    const over = await during();
    try {
      for (const end = Date.now() + 30_000; !(await prometheus.firing()).includes(alert); await sleep(200))
        if (Date.now() > end) throw new Error(`${alert} does not fire: ${(await prometheus.firing()).join(', ')}`);
    } finally {
      await over();
    }
    await ready(service);
  };
  const holding =
    (...statements: string[]) =>
    async () => {
      const connection = await place.connect();
      for (const sql of statements) await connection.query(sql);
      return () => connection.end();
    };
  const changed = (there: string, back: string) => async () => {
    await place.query(there);
    return () => place.query(back);
  };

  const faults: Record<string, () => Promise<() => unknown>> = {
    PlinthRolloutStuck: async () => () => undefined,
    PlinthDatabaseReadOnly: changed('SET GLOBAL read_only = 1', 'SET GLOBAL read_only = 0'),
    PlinthDatabaseDown: async () => {
      await place.server.signal('SIGSTOP');
      return () => place.server.signal('SIGCONT');
    },
    PlinthCommitOutcomeUnknown: async () => {
      const timer = setInterval(() => place.proxy.reset(), 100);
      return () => clearInterval(timer);
    },
    PlinthDatabaseBusy: async () => {
      await place.query("ALTER USER 'plinth'@'%' WITH MAX_USER_CONNECTIONS 1");
      place.proxy.reset();
      return () => place.query("ALTER USER 'plinth'@'%' WITH MAX_USER_CONNECTIONS 0");
    },
    PlinthStatementsTimeOut: holding('LOCK TABLES plinth.resource WRITE'),
    PlinthDatabaseSlow: async () => {
      place.proxy.delayMs = 300;
      return () => place.proxy.heal();
    },
    PlinthUnexpectedErrors: changed(
      'RENAME TABLE plinth.idempotency_key TO plinth.elsewhere',
      'RENAME TABLE plinth.elsewhere TO plinth.idempotency_key',
    ),
    PlinthSchemaWrong: changed(
      'RENAME TABLE plinth.plinth_migration TO plinth.elsewhere',
      'RENAME TABLE plinth.elsewhere TO plinth.plinth_migration',
    ),
    PlinthBudgetBurnsFast: changed('SET GLOBAL read_only = 1', 'SET GLOBAL read_only = 0'),
    PlinthBudgetBurnsSteadily: changed('SET GLOBAL read_only = 1', 'SET GLOBAL read_only = 0'),
    PlinthBudgetBurnsSlowly: changed('SET GLOBAL read_only = 1', 'SET GLOBAL read_only = 0'),
    PlinthFeedStale: async () => {
      const stream = await SseReader.open(`${service.origin}/api/resource:watch`);
      const release = await holding('BEGIN', 'SELECT * FROM plinth.change_feed FOR UPDATE')();
      return async () => {
        stream.close();
        await release();
      };
    },
    PlinthReplicaDown: async () => {
      await service.kill();
      return start;
    },
  };

  it.each(Object.keys(faults))('%s', (alert) => fires(alert, faults[alert]!), 60_000);
});
