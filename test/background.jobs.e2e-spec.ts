import { Injectable, Module } from '@nestjs/common';
import { Job, type JobOptions, type JobRun, type RequestContext } from 'plinth';
import { setTimeout as sleep } from 'node:timers/promises';
import { ResourceModule } from '../src/modules/resource/resource.module.js';
import { ResourceService } from '../src/modules/resource/resource.service.js';
import { startApp, type TestApp } from './support/app.js';
import { Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

const ENV = { BACKGROUND_LEASE_MS: '1000', SHUTDOWN_DRAIN_MS: '0', SHUTDOWN_IN_FLIGHT_MS: '200' };

/** A job whose handler the test gives, and which remembers its runs. */
function job(options: JobOptions, handler: (run: JobRun, context: RequestContext) => unknown = () => undefined) {
  const runs: JobRun[] = [];
  @Injectable()
  class Clerk {
    constructor(readonly resources: ResourceService) {}

    @Job(options)
    async work(run: JobRun, context: RequestContext): Promise<void> {
      runs.push(run);
      await handler(run, context);
    }
  }
  @Module({ imports: [ResourceModule], providers: [Clerk] })
  class ClerkModule {}
  return { module: ClerkModule, runs };
}

async function until(what: () => unknown, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !(await what()); await sleep(10))
    if (Date.now() > end) throw new Error(`It did not become so: ${String(what)}`);
}

interface JobState {
  due_at: string;
  began_at: string | null;
  succeeded_at: string | null;
  duration_ms: number | null;
  failures: number;
  error: string | null;
}

