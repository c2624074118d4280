import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../src/testing/client.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { Service } from './support/service.js';

const MAIN = 'test/support/background.main.mjs';

interface Line {
  readonly pid: number;
  readonly begun?: number;
  readonly seq?: number;
  readonly due?: string;
  readonly done?: string;
  readonly at?: number;
}

describe.each(engines())('background work of several processes on %s', (engine) => {
  let database: TestDatabase;
  let folder: string;
  let out: string;
  beforeEach(async () => {
    database = await freshDatabase(engine);
    folder = mkdtempSync(join(tmpdir(), 'plinth-background-'));
    out = join(folder, 'out');
    writeFileSync(out, '');
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.kill()));
    services.length = 0;
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  const services: Service[] = [];
  const spawn = async (env: Record<string, string> = {}) => {
    const quick = { BACKGROUND_LEASE_MS: '1500', SHUTDOWN_DRAIN_MS: '100', DATABASE_MIGRATE: 'always' };
    const service = await Service.spawn({ DATABASE_URL: database.url, OUT: out, ...quick, ...env }, [], MAIN);
    services.push(service);
    // It may not live so long.
    if (env.DEADLY === undefined) await service.until('/health/ready');
    return service;
  };
  const lines = (): Line[] =>
    readFileSync(out, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  const given = () => lines().filter(({ seq }) => seq !== undefined) as (Line & { seq: number })[];
  const until = async (what: () => boolean, ms = 20_000) => {
    for (const end = Date.now() + ms; !what(); await sleep(20))
      if (Date.now() > end) throw new Error(`It did not become so: ${String(what)}\n${readFileSync(out, 'utf8')}`);
  };
  const write = async (by: Service, count: number) => {
    const client = new Client(by.origin);
    for (let n = 0; n < count; n++) expect((await client.post('/api/resource', { name: `${n}` })).status).toBe(201);
  };
  /** Numbers as one process had them: each after the one before. */
  const inOrder = (seqs: readonly number[]) => seqs.every((seq, n) => n === 0 || seq === seqs[n - 1]! + 1);

  it('gives each change to one of them; where that one is killed another goes on, and nothing is lost', async () => {
    const both = [await spawn(), await spawn()];
    await Promise.all(both.map((service) => write(service, 30)));
    await until(() => given().length >= 20);
    const [{ pid }] = given() as [Line];
    expect(new Set(given().map((line) => line.pid))).toEqual(new Set([pid]));
    const victim = both.find((service) => service.pid === pid)!;
    const heir = both.find((service) => service !== victim)!;
    await victim.kill();
    const before = given();
    await until(() => new Set(given().map(({ seq }) => seq)).size === 60);
    const after = given().slice(before.length);
    expect(new Set(after.map((line) => line.pid))).toEqual(new Set([heir.pid]));
    expect(inOrder(before.map(({ seq }) => seq))).toBe(true);
    expect(inOrder(after.map(({ seq }) => seq))).toBe(true);
    // The change in hand, and at most those of the last moment.
    const again = after.filter(({ seq }) => before.some((line) => line.seq === seq));
    expect(again.length).toBeLessThan(10);
  }, 60_000);

  it('finishes what is in hand when it is stopped, and another goes on after it', async () => {
    // For longer than the term of a lease.
    const first = await spawn({ TAKES_MS: '4500', BACKGROUND_LEASE_MS: '3000' });
    await write(first, 20);
    await until(() => given().length >= 1);
    const second = await spawn({ BACKGROUND_LEASE_MS: '3000' });
    const begun = lines().length;
    await until(() => lines().length > begun + 1);
    first.signal('SIGTERM');
    expect(await first.ended()).toBe(0);
    expect(first.output).not.toContain('no longer runs');
    const [{ pid }] = given() as [Line];
    // None was begun and left.
    expect(lines().filter((line) => line.pid === pid && line.begun !== undefined)).toHaveLength(given().length);
    expect(given().length).toBeLessThan(20);
    await until(() => given().length === 20);
    expect(given().map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    second.signal('SIGTERM');
    expect(await second.ended()).toBe(0);
  }, 60_000);

  it('sets a change aside that ends its process each time', async () => {
    const first = await spawn();
    await write(first, 2);
    await until(() => given().length === 2);
    await first.kill();
    const writer = await spawn({ BACKGROUND: 'off' });
    await new Client(writer.origin).post('/api/resource', { id: 'deadly', name: 'x' });
    await write(writer, 2);
    for (let n = 0; n < 2; n++) {
      const victim = await spawn({ DEADLY: 'deadly' });
      expect(await victim.ended()).toBe('SIGKILL');
    }
    await spawn({ DEADLY: 'deadly' });
    await until(() => given().length === 4);
    expect(given().map(({ seq }) => seq)).toEqual([1, 2, 4, 5]);
    const { body } = await new Client(writer.origin).get('/api/background/set-aside');
    expect(body).toMatchObject({ data: [{ resource_id: 'deadly', seq: 3, tries: 2 }] });
  }, 60_000);

  it('runs a job in one of them at a time, each time once, and goes on where that one is killed', async () => {
    const both = [await spawn(), await spawn()];
    const runs = () => lines().filter(({ due }) => due !== undefined);
    await until(() => runs().length >= 4);
    const [{ pid }] = runs() as [Line];
    const dues = runs().map(({ due }) => due!);
    expect(new Set(dues).size).toBe(dues.length);
    expect(new Set(runs().map((line) => line.pid))).toEqual(new Set([pid]));
    // Between the beginning of a run and its end.
    await until(() => lines().at(-1)!.due !== undefined);
    await both.find((service) => service.pid === pid)!.kill();
    const killed = runs().length;
    await until(() => runs().length >= killed + 3);
    const heirs = runs().slice(killed);
    expect(heirs.every((line) => line.pid !== pid)).toBe(true);
    // The one that was under way comes again, then what was missed meanwhile as one.
    expect(heirs[0]!.due).toBe(runs()[killed - 1]!.due);
    const later = heirs.map(({ due }) => Date.parse(due!));
    expect(later[1]! - later[0]!).toBeGreaterThan(1_000);
    expect(later[2]! - later[1]!).toBe(1_000);
    // Never beside itself.
    const all = lines().filter((line) => line.at !== undefined && line.pid !== pid);
    expect(all.every(({ done }, n) => (n % 2 === 0) === (done === undefined))).toBe(true);
  }, 60_000);
});
