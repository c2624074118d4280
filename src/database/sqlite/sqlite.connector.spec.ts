import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { NoMatch, type Row, type Statement } from '../session.js';
import { SqliteConnector } from './sqlite.connector.js';
import { CostlyThreads } from './sqlite.costly.js';
import { openReader } from './sqlite.statements.js';
import { SqliteThread, ThreadLost } from './sqlite.thread.js';

const CACHE_KIB = 1_024;
/** A statement of some 100 ms. */
const SLOW =
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT MAX(i) AS i FROM n';
const INSERT = 'INSERT INTO thing (id, value) VALUES (?, ?)';

describe('SqliteConnector with a second thread', () => {
  let folder: string;
  let thread: SqliteThread;
  let connector: SqliteConnector;
  let lost: Error[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plinth-sqlite-'));
    const path = join(folder, 'test.sqlite');
    const writer = new Sqlite(path);
    writer.pragma('journal_mode = WAL');
    writer.exec('CREATE TABLE thing (id TEXT PRIMARY KEY, value)');
    lost = [];
    thread = new SqliteThread({ path, cacheKib: CACHE_KIB }, (error) => lost.push(error));
    const costly = new CostlyThreads(
      () => new SqliteThread({ path, cacheKib: CACHE_KIB, isReader: true }, () => undefined),
    );
    const limits = { waiting: 10, waitMs: 5_000, costlyMs: 200 };
    connector = new SqliteConnector(writer, openReader(path, CACHE_KIB), limits, { second: thread, costly });
    while (!thread.isReady) await sleep(5);
  });

  afterEach(async () => {
    await connector.close();
    rmSync(folder, { recursive: true });
  });

  const read = async (statement: Statement): Promise<Row[]> => (await connector.run(statement, 'shared read')).rows;
  const insert = (id: string, value: Statement['params'][number] = null) => ({ sql: INSERT, params: [id, value] });
  const many = (prefix: string) => Array.from({ length: 10 }, (_, n) => insert(`${prefix}${n}`, n));
  const terminate = () => (thread as unknown as { worker: { terminate(): Promise<number> } }).worker.terminate();
  const count = { sql: 'SELECT COUNT(*) AS n FROM thing', params: [] };

  it('uses it for what comes together, and not for what comes alone', async () => {
    const asked = import.meta.jest.spyOn(thread, 'read');
    const committed = import.meta.jest.spyOn(thread, 'commit');
    await connector.commit([insert('a')]);
    await sleep(5);
    await read(count);
    await sleep(5);
    expect([asked.mock.calls.length, committed.mock.calls.length]).toEqual([0, 0]);
    await connector.commit(many('b'));
    await sleep(5);
    const counts = await Promise.all([read(count), read(count), read(count)]);
    expect(counts).toEqual([[{ n: 11 }], [{ n: 11 }], [{ n: 11 }]]);
    expect([asked.mock.calls.length, committed.mock.calls.length]).toEqual([2, 1]);
  });

  it('gives each read its own rows, as they are, and its own error', async () => {
    await connector.commit([insert('text', 'a\0b \ud800 "é" \u2028'), insert('float', 0.1), insert('none', null)]);
    await connector.run(
      { sql: "INSERT INTO thing VALUES ('bytes', x'00ff'), ('infinite', 9e999), ('zero', -0.0)", params: [] },
      'write',
    );
    const read = async (sql: string, params: string[]) => (await thread.read({ sql, params })).rows;
    const value = (id: string) => read('SELECT value FROM thing WHERE id = ?', [id]);
    const found = await Promise.allSettled([
      value('text'),
      value('float'),
      value('none'),
      value('zero'),
      value('nothing'),
      read('SELECT missing FROM thing', []),
      value('bytes'),
      value('infinite'),
      read('SELECT id, value FROM thing WHERE id IN (?, ?) ORDER BY id', ['float', 'none']),
    ]);
    // Characters that stand between values on the way, or mark what is no text.
    for (const given of ['', 'a\x1fb', '\x1f', '\0', '\x001', '1', '-1', 'ключ']) {
      const pair = thread.read({ sql: 'SELECT ? AS first, ? AS second', params: [given, 1] });
      const other = thread.read({ sql: 'SELECT ? AS third', params: [null] });
      expect(await Promise.all([pair, other])).toEqual([
        { rows: [{ first: given, second: 1 }], isCut: false },
        { rows: [{ third: null }], isCut: false },
      ]);
    }
    const [text, ...others] = found.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error)));
    expect(text).toEqual([{ value: 'a\0b \ufffd "é" \u2028' }]);
    expect(others).toEqual([
      [{ value: 0.1 }],
      [{ value: null }],
      [{ value: -0 }],
      [],
      expect.objectContaining({ code: 'SQLITE_ERROR', message: 'no such column: missing' }),
      [{ value: Buffer.from([0, 255]) }],
      [{ value: Infinity }],
      [
        { id: 'float', value: 0.1 },
        { id: 'none', value: null },
      ],
    ]);
  });

  it('ends the rows of a read at the one that reaches its bytes, on either thread', async () => {
    const rows = ['a', 'b', 'c'].map((id) => ({ id, value: id.repeat(100) }));
    await connector.commit(rows.map(({ id, value }) => insert(id, value)));
    const sql = 'SELECT id, value FROM thing ORDER BY id';
    for (const [mostBytes, count] of [[1, 1] as const, [101, 1] as const, [102, 2] as const, [203, 3] as const]) {
      const part = { rows: rows.slice(0, count), isCut: count < rows.length };
      expect(await thread.read({ sql, params: [], mostBytes })).toEqual(part);
      expect(await connector.run({ sql, params: [], mostBytes }, 'read')).toEqual({ ...part, affected: 0 });
    }
  });

  it('sees what was committed before it was asked, on whichever thread', async () => {
    for (let n = 1; n <= 50; n++) {
      if (n % 2) await connector.run(insert(`${n}`), 'write');
      else await thread.commit([insert(`${n}`)]);
      expect(await Promise.all([read(count), read(count)])).toEqual([[{ n }], [{ n }]]);
    }
  });

  it('commits all or nothing, one transaction at a time', async () => {
    const transaction = await connector.begin();
    await transaction.run(insert('first'));
    const clash = connector.commit([...many('c'), insert('first')]);
    const missing = connector.commit([
      ...many('m'),
      { sql: 'UPDATE thing SET value = 1 WHERE id = ?', params: ['nobody'], mustMatch: 1 },
    ]);
    const fine = connector.commit(many('f'));
    const outcomes = Promise.allSettled([clash, missing, fine]);
    await sleep(20);
    expect(await read(count)).toEqual([{ n: 0 }]);
    await transaction.commit();
    const [first, second, third] = await outcomes;
    expect(first).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } });
    expect((second as PromiseRejectedResult).reason).toBeInstanceOf(NoMatch);
    expect(third.status).toBe('fulfilled');
    expect(await read(count)).toEqual([{ n: 11 }]);
  });

  it('sends a commit after one that is under way on the thread, unless somebody else waits for a turn', async () => {
    const committed = import.meta.jest.spyOn(thread, 'commit');
    const slow = { sql: `UPDATE thing SET value = (${SLOW})`, params: [] };
    const commits = [connector.commit([...many('a'), slow])];
    await turn();
    commits.push(connector.commit(many('b')));
    await turn();
    expect(committed).toHaveBeenCalledTimes(2);
    // In its turn, after both: it would stand in the way of what it reads and writes.
    const begun = connector.begin();
    commits.push(connector.commit(many('c')));
    expect(connector.usage()).toEqual({ used: 1, idle: 0, waiting: 2 });
    const transaction = await begun;
    expect((await transaction.run(count)).rows).toEqual([{ n: 20 }]);
    await transaction.run(insert('d'));
    await sleep(20);
    expect(committed).toHaveBeenCalledTimes(2);
    await transaction.commit();
    await Promise.all(commits);
    expect(committed).toHaveBeenCalledTimes(3);
    expect(await read(count)).toEqual([{ n: 31 }]);
    expect(connector.usage()).toEqual({ used: 0, idle: 1, waiting: 0 });
  });

  it('refuses a parameter that is none to whoever asked with it, and to nobody else', async () => {
    const bad = thread.read({ sql: count.sql, params: [(() => 1) as never] });
    await expect(bad).rejects.toThrow('could not be cloned');
    expect(await Promise.all([read(count), read(count)])).toEqual([[{ n: 0 }], [{ n: 0 }]]);
  });

  it('reads on the first thread what would have to wait long for the second', async () => {
    const asked = import.meta.jest.spyOn(thread, 'read');
    const found = await Promise.all(Array.from({ length: 100 }, () => read(count)));
    expect(found).toEqual(found.map(() => [{ n: 0 }]));
    expect(asked).toHaveBeenCalledTimes(64);
    await Promise.all([read(count), read(count)]);
    expect(asked.mock.calls.length).toBeGreaterThan(64);
  });

  it('does without it where there is none to be had', () => {
    const none = new SqliteThread({ path: '', cacheKib: (() => 1) as never }, (error) => lost.push(error));
    expect([none.isReady, none.isReady]).toEqual([false, false]);
    expect(lost).toHaveLength(1);
  });

  it('commits on the first thread what had not been sent when the second was lost', async () => {
    const transaction = await connector.begin();
    const waiting = connector.commit(many('w'));
    await sleep(5);
    await terminate();
    await transaction.commit();
    await waiting;
    expect(await read(count)).toEqual([{ n: 10 }]);
  });

  it('goes on without it when it is lost: what it was reading is read here, what it was committing nobody knows', async () => {
    const slow = { sql: SLOW, params: [] };
    const first = thread.read(slow);
    const asked = Promise.all([read(slow), read(count)]);
    await sleep(1);
    const committed = connector.commit(many('x'));
    const failures = Promise.allSettled([first, committed]);
    await sleep(50);
    await terminate();
    const [ofFirst, ofCommit] = await failures;
    expect((ofFirst as PromiseRejectedResult).reason).toBeInstanceOf(ThreadLost);
    expect(ofCommit).toMatchObject({ reason: { code: 'commit-outcome-unknown' } });
    expect(await asked).toEqual([[{ i: 3_000_000 }], [{ n: 0 }]]);
    expect(lost).toHaveLength(1);
    expect(thread.isReady).toBe(false);
    await connector.commit(many('y'));
    expect(await Promise.all([read(count), read(count)])).toEqual([[{ n: 10 }], [{ n: 10 }]]);
  });
});
