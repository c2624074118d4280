import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../src/testing/client.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { freePort } from '../src/testing/mariadb.js';
import { describeWithNginx, Nginx } from './support/nginx.js';
import { Service } from './support/service.js';

const STOP = { SHUTDOWN_DRAIN_MS: '1500', SHUTDOWN_IN_FLIGHT_MS: '5000' };
const WRITERS = 4;
/** Leaves the processor to who starts. */
const PAUSE_MS = 50;
/** Of a change whose outcome the client can't know, or that was not made. */
const UNKNOWN = [502, 503, 504];

const servers = engines().filter((engine) => engine !== 'sqlite');
if (servers.length === 0) process.stderr.write('\nNOT RUN: two services behind nginx. Install mariadb-server.\n');

(servers.length > 0 ? describeWithNginx() : describe.skip)('two services behind nginx', () => {
  let database: TestDatabase;
  let nginx: Nginx;
  let settings: Record<string, string>[];
  let services: Service[];
  beforeAll(async () => {
    database = await freshDatabase(servers[0]!);
    const shared = { DATABASE_URL: database.url, DATABASE_MIGRATE: 'always', ...STOP };
    settings = [await freePort(), await freePort()].map((port) => ({ ...shared, PORT: String(port) }));
    services = await Promise.all(settings.map((env) => Service.spawn(env)));
    for (const service of services) await service.until('/health/ready');
    nginx = await Nginx.start(services.map(({ origin }) => origin));
  }, 60_000);
  afterAll(async () => {
    await nginx.stop();
    await Promise.all(services.map((service) => service.kill()));
    await database.drop();
  });

  const startAgain = async (n: number) => {
    services[n] = await Service.spawn(settings[n]!);
    await services[n].until('/health/ready');
  };
  /** Runs clients, each its own tale over and over, until `work` is done. */
  const beside = async (tell: (client: Client, name: string) => Promise<void>, work: () => Promise<void>) => {
    let going = true;
    const client = new Client(nginx.origin);
    const tellers = Array.from({ length: WRITERS }, async (_, teller) => {
      for (let n = 0; going; n++) await tell(client, `${teller}-${n}`);
    });
    await work().finally(() => (going = false));
    await Promise.all(tellers);
  };

  it('lose nothing where they are stopped and started one after the other, and nginx is told as by an ingress', async () => {
    const answers: number[] = [];
    const tale = async (client: Client, id: string) => {
      const path = `/api/resource/${id}`;
      const asked = [
        () => client.post('/api/resource', { id, name: 'x' }),
        () => client.patch(path, { name: 'y' }),
        () => client.put(path, { name: 'z' }),
        () => client.get(path),
        () => client.delete(path),
      ];
      for (const ask of asked) answers.push((await ask()).status);
      await sleep(PAUSE_MS);
    };
    await beside(tale, async () => {
      for (const n of [0, 1]) {
        services[n]!.signal('SIGTERM');
        await services[n]!.until('/health/ready', 503);
        nginx.route([services[1 - n]!.origin]);
        expect(await services[n]!.ended()).toBe(0);
        await startAgain(n);
        nginx.route(services.map(({ origin }) => origin));
        await sleep(300);
      }
    });
    expect(answers.length).toBeGreaterThan(100);
    expect(answers.filter((status) => status >= 300)).toEqual([]);
  }, 60_000);

  it('make no change twice where one is killed, and with a key each once', async () => {
    const plain: [name: string, status: number][] = [];
    const keyed: string[] = [];
    const statuses: number[] = [];
    const tale = async (client: Client, name: string) => {
      const once = await client.post('/api/resource', { name: `plain-${name}` });
      plain.push([`plain-${name}`, once.status]);
      statuses.push(once.status);
      const headers = { 'idempotency-key': name };
      for (let status = 0; status !== 201;) {
        ({ status } = await client.post('/api/resource', { name: `keyed-${name}` }, headers));
        expect([201, 409, ...UNKNOWN]).toContain(status);
        statuses.push(status);
        if (status !== 201) await sleep(PAUSE_MS);
      }
      keyed.push(`keyed-${name}`);
    };
    await beside(tale, async () => {
      for (const n of [0, 1]) {
        await sleep(300);
        await services[n]!.kill();
        await sleep(300);
        await startAgain(n);
      }
    });
    const made = await fetch(`${nginx.origin}/api/resource`, { headers: { accept: 'application/x-ndjson' } });
    const counts = new Map<string, number>();
    for (const line of (await made.text()).trim().split('\n')) {
      const { name } = JSON.parse(line) as { name: string };
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const name of keyed) expect({ name, rows: counts.get(name) }).toEqual({ name, rows: 1 });
    for (const [name, status] of plain) {
      const rows = counts.get(name) ?? 0;
      if (status === 201) expect({ name, rows }).toEqual({ name, rows: 1 });
      else expect({ name, twice: rows > 1 }).toEqual({ name, twice: false });
      expect([201, ...UNKNOWN]).toContain(status);
    }
    // Someone's change was under way.
    expect(statuses).toContain(502);
  }, 60_000);
});
