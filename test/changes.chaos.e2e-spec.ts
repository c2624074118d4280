import { setTimeout as sleep } from 'node:timers/promises';
import { serverKinds, ThrowAwayServer } from '../src/testing/mariadb.js';
import { Service } from './support/service.js';
import { SseReader, type SseEvent } from '../src/testing/sse.js';
import mysql from 'mysql2/promise';

const RUN_MS = 60_000;
const WRITERS = 6;
const WATCHERS = 4;

interface Acknowledged {
  readonly id: string;
  readonly version: number;
}

/** A client that resumes for ever, and remembers every event of every connection. */
class ResumingWatcher {
  readonly seen: SseEvent[] = [];
  private position: string | undefined;
  private reader: SseReader | undefined;
  private stopped = false;
  readonly faults: string[] = [];

  constructor(
    private readonly origins: () => string[],
    private readonly start: string,
  ) {}

  async run(): Promise<void> {
    while (!this.stopped) {
      const origins = this.origins();
      const origin = origins[Math.floor(Math.random() * origins.length)]!;
      try {
        const position = this.position ?? this.start;
        const reader = await SseReader.open(`${origin}/api/resource:watch`, { 'last-event-id': position });
        this.reader = reader;
        let taken = 0;
        while (!reader.ended && !this.stopped) {
          taken = this.take(reader, taken);
          await sleep(10);
        }
        this.take(reader, taken);
      } catch (error) {
        if (/position-expired|invalid-parameter/.test((error as Error).message))
          this.faults.push((error as Error).message);
      }
      await sleep(50);
    }
  }

  kill(): void {
    this.reader?.close();
  }

  get last(): number {
    return Number((this.position ?? this.start).split('-')[1]);
  }

  stop(): void {
    this.stopped = true;
    this.kill();
  }

  private take(reader: SseReader, from: number): number {
    for (const event of reader.events.slice(from)) {
      const seq = Number(event.id!.split('-')[1]);
      if (event.event !== 'bookmark') {
        // Without a filter every number comes, each after the one before: nothing is left out and nothing out of order.
        if (seq !== this.last + 1) this.faults.push(`${seq} came after ${this.last}`);
        this.seen.push(event);
      } else if (seq !== this.last) this.faults.push(`bookmark ${seq} after ${this.last}`);
      this.position = event.id!;
    }
    return reader.events.length;
  }
}

describe.each(serverKinds())('the change log on %s, under fire', (kind) => {
  // Processes that are left running when the test fails keep the whole run from ending.
  const ends: (() => unknown)[] = [];
  afterAll(() => Promise.all(ends.map((end) => end())));

  it(
    'shows every acknowledged write to every watcher, while services, watchers and the database are killed',
    async () => {
      const server = await ThrowAwayServer.start(kind);
      ends.push(() => server.stop());
      await query(server, 'CREATE DATABASE chaos');
      const url = `${server.url}chaos`;
      const env = { DATABASE_URL: url, DATABASE_MIGRATE: 'always', LOG_LEVEL: 'fatal' };
      const services = [await Service.spawn(env), await Service.spawn(env)];
      await Promise.all(services.map((service) => service.until('/health/ready')));
      const origins = () => services.map(({ origin }) => origin);
      const probe = await SseReader.open(`${origins()[0]!}/api/resource:watch`);
      await probe.until(({ events }) => events.length > 0);
      const start = probe.lastEventId!;
      probe.close();

      const acknowledged: Acknowledged[] = [];
      const watchers = Array.from({ length: WATCHERS }, () => new ResumingWatcher(origins, start));
      const watching = watchers.map((watcher) => watcher.run());
      let done = false;
      ends.push(() => watchers.forEach((watcher) => watcher.stop()));
      ends.push(() => (done = true));
      const writing = Array.from({ length: WRITERS }, async (_, writer) => {
        for (let n = 0; !done; n++) {
          const origin = origins()[(writer + n) % 2]!;
          // Some make rows, some change one that all of them change.
          const id = n % 3 === 0 ? 'shared' : `w${writer}-${n}`;
          const call = fetch(`${origin}/api/resource/${id}?fields=version`, {
            method: 'PUT',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ name: `${writer}.${n}` }),
            signal: AbortSignal.timeout(5_000),
          });
          const answer = await call.catch(() => undefined);
          if (answer?.ok)
            acknowledged.push({ id, version: ((await answer.json()) as { data: { version: number } }).data.version });
          else await sleep(20);
        }
      });

      const kills = { service: 0, database: 0, watcher: 0 };
      for (const end = Date.now() + RUN_MS; Date.now() < end; await sleep(500 + Math.random() * 1_500)) {
        const dice = Math.random();
        if (dice < 0.35) {
          kills.service++;
          const index = Math.floor(Math.random() * 2);
          await services[index]!.kill();
          services[index] = await Service.spawn(env);
        } else if (dice < 0.5) {
          kills.database++;
          await server.signal('SIGKILL');
          await sleep(Math.random() * 1_000);
          await server.resume();
        } else {
          kills.watcher++;
          watchers[Math.floor(Math.random() * WATCHERS)]!.kill();
        }
      }
      await Promise.all(services.map((service) => service.until('/health/ready')));
      done = true;
      await Promise.all(writing);

      const total = async () => (await query(server, 'SELECT COUNT(*) AS n FROM chaos.change_log'))[0]!.n as number;
      const count = await total();
      const first = Number(start.split('-')[1]);
      for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
        if (watchers.every(({ last }) => last === first + count)) break;
      }
      for (const watcher of watchers) watcher.stop();
      await Promise.all(watching);

      expect(kills.service + kills.database + kills.watcher).toBeGreaterThan(20);
      expect(acknowledged.length).toBeGreaterThan(500);
      for (const watcher of watchers) {
        expect(watcher.faults).toEqual([]);
        expect(watcher.last).toBe(first + count);
        const versions = new Map<string, number>();
        const seen = new Set<string>();
        for (const event of watcher.seen) {
          const id = event.data.subject!;
          const [row] = [versions.get(id) ?? 0];
          // In order per row: each event is the row's next version.
          versions.set(id, row + 1);
          seen.add(`${id} ${row + 1}`);
        }
        expect(acknowledged.filter(({ id, version }) => !seen.has(`${id} ${version}`))).toEqual([]);
      }
      const rows = await query(server, 'SELECT seq FROM chaos.change_log ORDER BY seq');
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    },
    RUN_MS + 120_000,
  );
});

async function query(server: ThrowAwayServer, sql: string): Promise<Record<string, unknown>[]> {
  const connection = await mysql.createConnection({ uri: server.url.replace('mariadb:', 'mysql:') });
  const [rows] = await connection.query(sql);
  await connection.end();
  return rows as Record<string, unknown>[];
}
