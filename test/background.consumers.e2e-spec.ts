import { Injectable, Module } from '@nestjs/common';
import { DomainError, OnChange, type Change, type OnChangeOptions, type RequestContext } from 'plinth';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangePruner } from '../src/changes/change.pruner.js';
import { LeaseRepository } from '../src/background/leases/lease.repository.js';
import { ResourceModule } from '../src/modules/resource/resource.module.js';
import { ResourceService } from '../src/modules/resource/resource.service.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { Widget } from './support/widget/widget.entity.js';

const QUICK = { tries: 3, backoff: { first: '20ms', most: '40ms' }, timeLimit: '400ms' } as const;
/** The shortest lease: what another process has decided is looked at three times as often. */
const ENV = { BACKGROUND_LEASE_MS: '1000' };

type Handler = (change: Change<Widget>, context: RequestContext) => unknown;

/** A consumer whose handler the test gives, and which remembers what it was given. */
function consumer(options: OnChangeOptions, handler: Handler = () => undefined) {
  const given: Change<Widget>[] = [];
  @Injectable()
  class Recorder {
    @OnChange(Widget, options)
    async take(change: Change<Widget>, context: RequestContext): Promise<void> {
      given.push(change);
      await handler(change, context);
    }
  }
  @Module({ imports: [ResourceModule], providers: [Recorder] })
  class RecorderModule {}
  @Module({ providers: [{ provide: 'made', useFactory: () => new Recorder() }] })
  class FactoryModule {}
  return { module: RecorderModule, factory: FactoryModule, given, seqs: () => given.map(({ seq }) => seq) };
}

async function until(what: () => unknown, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !(await what()); await sleep(10))
    if (Date.now() > end) throw new Error(`It did not become so: ${String(what)}`);
}

interface State {
  consumers: { name: string; position: string; lag_changes: number; lag_seconds: number; stopped: string | null }[];
}

