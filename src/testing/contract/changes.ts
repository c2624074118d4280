import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type Connection } from 'mysql2/promise';
import { ChangePruner } from '../../changes/change.pruner.js';
import { FeedRepository } from '../../changes/feed.repository.js';
import { Draining } from '../../runtime/draining.js';
import { problemOf } from '../client.js';
import { NO_INSTANTS } from '../instants.js';
import type { Subject } from '../subject.js';
import { SseReader } from '../sse.js';
import { UnwrittenLog } from '../unwritten-log.js';

interface Change {
  at: string;
  op: string;
  version: number;
  actor: string;
  trace_id: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown>;
}

/** The change log: history, watching, the feed of all modules. */
export function changes(subject: Subject): void {
  const readers: SseReader[] = [];
  const connections: Connection[] = [];
  afterEach(() => {
    for (const reader of readers.splice(0)) reader.close();
    for (const connection of connections.splice(0)) connection.destroy();
  });
  /** Another process, with statements of its own. */
  const other = async (): Promise<Connection> => {
    const connection = await mysql.createConnection({ uri: subject.test.url.replace('mariadb:', 'mysql:') });
    connections.push(connection);
    await connection.query('SET autocommit = 0');
    return connection;
  };
  const watch = async (query = '', headers: Record<string, string> = {}): Promise<SseReader> => {
    const reader = await SseReader.open(`${subject.test.origin}${subject.path}:watch${query}`, headers);
    readers.push(reader);
    await reader.until(({ events }) => events.some(({ event }) => event === 'bookmark'));
    return reader;
  };
  const history = async (id: string): Promise<Change[]> => {
    const { status, body } = await subject.client.get(`${subject.path}/${id}:history?sort=at`);
    expect(status).toBe(200);
    return (body as { data: Change[] }).data;
  };
  const logged = async (): Promise<number> => {
    const [row] = await subject.test.database.query<{ n: number }>('SELECT COUNT(*) AS `n` FROM `change_log`');
    return row!.n;
  };

  it('records each change with before, after, actor and trace id, and shows it as history', async () => {
    const { id, data } = await subject.made();
    const change = subject.change(data);
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    await subject.client.patch(`${subject.path}/${id}`, change, { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    await subject.client.delete(`${subject.path}/${id}`);
    await subject.client.post(`${subject.path}/${id}:restore`);
    const changes = await history(id);
    expect(changes.map(({ op, version }) => [op, version])).toEqual([
      ['created', 1],
      ['updated', 2],
      ['deleted', 3],
      ['restored', 4],
    ]);
    expect(changes[0]).toMatchObject({ before: null, after: data, actor: 'anonymous' });
    const own = subject.withoutFollowing(data);
    expect(changes[1]).toMatchObject({ before: data, after: { ...own, ...change }, trace_id: trace });
    problemOf(await subject.client.get(`${subject.path}/nobody:history`), 404, 'not-found');
  });

  it('records nothing for a dry run, a no-op, a failure or a replay, and one change for each operation of a batch', async () => {
    const { id, data } = await subject.made();
    const { field } = subject;
    const before = await logged();
    await subject.client.post(`${subject.path}?dry_run=true`, subject.body());
    await subject.client.patch(`${subject.path}/${id}`, { [field]: data[field] });
    problemOf(await subject.client.post(subject.path, subject.body({ id })), 409, 'already-exists');
    problemOf(
      await subject.client.post(`${subject.path}:batch`, {
        operations: [
          { op: 'create', body: subject.body() },
          { op: 'delete', id: 'nobody' },
        ],
      }),
      404,
      'not-found',
    );
    expect(await logged()).toBe(before);
    const key = { 'idempotency-key': 'recorded-once' };
    const body = subject.body();
    for (let n = 0; n < 3; n++) await subject.client.post(subject.path, body, key);
    expect(await logged()).toBe(before + 1);
    const operations = [
      { op: 'create', body: subject.body() },
      { op: 'create', body: {} },
      { op: 'delete', id },
    ];
    await subject.client.post(`${subject.path}:batch`, { atomic: false, operations });
    expect(await logged()).toBe(before + 3);
  });

  it('tells watchers of each change, in order, in a CloudEvents envelope with the representation', async () => {
    const reader = await watch();
    const { id, data } = await subject.made();
    const change = subject.change(data);
    await subject.client.patch(`${subject.path}/${id}`, change);
    await subject.client.delete(`${subject.path}/${id}`);
    await subject.client.post(`${subject.path}/${id}:restore`);
    await reader.until(({ changes }) => changes.length === 4);
    expect(reader.changes.map(({ event }) => event)).toEqual(['created', 'updated', 'deleted', 'restored']);
    expect(reader.changes[0]!.data).toEqual({
      specversion: '1.0',
      id: reader.changes[0]!.id,
      source: subject.path,
      type: `${subject.model.name}.created`,
      subject: id,
      time: expect.stringMatching(/Z$/),
      datacontenttype: 'application/json',
      traceid: expect.any(String),
      data,
    });
    expect(reader.changes[1]!.data.data).toMatchObject({ ...subject.withoutFollowing(data), ...change });
    const numbers = reader.changes.map((event) => Number(event.id!.split('-')[1]));
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
  });

  it('resumes after a position, by after= or Last-Event-ID, which wins', async () => {
    const reader = await watch();
    const start = reader.lastEventId!;
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await subject.made()).id);
    await reader.until(({ changes }) => changes.length === 5);
    const middle = reader.changes[2]!.id!;
    const byAfter = await watch(`?after=${start}`);
    await byAfter.until(({ changes }) => changes.length === 5);
    expect(byAfter.changes).toEqual(reader.changes);
    const byHeader = await watch(`?after=${start}`, { 'last-event-id': middle });
    await byHeader.until(({ changes }) => changes.length === 2);
    expect(byHeader.changes.map(({ data }) => data.subject)).toEqual(ids.slice(3));
  });

  it('refuses a position that is malformed with 400, one that is not kept with 410, before any event', async () => {
    const reader = await watch();
    const [epoch, seq] = reader.lastEventId!.split('-') as [string, string];
    for (const bad of ['x', '12', `${epoch}-`, `${epoch}-1e3`, `${epoch.toUpperCase()}-1x`]) {
      problemOf(await subject.client.get(`${subject.path}:watch?after=${bad}`), 400, 'invalid-parameter');
    }
    for (const gone of [`${epoch}-${Number(seq) + 1000}`, `000000000000-${seq}`]) {
      problemOf(await subject.client.get(`${subject.path}:watch?after=${gone}`), 410, 'position-expired');
      problemOf(await subject.client.get(`${subject.path}:watch`, { 'last-event-id': gone }), 410, 'position-expired');
    }
    problemOf(await subject.client.get(`${subject.path}:watch?filter=x`), 400, 'invalid-filter');
    problemOf(await subject.client.get(`${subject.path}:watch?nope=1&initial=x`), 400, 'invalid-parameter');
    problemOf(await subject.client.get('/api/nothing:watch'), 404, 'route-not-found');
    problemOf(await subject.client.get(`${subject.path}:watch`, { accept: 'application/json' }), 406, 'not-acceptable');
  });

  it('begins with the rows as they are, then a bookmark, then what changes, with no gap', async () => {
    const { id } = await subject.made();
    const rows = ((await subject.client.get(`${subject.path}?limit=200`)).body as { data: Record<string, unknown>[] })
      .data;
    const busy = { done: false };
    const writer = (async () => {
      const made: string[] = [];
      while (!busy.done) made.push((await subject.made()).id);
      return made;
    })();
    const reader = await watch('?initial=true');
    busy.done = true;
    const made = await writer;
    await subject.client.delete(`${subject.path}/${id}`);
    await reader.until(({ changes }) => changes.some(({ event, data }) => event === 'deleted' && data.subject === id));
    const seen = new Set(reader.changes.map(({ data }) => data.subject));
    for (const row of rows) expect(seen.has(row.id as string)).toBe(true);
    for (const row of made) expect(seen.has(row)).toBe(true);
    expect(reader.events[0]!.event).toBe('created');
    expect(reader.changes.find(({ data }) => data.subject === id)!.data.data).toMatchObject({ id });
  });

  it('tells rows that enter and leave a filter as created and deleted', async () => {
    const text = subject.free('string', ({ personal }) => !personal);
    if (!text?.filterable.includes('startswith')) return;
    const field = text.name;
    const { id } = await subject.made({ [field]: 'outside' });
    const reader = await watch(`?filter=${encodeURIComponent(`startswith(${field}, 'in')`)}`);
    for (const text of ['in-1', 'in-2', 'out', 'still out', 'in-3'])
      await subject.client.patch(`${subject.path}/${id}`, { [field]: text });
    await subject.client.delete(`${subject.path}/${id}`);
    await reader.until(({ changes }) => changes.length === 5);
    expect(reader.changes.map(({ event }) => event)).toEqual(['created', 'updated', 'deleted', 'created', 'deleted']);
  });

  it('gives late numbers to transactions that commit late, and loses none', async () => {
    const { database, app } = subject.test;
    const feeds = app.get(FeedRepository);
    const reader = await watch();
    const context = { caller: { id: 'test' }, traceId: '0'.repeat(32) };
    const { ChangeLog } = await import('../../rows/change-log.js');
    const log = app.get(ChangeLog);
    const record = (id: string) => {
      const after = { id, version: 1, updated_at: new Date().toISOString() } as never;
      return log.record(subject.model.name, [{ op: 'created', before: null, after, by: context as never }]);
    };
    // The first takes its id first and commits last; another one is rolled back; others commit meanwhile.
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const concurrent = subject.engine !== 'sqlite';
    const late = database.transaction(async () => {
      await record('late');
      if (concurrent) await gate;
    });
    await sleep(20);
    await database.transaction(() => record('rolled-back'), { rollback: true });
    for (const id of ['a', 'b', 'c']) await database.transaction(() => record(id));
    // Two that number at once, again and again.
    await Promise.all(Array.from({ length: 6 }, () => feeds.number(subject.model.name)));
    if (concurrent) {
      await reader.until(({ changes }) => changes.length === 3);
      release();
    }
    await late;
    await reader.until(({ changes }) => changes.length === 4);
    const subjects = reader.changes.map(({ data }) => data.subject);
    expect(subjects).toEqual(concurrent ? ['a', 'b', 'c', 'late'] : ['late', 'a', 'b', 'c']);
    const numbers = await database.query<{ seq: number }>(
      'SELECT `seq` FROM `change_log` WHERE `module` = ? ORDER BY `seq`',
      [subject.model.name],
    );
    expect(numbers.map(({ seq }) => seq)).toEqual(numbers.map((_, index) => index + 1));
  });

  it('tells nobody of what another process has numbered before it is known to be on disk', async () => {
    // On SQLite it is on disk when it can be seen.
    if (subject.engine === 'sqlite') return;
    const first = await subject.made();
    const reader = await watch();
    const [epoch, seq] = reader.lastEventId!.split('-') as [string, string];
    const { name } = subject.model;
    const [numberer, holder] = [await other(), await other()];
    await numberer.query('UPDATE change_feed SET head = head + 1 WHERE module = ?', [name]);
    await numberer.query(
      `INSERT INTO change_log (id, module, resource_id, version, op, \`after\`, actor, at, trace_id, seq)
       SELECT UUID(), module, 'of-another', 1, op, \`after\`, actor, at, trace_id, ? FROM change_log
       WHERE module = ? AND resource_id = ?`,
      [Number(seq) + 1, name, first.id],
    );
    // The holder of the feed's row keeps everybody from a commit of their own that has seen the new head.
    const held = holder.query('SELECT head FROM change_feed WHERE module = ? FOR UPDATE', [name]);
    await sleep(50);
    await numberer.query('COMMIT');
    await held;
    const resumed = await watch('', { 'last-event-id': `${epoch}-${Number(seq) - 1}` });
    await sleep(600);
    expect(reader.changes).toEqual([]);
    expect(resumed.changes.map(({ data }) => data.subject)).toEqual([first.id]);
    await holder.query('ROLLBACK');
    await reader.until(({ changes }) => changes.length === 1);
    await resumed.until(({ changes }) => changes.length === 2);
    expect(reader.changes[0]!.data.subject).toBe('of-another');
  });

  it('has the log written up to what it could see, also where it numbers nothing itself', async () => {
    if (subject.engine === 'sqlite') return;
    const feeds = subject.test.app.get(FeedRepository);
    const { name } = subject.model;
    await subject.made();
    while ((await feeds.number(name)).count > 0);
    const log = await UnwrittenLog.begin(subject.test.url);
    expect((await feeds.number(name, 0)).count).toBe(0);
    expect(await log.wasWritten()).toBe(true);
  });

  it('ends streams when the feed has become another one, after a restore', async () => {
    const reader = await watch();
    await subject.test.database.execute('UPDATE `change_feed` SET `epoch` = ? WHERE `module` = ?', [
      '0123456789ab',
      subject.model.name,
    ]);
    await reader.until(({ ended }) => ended);
    expect((await watch()).lastEventId).toMatch(/^0123456789ab-/);
  });

  it('is an audit for operators: by module, actor, kind and time, paged', async () => {
    await subject.made();
    const audit = async (query: string) =>
      (await subject.client.get(`/api/changes?${query}`)).body as { data: Change[]; page: { next_cursor?: string } };
    const filterText = `module eq '${subject.model.name}' and actor eq 'anonymous' and op in ('created') and at gt '2026-01-01T00:00:00Z'`;
    const filter = encodeURIComponent(filterText);
    const first = await audit(`limit=1&filter=${filter}`);
    expect(first.data).toHaveLength(1);
    expect(first.data[0]).toMatchObject({ op: 'created', actor: 'anonymous' });
    const second = await audit(`limit=1&filter=${filter}&cursor=${first.page.next_cursor}`);
    expect(second.data[0]).not.toEqual(first.data[0]);
    expect((await audit(`filter=${encodeURIComponent("module eq 'nothing'")}`)).data).toEqual([]);
    // Comparing is not storing: any instant may stand there.
    for (const [time, count] of [
      ["at lt '2100-01-01T00:00:00Z' and at gt '0001-01-01T00:00:00Z' and at ne '1969-12-31t23:59:59.123456789z'", 1],
      ["at gt '9999-12-31T23:59:59.999-23:59'", 0],
      [`at in ('2100-01-01T00:00:00Z', '${first.data[0]!.at}') and id ne 'x'`, 1],
    ] as const)
      expect((await audit(`limit=1&filter=${encodeURIComponent(`${filterText} and ${time}`)}`)).data).toHaveLength(
        count,
      );
    for (const bad of NO_INSTANTS) {
      const answer = await subject.client.get(`/api/changes?filter=${encodeURIComponent(`at lt '${bad}'`)}`);
      problemOf(answer, 400, 'invalid-filter');
    }
    for (const method of ['post', 'delete', 'put', 'patch'] as const)
      problemOf(await subject.client.send(method, '/api/changes', {}), 405, 'method-not-allowed');
  });

  it('forgets what is old, first for watchers, then for good', async () => {
    const reader = await watch();
    const start = reader.lastEventId!;
    await subject.made();
    await reader.until(({ changes }) => changes.length === 1);
    const pruner = subject.test.app.get(ChangePruner);
    const day = 86_400_000;
    await pruner.run(Date.now() + 8 * day);
    problemOf(await subject.client.get(`${subject.path}:watch?after=${start}`), 410, 'position-expired');
    expect(await logged()).toBeGreaterThan(0);
    await pruner.run(Date.now() + 366 * day);
    expect(await logged()).toBe(0);
    const after = await watch();
    await subject.made();
    await after.until(({ changes }) => changes.length === 1);
  });

  it('ends streams with a time to come back when the process is being stopped', async () => {
    const reader = await watch();
    subject.test.app.get(Draining).begin();
    await reader.until(({ ended }) => ended);
    expect(reader.retryMs).toBeGreaterThan(0);
    problemOf(await subject.client.get(`${subject.path}:watch`), 503, 'shutting-down');
  });
}