describe.each(engines())('a scheduled job on %s', (engine) => {
  const tests: TestApp[] = [];
  const begin = async (module: ReturnType<typeof job>['module'], url?: string) => {
    const env = { ...ENV, ...(url !== undefined && { DATABASE_URL: url }) };
    const test = await startApp(engine, { imports: [module], env });
    tests.push(test);
    return { ...test, client: new Client(test.origin) };
  };
  afterEach(async () => {
    for (const test of tests.splice(0).reverse()) await test.close();
  });
  const state = async ({ client }: { client: Client }) =>
    ((await client.get('/api/background')).body as { data: { jobs: JobState[] } }).data.jobs[0];

  it('runs in its rhythm, acts by its name, and is seen', async () => {
    const { module, runs } = job({ name: 'overdue', every: '1s' }, async (run, context) => {
      await sleep(100);
      await test.app.get(ResourceService, { strict: false }).create({ name: run.dueAt }, context);
    });
    const test = await begin(module);
    await until(() => runs.length >= 3);
    const [first, second, third] = runs.map(({ dueAt }) => Date.parse(dueAt));
    // In step: a machine that has much to do may miss a time, and then the next one is run.
    for (const gap of [second! - first!, third! - second!]) expect([gap > 0, gap % 1_000]).toEqual([true, 0]);
    const { body } = await test.client.get("/api/changes?filter=module eq 'resource'");
    expect((body as { data: object[] }).data[0]).toMatchObject({ actor: 'system:job:overdue' });
    const seen = (await state(test))!;
    expect(seen).toMatchObject({ failures: 0, error: null });
    expect(seen.duration_ms).toBeGreaterThanOrEqual(99);
    const metrics = (await test.client.get('/metrics')).text;
    const value = (name: string) => Number(new RegExp(`^${name}{job="overdue"[^}]*} (.*)$`, 'm').exec(metrics)![1]);
    expect(value('plinth_job_last_success_timestamp_seconds') * 1000).toBeGreaterThan(first!);
    expect(value('plinth_job_last_duration_seconds')).toBeGreaterThanOrEqual(0.099);
    expect(value('plinth_job_runs_total')).toBeGreaterThanOrEqual(2);
  });

  it('tells of failures, and runs again when it is next due', async () => {
    let isBroken = true;
    const { module, runs } = job({ name: 'fragile', every: '1s' }, () => {
      if (isBroken) throw new Error('No luck');
    });
    const test = await begin(module);
    await until(async () => (await state(test))?.failures === 2);
    expect(await state(test)).toMatchObject({ error: 'No luck', succeeded_at: null });
    expect((await test.client.get('/metrics')).text).toContain('plinth_job_failures{job="fragile"} 2\n');
    isBroken = false;
    await until(async () => (await state(test))!.failures === 0);
    expect(runs).toHaveLength(3);
    expect((await state(test))!.error).toBeNull();
  });

  it('is told when its time is over, and never runs beside itself', async () => {
    let going = 0;
    let most = 0;
    const { module, runs } = job({ name: 'endless', every: '1s', timeLimit: '200ms' }, async ({ signal }) => {
      most = Math.max(most, ++going);
      await sleep(2_500);
      expect(signal.aborted).toBe(true);
      going--;
    });
    const test = await begin(module);
    await until(async () => (await state(test))?.failures === 1);
    expect((await state(test))!.error).toMatch(/longer than 200 ms/);
    await until(() => runs.length === 2);
    expect(most).toBe(1);
    expect(Date.parse(runs[1]!.dueAt) - Date.parse(runs[0]!.dueAt)).toBe(1_000);
    expect((await test.client.get('/metrics')).text).toContain('{job="endless",outcome="timed-out"} 1\n');
  });

  it('keeps its time over a restart: what is not due is not run, and what was missed is run once', async () => {
    const first = job({ name: 'nightly', every: '1h' });
    const before = await begin(first.module);
    await until(async () => (await state(before)) !== undefined);
    const { due_at: due } = (await state(before))!;
    expect(Date.parse(due) - Date.now()).toBeGreaterThan(3_590_000);
    const { url } = before;
    await before.app.close();

    const second = job({ name: 'nightly', every: '1h' });
    const after = await begin(second.module, url);
    await until(async () => (await state(after)) !== undefined);
    await sleep(1_000);
    expect(await state(after)).toMatchObject({ due_at: due, began_at: null });
    const missed = new Date(Date.now() - 5.5 * 3_600_000).toISOString();
    const text = missed.slice(0, 23).replace('T', ' ');
    await after.database.execute("UPDATE `plinth_job` SET `due_at` = ? WHERE `name` = 'nightly'", [text]);
    await after.app.close();

    const third = job({ name: 'nightly', every: '1h' });
    const last = await begin(third.module, url);
    await until(async () => (await state(last))?.succeeded_at);
    await sleep(500);
    expect(third.runs.map(({ dueAt }) => dueAt)).toEqual([missed]);
    expect(Date.parse((await state(last))!.due_at)).toBe(Date.parse(missed) + 6 * 3_600_000);
    await last.app.close();

    const other = await begin(job({ name: 'nightly', cron: '0 3 * * *' }).module, url);
    await until(async () => (await state(other))?.due_at.endsWith('T03:00:00.000Z'));
  }, 60_000);

  it('comes again, where a stop had no time for it', async () => {
    const first = job(
      { name: 'long', every: '1s' },
      ({ signal }) => new Promise((_, reject) => (signal.onabort = reject)),
    );
    const before = await begin(first.module);
    await until(() => first.runs.length === 1);
    const at = performance.now();
    await before.app.close();
    expect(performance.now() - at).toBeLessThan(2_000);
    const second = job({ name: 'long', every: '1s' });
    const after = await begin(second.module, before.url);
    await until(() => second.runs.length >= 1);
    expect(second.runs[0]!.dueAt).toBe(first.runs[0]!.dueAt);
    await until(async () => (await state(after))!.succeeded_at);
    expect((await state(after))!.failures).toBe(0);
  });
});

describe('jobs that can not work stop the start', () => {
  it('have one name', async () => {
    const imports = [job({ name: 'twin', every: '1h' }).module, job({ name: 'twin', every: '2h' }).module];
    await expect(startApp('sqlite', { imports }).then((test) => test.close())).rejects.toThrow(
      /^Two jobs have the name 'twin': Clerk\.work\(\) and Clerk\.work\(\)/,
    );
  });

  it('have a bad schedule', () => {
    expect(() => job({ name: 'bad', cron: '0 25 * * *' })).toThrow(
      /^The job 'bad' \(Clerk\.work\(\)\) has a bad schedule/,
    );
    expect(() => job({ name: 'BAD', every: '1h' })).toThrow(/^@Job\(\) on Clerk\.work\(\) needs a name/);
  });
});