describe.each(engines())('a consumer of changes on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  let n = 0;
  const begin = async (...modules: ReturnType<typeof consumer>['module'][]) => {
    test = await startApp(engine, { widget: true, imports: modules, env: ENV });
    client = new Client(test.origin);
  };
  afterEach(() => test.close());

  const state = async () => ((await client.get('/api/background')).body as { data: State }).data.consumers[0];
  const ready = () => until(async () => (await state()) !== undefined);
  const make = async (id = `w${++n}`) => {
    expect((await client.post('/api/widget', { id, code: `${id}-${++n}` })).status).toBe(201);
    return id;
  };
  const paint = async (id: string, colour: string) =>
    expect((await client.patch(`/api/widget/${id}`, { colour })).status).toBe(200);
  const setAside = async () => {
    const { status, body } = await client.get('/api/background/set-aside');
    expect({ status, body: body as unknown }).toMatchObject({ status: 200 });
    return (body as { data: { id: string; resource_id: string; error: string; tries: number; state: string }[] }).data;
  };

  it('has every change from then on, in order, as the typed row before and after', async () => {
    const { module, given, seqs } = consumer({ name: 'first' });
    await begin(module);
    await ready();
    const id = await make();
    await paint(id, 'red');
    await client.delete(`/api/widget/${id}`);
    await client.post(`/api/widget/${id}:restore`);
    await Promise.all(Array.from({ length: 30 }, () => make()));
    await until(() => given.length >= 34);
    expect(seqs()).toEqual(Array.from({ length: 34 }, (_, at) => at + 1));
    const [created, updated, deleted] = given;
    expect(created).toMatchObject({ op: 'created', id, version: 1, before: null, actor: 'anonymous' });
    expect(updated).toMatchObject({
      op: 'updated',
      before: { colour: null },
      after: { colour: 'red', fragile: false },
    });
    expect(updated!.at).toBe(updated!.after.updated_at);
    expect(deleted).toMatchObject({ op: 'deleted', before: { deleted_at: null } });
    expect(deleted!.after.deleted_at).toBe(deleted!.at);
    await until(async () => (await state())!.lag_changes === 0);
    expect((await state())!.position).toMatch(/-34$/);
  });

  it('is woken by a commit of its own process', async () => {
    let at = 0;
    const { module } = consumer({ name: 'awake' }, () => (at = performance.now()));
    await begin(module);
    await ready();
    // Looking by itself it would take as long as a second.
    await sleep(1_500);
    const before = performance.now();
    await make();
    await until(() => at > 0);
    expect(at - before).toBeLessThan(300);
  });

  it('writes through services, by its name and in the trace of the change', async () => {
    const { module, given } = consumer({ name: 'writer' }, async ({ id }, context) => {
      await test.app.get(ResourceService, { strict: false }).create({ name: `of ${id}` }, context);
    });
    await begin(module);
    await ready();
    await make();
    await until(async () => (await state())!.lag_changes === 0 && given.length > 0);
    const { body } = await client.get("/api/changes?filter=module eq 'resource'");
    const [change] = (body as { data: { actor: string; trace_id: string }[] }).data;
    expect(change).toMatchObject({ actor: 'system:consumer:writer', trace_id: given[0]!.traceId });
  });

  it('sets a row aside after its tries, and goes on with others; its later changes come in order after a retry', async () => {
    let isBroken = true;
    const done: string[] = [];
    const { module, given } = consumer({ name: 'poison', ...QUICK }, ({ after, id }) => {
      if (isBroken && after.colour === 'bad') throw new Error(`No ${after.colour} ones`);
      done.push(`${id} ${after.colour}`);
    });
    await begin(module);
    await ready();
    const [bad, good] = [await make(), await make()];
    await paint(bad, 'bad');
    await paint(bad, 'later');
    await paint(good, 'red');
    await until(() => done.includes(`${good} red`));
    expect(given.filter(({ after }) => after.colour === 'bad')).toHaveLength(3);
    expect(done).not.toContain(`${bad} later`);
    const [one] = await setAside();
    expect(one).toMatchObject({ resource_id: bad, error: 'No bad ones', tries: 3, state: 'waiting' });
    const metrics = (await client.get('/metrics')).text;
    expect(metrics).toContain('plinth_consumer_set_aside{consumer="poison",module="widget"} 1\n');
    expect(metrics).toContain('plinth_consumer_changes_total{consumer="poison",outcome="set-aside"} 1\n');
    // In vain: it waits again, and nothing of the row has come.
    const retry = () => client.post(`/api/background/set-aside/${one!.id}:retry`);
    expect((await retry()).status).toBe(202);
    await until(async () => (await setAside())[0]!.tries === 4 && (await setAside())[0]!.state === 'waiting');
    expect(done).not.toContain(`${bad} later`);
    isBroken = false;
    expect((await retry()).status).toBe(202);
    await until(async () => (await setAside()).length === 0);
    expect(done.slice(-2)).toEqual([`${bad} bad`, `${bad} later`]);
    await paint(bad, 'blue');
    await until(() => done.includes(`${bad} blue`));
    problemOf(await retry(), 404, 'not-found');
  });

  it('leaves a change out where an operator says so, and goes on with the next of its row', async () => {
    const { module, given } = consumer({ name: 'skipper', ...QUICK }, ({ after }) => {
      if (after.colour?.startsWith('bad')) throw new Error('No');
    });
    await begin(module);
    await ready();
    const id = await make();
    for (const colour of ['bad1', 'good1', 'bad2', 'good2']) await paint(id, colour);
    const skip = async (tries: number) => {
      await until(async () => (await setAside())[0]?.tries === tries);
      expect((await client.post(`/api/background/set-aside/${(await setAside())[0]!.id}:skip`)).status).toBe(202);
    };
    await until(async () => (await state())!.lag_changes === 0);
    await skip(3);
    // The second bad one is tried once for each decision.
    await skip(1);
    await until(async () => (await setAside()).length === 0);
    const seen = given.map(({ after }) => after.colour).filter((colour) => colour?.startsWith('good'));
    expect(seen).toEqual(['good1', 'good2']);
  });

  it('does not wait longer than its limit for a handler that hangs, and tells it', async () => {
    const signals: AbortSignal[] = [];
    const { module, given } = consumer({ name: 'hanging', ...QUICK, tries: 2 }, ({ signal, after }) => {
      signals.push(signal);
      return after.colour === null ? new Promise(() => undefined) : undefined;
    });
    await begin(module);
    await ready();
    await make();
    const other = await make();
    await until(async () => (await setAside()).length === 2);
    await paint(other, 'red');
    expect(given).toHaveLength(4);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect((await setAside())[0]!.error).toMatch(/longer than 400 ms/);
  });

  it('blames no change for an outage', async () => {
    let tries = 0;
    const { module } = consumer({ name: 'calm', ...QUICK, tries: 2 }, () => {
      if (++tries < 6) throw new DomainError('database-unavailable', 'It is away.');
    });
    await begin(module);
    await ready();
    await make();
    await until(() => tries === 6);
    await until(async () => (await state())!.lag_changes === 0);
    expect(await setAside()).toEqual([]);
  });

  it('waits with pauses that grow', async () => {
    const at: number[] = [];
    const backoff = { first: '100ms', most: '1s' } as const;
    const { module } = consumer({ name: 'patient', tries: 4, backoff }, () => {
      at.push(performance.now());
      throw new Error('No');
    });
    await begin(module);
    await ready();
    await make();
    await until(async () => (await setAside()).length === 1);
    const pauses = at.slice(1).map((one, i) => one - at[i]!);
    expect(pauses).toHaveLength(3);
    for (const [i, most] of [100, 200, 400].entries()) {
      expect(pauses[i]).toBeGreaterThanOrEqual(most / 2 - 5);
      expect(pauses[i]).toBeLessThan(most + 150);
    }
  });

  it('has what is older than the feed goes back to, and is stopped and says so where that is gone from the log', async () => {
    let isClosed = true;
    const { module, given } = consumer({ name: 'late', tries: 100, backoff: { first: '20ms', most: '40ms' } }, () => {
      if (isClosed) throw new Error('Closed');
    });
    await begin(module);
    await ready();
    for (let i = 0; i < 5; i++) await make();
    await until(() => given.length > 0);
    const age = (days: number) =>
      test.database.execute("UPDATE `change_log` SET `at` = ? WHERE `module` = 'widget'", [
        new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 23).replace('T', ' '),
      ]);
    const prune = () => test.app.get(ChangePruner, { strict: false }).run();
    // Watchers can't go back so far; consumers have as long as the audit.
    await age(8);
    await prune();
    await until(async () => (await state())!.lag_seconds > 7 * 86_400);
    expect((await state())!.lag_changes).toBe(5);
    isClosed = false;
    await until(async () => (await state())!.lag_changes === 0);
    expect(new Set(given.map(({ seq }) => seq))).toEqual(new Set([1, 2, 3, 4, 5]));

    isClosed = true;
    const last = await make();
    await until(() => given.at(-1)!.id === last);
    await make();
    await age(400);
    await prune();
    isClosed = false;
    // The first of the two is in hand; it is handled, and the position says so. The one after it is gone.
    await test.database.execute("UPDATE `plinth_consumer` SET `seq` = 5 WHERE `name` = 'late'");
    await make();
    await until(async () => (await state())!.stopped !== null);
    expect((await state())!.stopped).toMatch(/changes after \d are gone/);
    expect((await client.get('/metrics')).text).toContain(
      'plinth_consumer_stopped{consumer="late",module="widget"} 1\n',
    );
    const restart = (body: object) => client.post('/api/background/consumer/late:restart', body);
    problemOf(await restart({ from: 'yesterday' }), 422, 'validation-failed');
    expect((await restart({ from: 'beginning' })).status).toBe(202);
    problemOf(await restart({ from: 'beginning' }), 409, 'conflict');
    const after = await make();
    await until(() => given.some(({ id }) => id === after));
  });

  it('goes on under a new epoch where the history is the same one, and is stopped where it is not', async () => {
    const { module, given, seqs } = consumer({ name: 'restored' });
    await begin(module);
    await ready();
    for (let i = 0; i < 3; i++) await make();
    await until(async () => (await state())!.lag_changes === 0 && given.length === 3);
    await test.database.execute("UPDATE `change_feed` SET `epoch` = '261124023736'");
    await make();
    await until(() => given.length === 4);
    expect(seqs()).toEqual([1, 2, 3, 4]);
    await until(async () => (await state())!.position === '261124023736-4');
    // A backup of the module without the consumer's position.
    await test.database.execute("DELETE FROM `change_log` WHERE `module` = 'widget' AND `seq` > 2");
    await test.database.execute("UPDATE `change_feed` SET `head` = 2 WHERE `module` = 'widget'");
    await until(async () => (await state())!.stopped !== null);
    expect((await state())!.stopped).toMatch(/another one/);
    for (let i = 0; i < 3; i++) await make();
    await sleep(700);
    expect(given).toHaveLength(4);
    expect((await client.post('/api/background/consumer/restored:restart', { from: 'now' })).status).toBe(202);
    const id = await make();
    await until(() => given.length === 5);
    expect(given.at(-1)!.id).toBe(id);
  });

  it('ends what it has in hand when it can not renew its lease, and goes on when it can again', async () => {
    const seen: AbortSignal[] = [];
    const { module, given } = consumer({ name: 'cut-off' }, async ({ signal, after }) => {
      seen.push(signal);
      if (after.code.startsWith('slow')) await new Promise((resolve) => (signal.onabort = resolve));
    });
    await begin(module);
    await ready();
    await make('slow');
    await until(() => given.length === 1);
    const leases = test.app.get(LeaseRepository, { strict: false });
    const { renew, find } = leases;
    const away = () => Promise.reject(new Error('The database is away'));
    Object.assign(leases, { renew: away, find: away });
    await until(() => seen[0]!.aborted, 2_000);
    await make('next');
    await sleep(700);
    expect(given).toHaveLength(1);
    Object.assign(leases, { renew, find });
    // The one that was dropped comes again, and hangs again.
    await until(() => given.length === 2);
    expect(given[1]!.changeId).toBe(given[0]!.changeId);
    expect(await test.database.query('SELECT `tries` FROM `plinth_consumer`')).toEqual([{ tries: 1 }]);
  });

  it('begins at what the feed has, where it says so', async () => {
    const late = consumer({ name: 'historian', from: 'beginning' });
    const early = consumer({ name: 'newcomer' });
    await begin(late.module, early.module);
    await until(async () => (await test.database.query('SELECT * FROM `plinth_consumer`')).length === 2);
    for (let i = 0; i < 3; i++) await make();
    await until(() => late.given.length === 3 && early.given.length === 3);
    // As if they had never been, and the module had: both find out when they move on.
    await test.database.execute('DELETE FROM `plinth_consumer`');
    await make();
    await until(() => late.given.length === 8);
    await until(async () => (await test.database.query('SELECT * FROM `plinth_consumer`')).length === 2);
    await make();
    await until(() => late.given.length === 9 && early.given.length === 5);
    expect(late.seqs().slice(4)).toEqual([1, 2, 3, 4, 5]);
    expect(early.seqs()).toEqual([1, 2, 3, 4, 5]);
  });

  it('costs a bounded number of statements when nothing happens, and none at all without consumers', async () => {
    const { module } = consumer({ name: 'idle' });
    const count = async () => {
      const statements: unknown[] = [];
      for (const name of ['query', 'execute', 'queryPart'] as const) {
        const original = test.database[name].bind(test.database) as (...args: unknown[]) => unknown;
        Object.assign(test.database, { [name]: (...args: unknown[]) => (statements.push(args[0]), original(...args)) });
      }
      await sleep(6_000);
      // SQLite's probe asks here, too.
      return statements.filter((sql) => !String(sql).includes('plinth_migration'));
    };
    await begin();
    expect(await count()).toEqual([]);
    await test.close();
    test = await startApp(engine, { widget: true, imports: [module] });
    client = new Client(test.origin);
    await ready();
    const perSecond = (await count()).length / 6;
    expect(perSecond).toBeGreaterThan(0);
    expect(perSecond).toBeLessThan(4);
  }, 40_000);
});

