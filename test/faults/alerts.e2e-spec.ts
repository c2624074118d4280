import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePort, mariadbBinary } from '../support/mariadb.js';
import { ready } from '../support/ready.js';
import { SseReader } from '../support/sse.js';
import type { Service } from '../support/service.js';
import { Load } from './support/load.js';
import { closedAfterwards, Place } from './support/place.js';
import { IN_FULL } from './support/under-load.js';

const isThere = spawnSync('prometheus', ['--version']).status === 0 && mariadbBinary() !== undefined;
if (!isThere) process.stderr.write('\nNOT RUN: the alerts in real faults. Install prometheus and mariadb-server.\n');

/** Seconds in place of minutes, hours and days: nobody waits for those here. What an alert asks for stays as it is. */
function hurried(rules: string): string {
  return rules.replace(/\bfor: \S+/g, 'for: 1s').replace(/\[\d+[mhd]\]/g, '[10s]');
}

/** A real Prometheus that scrapes services each second and judges by the rules of deploy/. */
class Prometheus {
  private readonly folder = mkdtempSync(join(tmpdir(), 'plinth-prometheus-'));
  private constructor(private readonly port: number) {}

  static async start(targets: readonly string[]): Promise<Prometheus> {
    const one = new Prometheus(await freePort());
    const { folder, port } = one;
    for (const file of globSync('deploy/prometheus/rules/*.yaml'))
      writeFileSync(join(folder, basename(file)), hurried(readFileSync(file, 'utf8')));
    const labels = { namespace: 'plinth', track: 'stable' };
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(folder, 'causes.yaml'), join(folder, 'objectives.yaml')],
      scrape_configs: [{ job_name: 'plinth', static_configs: [{ targets, labels }] }],
    };
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
    const options = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
    const child = spawn('prometheus', [...options, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
    process.once('exit', () => child.kill('SIGKILL'));
    one.kill = () => child.kill('SIGKILL');
    return closedAfterwards(one);
  }

  async firing(): Promise<string[]> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/alerts`).catch(() => undefined);
    if (!answer?.ok) return [];
    const { data } = (await answer.json()) as { data: { alerts: { state: string; labels: { alertname: string } }[] } };
    return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  }

  async close(): Promise<void> {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private kill: () => void = () => undefined;
}

(isThere && IN_FULL ? describe : describe.skip)('an alert fires in a real fault', () => {
  let place: Place;
  let service: Service;
  let prometheus: Prometheus;
  let load: Load;
  const PORT = { PORT: '' };
  const env = { SOURCE_COMMIT: 'aaaaaaa', DATABASE_STATEMENT_MS: '2000', LOG_LEVEL: 'fatal' };
  beforeAll(async () => {
    place = await Place.make('mariadb');
    PORT.PORT = String(await freePort());
    service = await place.service({ ...env, ...PORT });
    const other = await place.service({ ...env, SOURCE_COMMIT: 'bbbbbbb' });
    await Promise.all([service, other].map(ready));
    load = new Load(() => [service.origin]);
    await load.begin(4);
    prometheus = await Prometheus.start([service, other].map(({ origin }) => new URL(origin).host));
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
      return async () => void (service = await place.service({ ...env, ...PORT }));
    },
  };

  it.each(Object.keys(faults))('%s', (alert) => fires(alert, faults[alert]!), 60_000);
});
