import { setTimeout as sleep } from 'node:timers/promises';
import { FeedRepository } from '../src/changes/feed.repository.js';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { OPERATOR } from './support/access.js';
import { startApp, type TestApp } from './support/app.js';
import { atOnce, type Answered, type Asked } from './support/at-once.js';
import { engines } from './support/database.js';

const post = (body: object): Asked => ({ method: 'POST', path: '/api/widget', body });
const patch = (id: string, body: unknown, headers = {}): Asked => ({
  method: 'PATCH',
  path: `/api/widget/${id}`,
  body,
  headers,
});
const told = (answers: readonly Answered[]) => answers.map(({ status, body }) => body.code ?? status);
const count = (values: readonly unknown[], value: unknown) => values.filter((one) => one === value).length;

describe.each(engines())('writes and reads that come at the same time, on %s', (engine) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(engine, { widget: true });
  });
  afterEach(async () => {
    await sleep(5);
    expect(test.database.usage().used).toBe(0);
  });
  afterAll(() => test.close());

  const ask = (asked: readonly Asked[]) => atOnce(test.origin, asked);
  const records = (like: string) =>
    test.database.query<{ resource_id: string; version: number; op: string; seq: number | null }>(
      'SELECT `resource_id`, `version`, `op`, `seq` FROM `change_log` WHERE `resource_id` LIKE ? ORDER BY `resource_id`, `version`',
      [like],
    );
  const rows = async (like: string) =>
    (await test.database.query('SELECT `id` FROM `widget` WHERE `id` LIKE ? ORDER BY `id`', [like])).map(
      ({ id }) => id,
    );
  /** Numbers of the feed, once all have one. */
  const numbers = async () => {
    while ((await test.app.get(FeedRepository).number('widget')) > 0);
    const sql = "SELECT `seq` FROM `change_log` WHERE `module` = 'widget' ORDER BY `seq`";
    return (await test.database.query<{ seq: number | null }>(sql)).map(({ seq }) => seq);
  };

  it('creates: stores exactly the good ones, each with its record, and tells each bad one why', async () => {
    await ask([post({ id: 'c-taken', code: 'taken' })]);
    const bad = (n: number) => n % 5 === 0;
    const asked = Array.from({ length: 200 }, (_, n) =>
      post({ id: `c-${String(n).padStart(3, '0')}`, code: bad(n) ? 'taken' : `c${n}` }),
    );
    const answers = await ask(asked);
    for (const [n, { status, body }] of answers.entries()) {
      expect({ n, status }).toEqual({ n, status: bad(n) ? 409 : 201 });
      if (bad(n)) expect(body.errors).toEqual([expect.objectContaining({ pointer: '#/code' })]);
      else expect(body.data).toMatchObject(asked[n]!.body as object);
    }
    const good = asked.map(({ body }) => (body as { id: string }).id).filter((_id, n) => !bad(n));
    expect(await rows('c-0%')).toEqual(good.filter((id) => id < 'c-1'));
    expect(await rows('c-1%')).toEqual(good.filter((id) => id > 'c-1'));
    expect((await records('c-%')).map(({ resource_id }) => resource_id)).toEqual([...good, 'c-taken']);
    // All bad, and clashes within one group: one of them gets it.
    expect(new Set(told(await ask(Array.from({ length: 40 }, () => post({ code: 'taken' })))))).toEqual(
      new Set(['already-exists']),
    );
    const same = told(await ask(Array.from({ length: 20 }, (_, n) => post({ id: `same-${n}`, code: 'same' }))));
    expect([count(same, 201), count(same, 'already-exists')]).toEqual([1, 19]);
    expect(await rows('same-%')).toHaveLength(1);
    expect(await records('same-%')).toHaveLength(1);
  });

  it('updates: one of many with the same ETag', async () => {
    const [made] = await ask([post({ id: 'u-etag', code: 'u-etag' })]);
    const header = { 'if-match': made!.headers.etag };
    const all = told(await ask(Array.from({ length: 100 }, (_, weight) => patch('u-etag', { weight }, header))));
    expect([count(all, 200), count(all, 'precondition-failed')]).toEqual([1, 99]);
    expect((await records('u-etag')).map(({ version }) => version)).toEqual([1, 2]);
  });

  it('updates: all of many without one, each its own version', async () => {
    await ask([post({ id: 'u-many', code: 'u-many' })]);
    const answers = await ask(Array.from({ length: 100 }, (_, weight) => patch('u-many', { weight: weight + 1 })));
    expect(new Set(told(answers))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(100);
    expect((await records('u-many')).map(({ version }) => version)).toEqual(
      Array.from({ length: 101 }, (_, n) => n + 1),
    );
  });

  it('updates: each gets its own error, and the others their change', async () => {
    const ids = ['m-1', 'm-2', 'm-3', 'm-4', 'm-5', 'm-same'];
    const made = await ask(ids.map((id) => post({ id, code: id, colour: 'blue' })));
    const answers = await ask([
      patch('m-1', { colour: 'red' }),
      patch('m-2', { weight: 'much' }),
      patch('m-3', { colour: 'red' }, { 'if-match': '"stale"' }),
      patch('m-4', { code: 'm-1' }),
      patch('m-missing', { colour: 'red' }),
      patch('m-5', { colour: 'red' }),
      patch('m-same', { colour: 'blue' }),
    ]);
    expect(told(answers)).toEqual([
      200,
      'validation-failed',
      'precondition-failed',
      'already-exists',
      'not-found',
      200,
      200,
    ]);
    expect(answers[6]!.headers.etag).toBe(made[5]!.headers.etag);
    expect((await records('m-%')).filter(({ op }) => op === 'updated').map((record) => record.resource_id)).toEqual([
      'm-1',
      'm-5',
    ]);
    // No unique constraint this time: one commit, the others' errors in it.
    const again = told(
      await ask([patch('m-1', { colour: 'x' }), patch('m-nobody', {}), patch('m-5', { colour: 'x' })]),
    );
    expect(again).toEqual([200, 'not-found', 200]);
  });

  it('updates: are not delayed by a row that somebody else holds', async () => {
    if (engine === 'sqlite') return;
    await ask(['l-1', 'l-2', 'l-3'].map((id) => post({ id, code: id })));
    const times: number[] = [];
    const { database } = test;
    const begun = performance.now();
    let held: Promise<Answered[]> | undefined;
    await database.transaction(async (transaction) => {
      await transaction.query("SELECT `id` FROM `widget` WHERE `id` = 'l-2' FOR UPDATE");
      const separately = ['l-1', 'l-2', 'l-3'].map((id) => patch(id, { colour: 'red' }));
      // One connection each would not be one turn: the answers of one come in order, so the held one is last.
      held = ask([separately[0]!, separately[2]!, separately[1]!]).then(
        (answers) => (times.push(performance.now() - begun), answers),
      );
      for (const end = Date.now() + 1_500; Date.now() < end; await sleep(20)) {
        const sql =
          "SELECT COUNT(*) AS `n` FROM `change_log` WHERE `resource_id` IN ('l-1', 'l-3') AND `op` = 'updated'";
        if ((await transaction.query<{ n: number }>(sql))[0]!.n === 2) break;
      }
      times.push(performance.now() - begun);
      await sleep(300);
    });
    expect(told(await held!)).toEqual([200, 200, 200]);
    expect(times[0]).toBeLessThan(1_000);
    expect(times[1]! - times[0]!).toBeGreaterThan(250);
  });

  it('numbers all that was recorded without a gap', async () => {
    const all = await numbers();
    expect(all).toEqual(all.map((_seq, index) => index + 1));
    expect(all.length).toBeGreaterThan(250);
  });

  it('reads: never show an older value than was committed before they were asked for', async () => {
    const { database } = test;
    await ask([0, 1, 2, 3].map((n) => post({ id: `r-${n}`, code: `r-${n}`, weight: 0 })));
    const committed = [0, 0, 0, 0];
    let isOver = false;
    let reads = 0;
    const stale: string[] = [];
    const { reads: find } = reader(test);
    const reading = Array.from({ length: 48 }, async (_, n) => {
      for (; !isOver; reads++) {
        const row = n % 4;
        const least = committed[row]!;
        const weight = await find(`r-${row}`);
        if (weight < least) stale.push(`${weight} after ${least}`);
        // Some ask while others wait for their answer.
        if (n % 3 === 0) await sleep(Math.random() * 4);
        else await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const writing = async () => {
      for (const end = Date.now() + 2_000; Date.now() < end;) {
        const row = reads % 4;
        await database.execute('UPDATE `widget` SET `weight` = `weight` + 1 WHERE `id` = ?', [`r-${row}`]);
        committed[row]!++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      isOver = true;
    };
    await Promise.all([writing(), ...reading]);
    expect(stale).toEqual([]);
    expect(reads).toBeGreaterThan(2_000);
  });

  it('reads: do not join one that was sent, and waits for its answer', async () => {
    if (engine === 'sqlite') return;
    const { reads: find } = reader(test);
    await ask([post({ id: 'j-1', code: 'j-1', weight: 1 })]);
    const first = find('j-1');
    await new Promise((resolve) => setImmediate(resolve));
    // Goes behind it, in the same write: both have their answer when the slower one has.
    const slow = test.database.query('SELECT SLEEP(0.2) AS `x`', [], true);
    await sleep(60);
    await test.database.execute('UPDATE `widget` SET `weight` = 2 WHERE `id` = ?', ['j-1']);
    expect(await Promise.all([find('j-1'), find('j-1'), first, slow])).toEqual([2, 2, 1, [{ x: 0 }]]);
  });

  it('updates: work on a server that does not know SKIP LOCKED', async () => {
    if (engine === 'sqlite') return;
    const { repository } = test.app.get(ModuleRegistry).get('widget') as unknown as {
      repository: { sql: { skipLocked: string } };
    };
    repository.sql.skipLocked = ' FOR UPDATE NONSENSE';
    await ask(['s-1', 's-2', 's-3'].map((id) => post({ id, code: id })));
    for (const colour of ['red', 'blue']) {
      const answers = await ask(['s-1', 's-2', 's-3'].map((id) => patch(id, { colour })));
      expect(told(answers)).toEqual([200, 200, 200]);
    }
    expect((await records('s-%')).filter(({ op }) => op === 'updated')).toHaveLength(6);
  });
});

/** The repository's own read, beneath HTTP: many more of them in the time. */
function reader({ app }: TestApp): { reads(id: string): Promise<number> } {
  const { repository } = app.get(ModuleRegistry).get('widget') as unknown as {
    repository: { find(id: string, context: typeof OPERATOR): Promise<{ weight: number }> };
  };
  return { reads: async (id) => (await repository.find(id, OPERATOR)).weight };
}
