import BetterSqlite3 from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { whereIn } from './support/every-value.js';
import { execute } from './support/execute.js';
import { Issuer } from './support/issuer.js';
import { Service } from './support/service.js';
import { SseReader } from '../src/testing/sse.js';

const MAIN = 'test/support/privacy/privacy.main.mjs';
const SUBJECT = 'ada.c4n4ry@example.org';
const UUID = '73194621-0000-4000-8000-000000000000';
/** One of each type; texts have `c4n4ry` in them. */
const VALUES = {
  email: SUBJECT,
  name: 'Ada c4n4ry',
  note: 'c4n4ry, and more',
  home: 'https://example.org/c4n4ry',
  badge: UUID,
  kind: 'canaryword',
  well: true,
  age: 73194621,
  card: '7319462173194621',
  debt: '73194.62',
  rate: 0.73194621,
  born: '1911-03-07',
  seen: '1992-04-08T01:02:03.456Z',
  file: { deep: ['c4n4ry'] },
  tags: ['c4n4ry'],
  pin: 'c4n4ry-pin',
};
const CANARIES = [
  'c4n4ry',
  'canaryword',
  '7319462',
  '73194.62',
  '7319462',
  '0.73194621',
  '1911-03-07',
  '1992-04-08',
  UUID,
];
const BOB = { email: 'bob@example.org', name: 'Bob', nick: 'bob', note: 'well' };
const MOVED = { ...Object.fromEntries(Object.keys(VALUES).map((name) => [name, null])), ...BOB };
const ROWS = 80;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The `data` of an answer as JSON. */
  readonly data: never;
}
interface Operation {
  readonly id: string;
  readonly state: string;
  readonly rows: number;
  readonly counts: readonly { readonly module: string; readonly store: string; readonly count: number }[];
}
type Row = Readonly<Record<string, string>>;

