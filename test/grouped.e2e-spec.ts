import { setTimeout as sleep } from 'node:timers/promises';
import { FeedRepository } from '../src/changes/feed.repository.js';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { OPERATOR } from './support/access.js';
import { startApp, type TestApp } from './support/app.js';
import { atOnce, type Answered, type Asked } from './support/at-once.js';
import { engines } from '../src/testing/database.js';

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
  // A clash in a test before is no reason to be careful in the next one.
  beforeEach(() => (insideOf(test).changes.careful = 0));
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
    while ((await test.app.get(FeedRepository).number('widget')).count > 0);
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

  it('updates: of different rows are one commit, decided on the rows as they were read', async () => {
    const ids = Array.from({ length: 32 }, (_, n) => `one-${String(n).padStart(2, '0')}`);
    const made = await ask(ids.map((id, n) => post({ id, code: id, weight: n })));
    const commit = import.meta.jest.spyOn(test.database, 'commit');
    const transaction = import.meta.jest.spyOn(test.database, 'transaction');
    const answers = await ask(
      ids.map((id, n) =>
        patch(id, n % 2 ? { weight: 100 + n } : { colour: 'red' }, { 'if-match': made[n]!.headers.etag }),
      ),
    );
    for (const [n, { body }] of answers.entries())
      expect(body.data).toMatchObject({ id: ids[n], ...(n % 2 ? { weight: 100 + n } : { weight: n, colour: 'red' }) });
    // They are read in two groups.
    const [commits, transactions] = test.database.commitsWithoutWaiting ? [2, 0] : [0, 2];
    expect(commit.mock.calls.length).toBeLessThanOrEqual(commits);
    expect(transaction.mock.calls.length).toBeLessThanOrEqual(transactions);
    commit.mockRestore();
    transaction.mockRestore();
    const stored = await test.database.query("SELECT `id`, `weight`, `version` FROM `widget` WHERE `id` LIKE 'one-%'");
    expect(stored.map(({ id, weight, version }) => [id, weight, version]).sort()).toEqual(
      ids.map((id, n) => [id, n % 2 ? 100 + n : n, 2]),
    );
    expect((await records('one-%')).map(({ version }) => version)).toEqual(ids.flatMap(() => [1, 2]));
  });

  it('updates: are not delayed by a row that somebody else holds', async () => {
    if (engine === 'sqlite') return;
    const free = ['l-1', 'l-3', 'l-4'];
    await ask([...free, 'l-2'].map((id) => post({ id, code: id })));
    const { database } = test;
    let held: Promise<Answered[]> | undefined;
    let isAnswered = false;
    await database.transaction(async (transaction) => {
      await transaction.query("SELECT `id` FROM `widget` WHERE `id` = 'l-2' FOR UPDATE");
      // One connection each would not be one turn: the answers of one come in order, so the held one is last.
      held = ask([...free, 'l-2'].map((id) => patch(id, { colour: 'red' })));
      void held.then(() => (isAnswered = true));
      const sql =
        "SELECT COUNT(*) AS `n` FROM `change_log` WHERE `resource_id` IN ('l-1', 'l-3', 'l-4') AND `op` = 'updated'";
      let committed = 0;
      // The row is held as long: for less than its change waits for it.
      for (const end = Date.now() + 3_000; committed < 3 && Date.now() < end; await sleep(20))
        [{ n: committed }] = (await transaction.query(sql)) as [{ n: number }];
      expect({ committed, isAnswered }).toEqual({ committed: 3, isAnswered: false });
    });
    expect(told(await held!)).toEqual([200, 200, 200, 200]);
  });

  it('updates: are decided again when somebody else was faster with one of the rows', async () => {
    // Where a commit may wait, the rows are locked as they are read: nobody can be faster.
    if (!test.database.commitsWithoutWaiting) return;
    const ids = ['f-1', 'f-2', 'f-3', 'f-4'];
    const made = await ask(ids.map((id) => post({ id, code: id, weight: 1 })));
    const { database } = test;
    const { commit } = database;
    const faster = import.meta.jest.spyOn(database, 'commit').mockImplementationOnce(async (...args) => {
      await database.execute(
        "UPDATE `widget` SET `weight` = 7, `version` = `version` + 1 WHERE `id` IN ('f-2', 'f-3')",
      );
      return commit.apply(database, args);
    });
    const answers = await ask([
      patch('f-1', { colour: 'red' }),
      patch('f-2', { colour: 'red' }),
      patch('f-3', { colour: 'red' }, { 'if-match': made[2]!.headers.etag }),
      patch('f-4', { colour: 'red' }),
    ]);
    faster.mockRestore();
    expect(told(answers)).toEqual([200, 200, 'precondition-failed', 200]);
    expect(answers[1]!.body.data).toMatchObject({ weight: 7, colour: 'red' });
    expect((await records('f-%')).map(({ resource_id, version }) => `${resource_id} ${version}`)).toEqual([
      'f-1 1',
      'f-1 2',
      'f-2 1',
      'f-2 3',
      'f-3 1',
      'f-4 1',
      'f-4 2',
    ]);
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
    const slow = test.database.queryQuick({ sql: 'SELECT SLEEP(0.2) AS `x`', params: [] });
    await sleep(60);
    await test.database.execute('UPDATE `widget` SET `weight` = 2 WHERE `id` = ?', ['j-1']);
    expect(await Promise.all([find('j-1'), find('j-1'), first, slow])).toEqual([2, 2, 1, [{ x: 0 }]]);
  });

  it('updates: work on a server that does not know SKIP LOCKED', async () => {
    if (engine === 'sqlite') return;
    const { sql, changes } = insideOf(test);
    sql.skipLocked = ' FOR UPDATE NONSENSE';
    await ask(['s-1', 's-2'].map((id) => post({ id, code: id })));
    for (const first of [1, 5]) {
      const answers = await ask([0, 1, 2, 3].map((n) => patch(`s-${1 + (n % 2)}`, { weight: first + n })));
      expect(told(answers)).toEqual([200, 200, 200, 200]);
    }
    expect(changes.canSkipLocked).toBe(false);
    expect((await records('s-%')).filter(({ op }) => op === 'updated')).toHaveLength(8);
  });
});

/** The insides of the repository that a test has to set or see. */
function insideOf({ app }: TestApp): {
  sql: { skipLocked: string };
  changes: { canSkipLocked: boolean; careful: number };
} {
  const { repository } = app.get(ModuleRegistry).get('widget') as unknown as {
    repository: { parts: ReturnType<typeof insideOf> };
  };
  return repository.parts;
}

/** The repository's own read, beneath HTTP: many more of them in the time. */
function reader({ app }: TestApp): { reads(id: string): Promise<number> } {
  const { repository } = app.get(ModuleRegistry).get('widget') as unknown as {
    repository: { find(id: string, context: typeof OPERATOR): Promise<{ weight: number }> };
  };
  return { reads: async (id) => (await repository.find(id, OPERATOR)).weight };
}