describe('a consumer that can not work stops the start', () => {
  const start = (...modules: ReturnType<typeof consumer>['module'][]) =>
    startApp('sqlite', { imports: modules, widget: true }).then((test) => test.close());

  it('has the name of another one', async () => {
    await expect(start(consumer({ name: 'twin' }).module, consumer({ name: 'twin' }).factory)).rejects.toThrow(
      /^Two consumers have the name 'twin': Recorder\.take\(\) and Recorder\.take\(\)/,
    );
  });

  it('is for a resource that is not served', async () => {
    await expect(
      startApp('sqlite', { imports: [consumer({ name: 'lost' }).module] }).then((test) => test.close()),
    ).rejects.toThrow(
      /^The consumer 'lost' \(Recorder\.take\(\)\) is for Widget, which the application does not serve/,
    );
  });

  it('is for what is no resource, or has options that make no sense', () => {
    class Nothing {}
    const declare = (resource: unknown, options: object) => () =>
      OnChange(resource as typeof Widget, options as OnChangeOptions)(Nothing.prototype, 'go', {
        value: () => undefined,
      });
    expect(declare(Nothing, { name: 'x' })).toThrow(/^The consumer 'x' \(Nothing\.go\(\)\) is for what is no resource/);
    expect(declare(undefined, { name: 'x' })).toThrow(/needs the class of a resource/);
    expect(declare(Widget, { name: 'Not Good' })).toThrow(/^@OnChange\(\) on Nothing\.go\(\) needs a name/);
    expect(declare(Widget, { name: 'x', tries: 0 })).toThrow(/from 1 to 100 tries/);
    expect(declare(Widget, { name: 'x', timeLimit: '5 minutes' })).toThrow(/^timeLimit of 'x' must be/);
    expect(declare(Widget, { name: 'x', from: 'then' })).toThrow(/begins from 'now' or from the 'beginning'/);
    expect(declare(Widget, { name: 'x', backoff: { first: '2m' } })).toThrow(/backoff\.most must not be less/);
  });
});