describe.each(engines())('the personal data of a subject on %s', (engine) => {
  let database: TestDatabase;
  let issuer: Issuer;
  let folder: string;
  let service: Service;
  let operator: string;
  let output = '';
  beforeEach(async () => {
    database = await freshDatabase(engine);
    issuer = await Issuer.start();
    folder = mkdtempSync(join(tmpdir(), 'plinth-privacy-'));
    operator = `Bearer ${await issuer.sign({ sub: 'operator', scope: '*:*' })}`;
  });
  afterEach(async () => {
    await service.kill();
    issuer.stop();
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  const spawn = async (url = database.url) => {
    const env = { AUTH: 'keys,jwt', RATE_LIMIT: 'off', STORAGE_RECORDS_PER_CALLER: '0', STORAGE_BYTES_PER_CALLER: '0' };
    const privacy = { PRIVACY_LEDGER: join(folder, 'ledger'), BACKGROUND_LEASE_MS: '1500' };
    const base = { DATABASE_URL: url, DATABASE_MIGRATE: 'always', LOG_LEVEL: 'trace', SHUTDOWN_DRAIN_MS: '0' };
    service = await Service.spawn({ ...base, ...env, ...privacy, ...issuer.env }, [], MAIN);
  };
  const call = async (method: string, path: string, body?: unknown, headers: object = {}): Promise<Answer> => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const init = {
      method,
      headers: { authorization: operator, ...(body !== undefined && { 'content-type': type }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const answer = await fetch(`${service.origin}${path}`, init);
    const text = await answer.text();
    const data = answer.headers.get('content-type')?.includes('json;')
      ? (JSON.parse(text) as { data: never }).data
      : (undefined as never);
    return { status: answer.status, headers: answer.headers, text, data };
  };
  const good = async (...args: Parameters<typeof call>) => {
    const answer = await call(...args);
    if (answer.status >= 300) throw new Error(`${args[0]} ${args[1]} answers ${answer.status}: ${answer.text}`);
    return answer;
  };
  const ended = async (at: string, done = (one: Operation) => !['queued', 'running'].includes(one.state)) => {
    for (const end = Date.now() + 60_000; ; await sleep(20)) {
      const operation: Operation = (await good('GET', at)).data;
      if (done(operation)) return operation;
      if (Date.now() > end) throw new Error(`It did not end: ${JSON.stringify(operation)}\n${service.output}`);
    }
  };
  const ask = async (what: string, subject = SUBJECT) => {
    const { status, headers } = await good('POST', `/api/privacy/${what}`, { subject });
    expect(status).toBe(202);
    return headers.get('location')!;
  };

  /** Writes values of the subject wherever the service can be made to keep any. */
  const plant = async () => {
    const keyed = (key: string) => ({ 'idempotency-key': key });
    await good('POST', '/api/patient', { id: 'first', nick: 'c4n4ry-0', ...VALUES, name: 'Old c4n4ry' }, keyed('one'));
    await good('PATCH', '/api/patient/first?fields=name,title', { name: 'Ada c4n4ry' }, keyed('two'));
    await good('POST', '/api/patient', { id: 'poison', nick: 'c4n4ry-p', ...VALUES, ward: 'poison' });
    await good('POST', '/api/patient', { id: 'moved', nick: 'c4n4ry-m', ...VALUES });
    await good('PUT', '/api/patient/moved', MOVED, keyed('three'));
    await good('POST', '/api/patient', { id: 'gone', nick: 'c4n4ry-g', ...VALUES });
    await good('DELETE', '/api/patient/gone');
    for (let from = 0; from < ROWS; from += 40) {
      const body = (n: number) => ({ id: `row-${n}`, nick: `c4n4ry-${n + 1}`, ...VALUES });
      const operations = Array.from({ length: 40 }, (_, n) => ({ op: 'create', body: body(from + n) }));
      await good('POST', '/api/patient:batch', { atomic: true, operations }, keyed(`batch-${from}`));
    }
    const token = await issuer.sign({ sub: SUBJECT, scope: '*:*' });
    await good('POST', '/api/patient', { ...BOB, id: 'bob', nick: 'bob-2' }, { authorization: `Bearer ${token}` });
    await good('POST', '/api/probe', { id: 'probe', owner: SUBJECT, level: 73194621, place: 'here' }, keyed('probe'));
    await good('POST', '/api/api-key', { name: 'a key', scopes: ['patient:read'], claims: { patient: SUBJECT } });
    const job = "INSERT INTO plinth_job (name, schedule, due_at, starts, failures, error) VALUES ('bill', 'x', ";
    await execute(database.url, `${job}'2035-01-01 00:00:00.000', 0, 1, 'No bill for Ada c4n4ry')`);
    // A verb's own answer, which names nobody.
    const at = new Date().toISOString().replace('T', ' ').replace('Z', '');
    const own = `INSERT INTO idempotency_key (id, request, status, headers, body, created_at) VALUES ('own', 'x', 200, '{}', `;
    await execute(
      database.url,
      `${own}'{"data":{"greets":["Old c4n4ry","Dear Old c4n4ry","Ancient c4n4ry"]},"status":"success"}', '${at}')`,
    );
    // As records are from before the member that says whom a row is about.
    const unnamed = `REPLACE(\`after\`, '"email":"${SUBJECT}",', '')`;
    const ancient = `SET \`after\` = REPLACE(${unnamed}, 'Ada c4n4ry', 'Ancient c4n4ry') WHERE resource_id = 'row-5'`;
    await execute(database.url, `UPDATE change_log ${ancient}`);
    for (const end = Date.now() + 10_000; ; await sleep(50)) {
      const [row] = (await good('GET', '/api/background/set-aside')).data as { error: string }[];
      if (row) {
        expect(row.error).not.toContain(SUBJECT);
        break;
      }
      if (Date.now() > end) throw new Error('The consumer did not fail.');
    }
    // As a handler's error has it that read the value elsewhere.
    await execute(database.url, `UPDATE plinth_set_aside SET error = 'No mail for ${SUBJECT}'`);
  };

  it('is given out once, and erased everywhere: under load, after a crash, in a restored backup', async () => {
    await spawn();
    await service.until('/health/ready', 200, 30_000);
    const headers = { authorization: operator };
    await good('POST', '/api/patient', { id: 'other', email: 'c@d.org', name: 'Cy', nick: 'cy' });
    const start = await SseReader.open(`${service.origin}/api/patient:watch?initial=true`, headers);
    await start.until(({ lastEventId }) => lastEventId !== undefined);
    start.close();
    await plant();

    // Given out: once, to nobody who looks at an address.
    const exported = await ask('export');
    expect((await ended(exported)).counts).toContainEqual({ module: 'patient', store: 'rows', count: ROWS + 3 });
    expect((await good('HEAD', `${exported}/result`)).text).toBe('');
    const result = await good('GET', `${exported}/result`);
    const lines = result.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { kind: string; module: string });
    const kinds = Map.groupBy(lines, ({ kind, module }) => `${kind} ${module}`);
    expect([...kinds].map(([kind, { length }]) => [kind, length])).toEqual([
      ['row patient', ROWS + 3],
      ['change patient', ROWS + 7],
      ['row probe', 1],
      ['change probe', 1],
      ['key api-key', 1],
      ['act patient', 1],
    ]);
    for (const canary of CANARIES) expect(result.text).toContain(canary);
    expect(result.text).not.toContain('pin');
    expect((await call('GET', `${exported}/result`)).status).toBe(410);

    // Counted, and left as it is.
    const planted = await whereIn(database.url, CANARIES);
    const counted = (await ended(await ask('erase?dry_run=true'))).counts;
    expect(await whereIn(database.url, CANARIES)).toEqual(planted);

    const copy = join(folder, 'copy.sqlite');
    if (engine === 'sqlite') new BetterSqlite3(database.url.slice('sqlite:'.length)).exec(`VACUUM INTO '${copy}'`);

    // Erased, while others write, and with a crash.
    const watcher = await SseReader.open(`${service.origin}/api/patient:watch?filter=name eq 'Ada c4n4ry'`, headers);
    let writes = 0;
    const load = (async () => {
      for (;;) {
        const answer = await call('PATCH', '/api/patient/other', { ward: `${writes}` }).catch(() => undefined);
        if (!answer) return;
        expect(answer.status).toBe(200);
        writes++;
      }
    })();
    const erased = await ask('erase');
    expect(await ask('erase')).toBe(erased);
    await watcher.until(({ changes }) => changes.length >= 20, 30_000);
    await service.kill();
    await load;
    expect(
      watcher.changes.every(({ event, data }) => event === 'erased' && !JSON.stringify(data).includes('c4n4ry')),
    ).toBe(true);
    expect(await whereIn(database.url, CANARIES)).not.toEqual([]);
    output += service.output;
    await spawn();
    await service.until('/health/ready', 200, 30_000);
    const operation = await ended(erased);
    expect(operation).toMatchObject({ state: 'done', rows: ROWS + 4 });
    expect(writes).toBeGreaterThan(5);
    expect(await whereIn(database.url, CANARIES)).toEqual([]);
    const stores = (all: Operation['counts']) => all.map(({ module, store }) => `${module} ${store}`).sort();
    expect(stores(operation.counts)).toEqual(stores(counted));
    const metrics = (await good('GET', '/metrics')).text;
    expect(metrics).toContain('plinth_privacy_operations{kind="erase",state="done"} 1');
    const mentions = [...output.split('\n'), ...service.output.split('\n'), ...metrics.split('\n')];
    // The consumer of the test says the value in its own words; and the log names callers.
    const ours = mentions
      .filter((line) => !line.includes("Can't mail to"))
      .map((line) => line.replace(`"caller":"user:${SUBJECT}"`, ''));
    expect(ours.filter((line) => CANARIES.some((canary) => line.includes(canary)))).toEqual([]);

    // What is left holds: rows by their rules, together by one pseudonym, and others' as they were.
    const rows = (await good('GET', '/api/patient?limit=200&include_deleted=true')).data as Row[];
    const theirs = rows.filter(({ email }) => email!.endsWith('@erased.invalid'));
    expect(theirs).toHaveLength(ROWS + 3);
    expect(new Set(theirs.map(({ email }) => email)).size).toBe(1);
    expect(new Set(theirs.map(({ nick }) => nick)).size).toBe(theirs.length);
    expect(rows.find(({ id }) => id === 'bob')).toMatchObject({ email: 'bob@example.org', name: 'Bob' });
    expect(rows.find(({ id }) => id === 'moved')).toMatchObject({ email: 'bob@example.org', name: 'Bob', nick: 'bob' });
    const first = await good('GET', '/api/patient/first?fields=version,etag');
    expect(first.data).toMatchObject({ version: 3 });
    await good(
      'PUT',
      '/api/patient/first',
      theirs.find(({ id }) => id === 'first'),
      { 'if-match': first.headers.get('etag')! },
    );
    expect((await call('GET', '/api/probe/probe')).status).toBe(404);
    // Who resumes from before sees the same numbers, and no value.
    const resumed = await SseReader.open(`${service.origin}/api/patient:watch?after=${start.lastEventId}`, headers);
    await resumed.until(({ changes }) =>
      changes.some(({ data }) => data.subject === 'first' && data.type === 'patient.updated' && changes.length > ROWS),
    );
    const seqs = resumed.changes.map(({ id }) => Number(id!.split('-')[1]));
    expect(seqs).toEqual(seqs.map((_, n) => seqs[0]! + n));
    expect(JSON.stringify(resumed.events)).not.toContain('c4n4ry');
    resumed.close();
    const replayed = await call(
      'POST',
      '/api/patient',
      { id: 'first', nick: 'c4n4ry-0', ...VALUES, name: 'Old c4n4ry' },
      { 'idempotency-key': 'one' },
    );
    expect(replayed).toMatchObject({ status: 201, data: { id: 'first', email: theirs[0]!.email, age: null } });

    const others = await call('PUT', '/api/patient/moved', MOVED, { 'idempotency-key': 'three' });
    expect(others).toMatchObject({ status: 200, data: { email: 'bob@example.org', name: 'Bob' } });

    // Again: there is nothing.
    expect(await ended(await ask('erase'))).toMatchObject({ state: 'done', rows: 0, counts: [] });

    service.signal('SIGTERM');
    await service.ended();
    if (engine !== 'sqlite') return;
    const path = database.url.slice('sqlite:'.length);
    const whole = new BetterSqlite3(path);
    whole.exec('VACUUM');
    whole.pragma('wal_checkpoint(TRUNCATE)');
    whole.close();
    const bytes = readFileSync(path).toString('latin1');
    for (const canary of CANARIES) expect(bytes).not.toContain(canary);

    // A backup from before.
    cpSync(copy, join(folder, 'restored.sqlite'));
    const restored = `sqlite:${join(folder, 'restored.sqlite')}`;
    expect(await whereIn(restored, CANARIES)).toEqual(planted);
    await spawn(restored);
    await service.until('/health/startup', 200, 30_000);
    await service.until('/health/ready', 503);
    expect(await (await fetch(`${service.origin}/health/ready`)).text()).toContain('npm run privacy:replay');
    mkdirSync(join(folder, 'dist/modules'), { recursive: true });
    const modules = resolve('test/support/privacy/modules.mjs');
    writeFileSync(join(folder, 'dist/modules/index.js'), `export { modules } from ${JSON.stringify(modules)};\n`);
    const replay = () =>
      spawnSync(process.execPath, [resolve('dist/plinth.cli.js'), 'privacy:replay'], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, DATABASE_URL: restored, PRIVACY_LEDGER: join(folder, 'ledger') },
      });
    expect(replay()).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Erased again: \d+ entries/) as string,
    });
    await service.until('/health/ready', 200, 30_000);
    expect(await whereIn(restored, CANARIES)).toEqual([]);
    expect(replay()).toMatchObject({ status: 0, stdout: 'Nothing to do.\n' });
  }, 150_000);

  it('is found by reference, by its own id and by what a row was; what can not be without it goes', async () => {
    await spawn();
    await service.until('/health/ready', 200, 30_000);
    await good('POST', '/api/person', { id: 'p-1', name: 'c4n4ry' });
    await good('POST', '/api/person', { id: 'p-2', name: 'Bob' });
    for (const id of ['p-1', 'p-2'])
      await good('POST', '/api/visit', { id: `of-${id}`, person_id: id, reason: `c4n4ry of ${id}` });
    await good('PATCH', '/api/visit/of-p-1', { reason: 'c4n4ry, again' });
    const erased = (await ended(await ask('erase', 'p-1'))).counts;
    expect(erased).toEqual([
      { module: 'person', store: 'rows', count: 1 },
      { module: 'person', store: 'changes', count: 1 },
      { module: 'visit', store: 'rows', count: 1 },
      { module: 'visit', store: 'changes', count: 2 },
    ]);
    expect((await good('GET', '/api/visit/of-p-1')).data).toMatchObject({ person_id: 'p-1', reason: null });
    expect((await good('GET', '/api/visit/of-p-2')).data).toMatchObject({ reason: 'c4n4ry of p-2' });
    const changes = (await good('GET', '/api/visit/of-p-1:history')).data as { op: string; version: number }[];
    expect(changes.map(({ op, version }) => `${version} ${op}`)).toEqual(['3 erased', '2 updated', '1 created']);
    expect(await ended(await ask('erase', 'p-1'))).toMatchObject({ rows: 0, counts: [] });
    // What is written about it afterwards is erased by the next one.
    await good('PATCH', '/api/visit/of-p-1', { reason: 'c4n4ry, once more' });
    expect(await ended(await ask('erase', 'p-1'))).toMatchObject({ rows: 1 });
    expect(await whereIn(database.url, ['once more'])).toEqual([]);

    const headers = { authorization: operator };
    const live = await SseReader.open(`${service.origin}/api/probe:watch?filter=level gt 5`, headers);
    for (const id of ['q-1', 'q-2']) await good('POST', '/api/probe', { id, owner: 'ada', level: 7, place: 'here' });
    await good('PATCH', '/api/probe/q-2', { owner: 'bob', level: 8 });
    await ended(await ask('erase', 'ada'));
    expect((await call('GET', '/api/probe/q-1')).status).toBe(404);
    expect((await good('GET', '/api/probe/q-2')).data).toMatchObject({ owner: 'bob', level: 8 });
    await live.until(({ changes }) => changes.length === 4);
    expect(live.changes.at(-1)).toMatchObject({ event: 'deleted', data: { subject: 'q-1', data: { place: 'here' } } });
    expect(JSON.stringify(live.changes.at(-1))).not.toContain('ada');
    const epoch = live.lastEventId!.split('-')[0];
    live.close();
    const resumed = await SseReader.open(`${service.origin}/api/probe:watch?after=${epoch}-0`, headers);
    await resumed.until(({ changes }) => changes.length === 4);
    expect(resumed.changes.map(({ event }) => event)).toEqual(['created', 'created', 'updated', 'deleted']);
    expect(JSON.stringify(resumed.events)).not.toContain('"ada"');
    resumed.close();
  }, 90_000);

  it('is asked for by those who may, and stands in no problem', async () => {
    await spawn();
    await service.until('/health/ready', 200, 30_000);
    const reader = `Bearer ${await issuer.sign({ sub: 'reader', scope: '*:read *:write' })}`;
    expect((await call('POST', '/api/privacy/erase', { subject: 'x' }, { authorization: reader })).status).toBe(403);
    const long = await call('POST', '/api/privacy/erase', { subject: 'c4n4ry'.repeat(100) });
    expect(long.status).toBe(422);
    expect(long.text).not.toContain('c4n4ry');
    expect((await call('POST', '/api/privacy/export?subject=x', { subject: 'x' })).status).toBe(400);
    expect((await call('GET', '/api/privacy/operation/unknown')).status).toBe(404);
    const counted = await ask('erase?dry_run=true', 'nobody');
    expect(await ended(counted)).toMatchObject({ kind: 'dry-run', counts: [] });
    expect((await call('GET', `${counted}/result`)).status).toBe(409);
    // An export that nobody has fetched goes with its subject.
    await good('POST', '/api/person', { id: 'p-3', name: 'c4n4ry' });
    const { id } = (await good('POST', '/api/api-key', { name: 'p-3', scopes: ['person:read'] })).data as Row;
    const exported = await ask('export', 'p-3');
    await ended(exported);
    await ended(await ask('erase', 'p-3'));
    expect((await call('GET', `${exported}/result`)).status).toBe(410);
    expect((await good('GET', `/api/api-key/${id}`)).data).toMatchObject({
      name: expect.stringMatching(/^erased-/) as string,
      revoked_at: expect.any(String) as string,
    });
  }, 90_000);
});
