import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyIn, OPERATOR, startIssued } from './support/access.js';
import { problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

const MINUTE_MS = 60_000;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

describe.each(engines())('who manages keys on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startIssued>>;
  let { admin, issuer, keys } = {} as typeof test;
  beforeAll(async () => {
    test = await startIssued(engine);
    ({ admin, issuer, keys } = test);
  });
  afterAll(() => test.close());

  const ADMIN = ['api-key:admin', 'resource:read'];
  const make = (scopes: string[], expires_at?: string | null) =>
    keys.create({ name: 'made', scopes, ...(expires_at !== undefined && { expires_at }) }, OPERATOR);
  const read = { name: 'x', scopes: ['resource:read'] };

  it('makes nothing that works longer than their own credentials: a key', async () => {
    const ends = inMinutes(10);
    const client = admin.as((await make(ADMIN, ends)).key);
    expect(keyIn(await client.post('/api/api-key', read)).expires_at).toBe(ends);
    expect(keyIn(await client.post('/api/api-key', { ...read, expires_at: null })).expires_at).toBe(ends);
    const sooner = inMinutes(5);
    expect(keyIn(await client.post('/api/api-key', { ...read, expires_at: sooner })).expires_at).toBe(sooner);
    expect(keyIn(await client.post('/api/api-key', { ...read, expires_at: ends })).expires_at).toBe(ends);
    const later = await client.post('/api/api-key', { ...read, expires_at: inMinutes(11) });
    expect(problemOf(later, 403, 'forbidden').detail).toContain(ends);
    // Nor in steps.
    const next = admin.as(keyIn(await client.post('/api/api-key', { name: 'x', scopes: ADMIN })).key);
    expect(keyIn(await next.post('/api/api-key', read)).expires_at).toBe(ends);
  });

  it('makes nothing that works longer than their own credentials: a token', async () => {
    const exp = Math.floor(Date.now() / 1000) + 120;
    const client = admin.as(await issuer.sign({ scope: ADMIN.join(' '), exp: exp + 0.25 }));
    expect(keyIn(await client.post('/api/api-key', read)).expires_at).toBe(new Date(exp * 1000 + 250).toISOString());
    problemOf(await client.post('/api/api-key', { ...read, expires_at: inMinutes(3) }), 403, 'forbidden');
    // Five seconds are forgiven to a request, but not to what would live on.
    const late = await issuer.sign({ scope: ADMIN.join(' '), exp: Math.floor(Date.now() / 1000) - 2 });
    expect((await admin.as(late).get('/api/api-key')).status).toBe(200);
    problemOf(await admin.as(late).post('/api/api-key', read), 401, 'unauthenticated');
    // Further away than the column can hold.
    const far = await issuer.sign({ scope: ADMIN.join(' '), exp: 200_000_000_000 });
    expect(keyIn(await admin.as(far).post('/api/api-key', read)).expires_at).toBe('2037-12-31T23:59:59.999Z');
  });

  it('gets hold of nothing that works longer by rotating it', async () => {
    const ends = inMinutes(10);
    const client = admin.as((await make(ADMIN, ends)).key);
    for (const longer of [null, inMinutes(11)]) {
      const { id, key } = await make(['resource:read'], longer);
      problemOf(await client.post(`/api/api-key/${id}:rotate`, { overlap_seconds: 0 }), 403, 'forbidden');
      expect((await admin.as(key).get('/api/resource')).status).toBe(200);
    }
    const { id } = await make(['resource:read'], ends);
    const rotated = keyIn(await client.post(`/api/api-key/${id}:rotate`, {}), 200);
    // The old key is not said to work longer than it does.
    expect(rotated).toMatchObject({ expires_at: ends, previous_until: ends });
    const over = await make(['resource:read'], new Date(Date.now() + 500).toISOString());
    await sleep(600);
    problemOf(await admin.post(`/api/api-key/${over.id}:rotate`, {}), 404, 'not-found');
    expect((await admin.delete(`/api/api-key/${over.id}`)).status).toBe(204);
  });

  it('is not the old key of a rotation: it works on, but can not lock the owner out', async () => {
    const { id, key } = await make(['*:*']);
    const old = admin.as(key);
    const other = await make(['resource:read']);
    const owner = admin.as(keyIn(await old.post(`/api/api-key/${id}:rotate`, { overlap_seconds: 60 }), 200).key);
    for (const answer of [
      await old.post(`/api/api-key/${id}:rotate`, {}),
      await old.delete(`/api/api-key/${id}`),
      await old.post(`/api/api-key/${other.id}:rotate`, {}),
      await old.delete(`/api/api-key/${other.id}`),
      await old.post('/api/api-key', read),
    ])
      expect(problemOf(answer, 403, 'forbidden').detail).toContain('rotated');
    expect((await old.get('/api/resource')).status).toBe(200);
    expect((await old.get(`/api/api-key/${id}`)).status).toBe(200);
    expect((await owner.post('/api/api-key', read)).status).toBe(201);
    expect((await owner.post(`/api/api-key/${id}:rotate`, { overlap_seconds: 0 })).status).toBe(200);
  });

  it('is looked at anew: what another process has done to a key holds at once', async () => {
    for (const change of ['revoke', 'rotate'] as const) {
      const { id, key } = await make(['*:*']);
      const client = admin.as(key);
      expect((await client.get('/api/api-key')).status).toBe(200);
      // As another process does it: this one is not told, and still remembers the key.
      const digest = (await test.database.query('SELECT `digest` FROM `api_key` WHERE `id` = ?', [id]))[0]!.digest!;
      await test.database.execute(
        change === 'revoke'
          ? "UPDATE `api_key` SET `revoked_at` = '2026-01-01 00:00:00.000' WHERE `id` = ?"
          : "UPDATE `api_key` SET `previous_digest` = ?, `previous_until` = '2037-01-01 00:00:00.000', `digest` = 'new' WHERE `id` = ?",
        change === 'revoke' ? [id] : [digest, id],
      );
      expect((await client.get('/api/resource')).status).toBe(200);
      const status = change === 'revoke' ? 401 : 403;
      const code = change === 'revoke' ? 'unauthenticated' : 'forbidden';
      problemOf(await client.post('/api/api-key', read), status, code);
      if (change === 'rotate') problemOf(await client.post(`/api/api-key/${id}:rotate`, {}), status, code);
    }
  });

  it('rotates a key once, however many try it at the same time', async () => {
    const { id, key } = await make(['*:*']);
    const client = admin.as(key);
    await client.get('/api/api-key');
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => client.post(`/api/api-key/${id}:rotate`, { overlap_seconds: 60 })),
    );
    const good = answers.filter(({ status }) => status === 200);
    expect(good).toHaveLength(1);
    for (const { status } of answers) expect([200, 403, 409]).toContain(status);
    expect((await admin.as(keyIn(good[0]!, 200).key).get('/api/resource')).status).toBe(200);
  });

  it('gives no more scopes than they have, in whatever words', async () => {
    const cases: [has: string[], asks: string[], may: boolean][] = [
      [['*:read'], ['resource:read', 'anything:read', '*:read'], true],
      [['*:read'], ['resource:*'], false],
      [['*:read'], ['*:*'], false],
      [['resource:*'], ['resource:read', 'resource:anything', 'resource:*'], true],
      [['resource:*'], ['*:read'], false],
      [['resource:*'], ['*:*'], false],
      [['resource:read', 'resource:write'], ['resource:*'], false],
      [['*:*'], ['*:*', 'a:b'], true],
      [[], ['api-key:*'], false],
      [[], ['api-key:revoke'], false],
      [[], ['changes:audit'], false],
    ];
    for (const [has, scopes, may] of cases) {
      const client = admin.as(await test.keyFor('api-key:admin', ...has));
      const { status } = await client.post('/api/api-key', { name: 'x', scopes });
      expect({ has, scopes, status }).toEqual({ has, scopes, status: may ? 201 : 403 });
    }
  });

  it('revokes no key that may do more, unless that is what they are for', async () => {
    const big = await make(['*:*']);
    const manager = admin.as(await test.keyFor('api-key:admin', 'resource:read'));
    const refused = problemOf(await manager.delete(`/api/api-key/${big.id}`), 403, 'forbidden');
    expect(refused.detail).toContain('api-key:revoke');
    expect((await admin.as(big.key).get('/api/resource')).status).toBe(200);
    expect((await manager.delete(`/api/api-key/${(await make(['resource:read'])).id}`)).status).toBe(204);
    const responder = admin.as(await test.keyFor('api-key:admin', 'api-key:revoke'));
    problemOf(await responder.post(`/api/api-key/${big.id}:rotate`, {}), 403, 'forbidden');
    expect((await responder.delete(`/api/api-key/${big.id}`)).status).toBe(204);
    problemOf(await admin.as(big.key).get('/api/resource'), 401, 'unauthenticated');
    problemOf(await admin.as(await test.keyFor('api-key:revoke')).delete(`/api/api-key/${big.id}`), 403, 'forbidden');
  });

  it('names keys in words that a terminal can show', async () => {
    const bad = [
      '', ' ', '\u00a0\u3000', '\u200b', '\u3164', 'a\0b', 'a\r\nb', 'a\tb', 'a\u001b[2Jb', 'a\u007fb', 'a\u009b2Jb',
      'a\u2028b', 'a\u2029b', 'a\ud800b', '\udc00', 'a\u202eb', 'a\u2066b', 'a\u200eb', 'a\ufeffb', 'a\u{e0041}b',
      'x'.repeat(101), '😀'.repeat(101), `${'x'.repeat(100)}\ufe0f`, 1, null, ['x'],
    ]; // prettier-ignore
    for (const name of bad) {
      const body = JSON.stringify({ ...read, name });
      const { errors } = problemOf(await admin.post('/api/api-key', body), 422, 'validation-failed');
      expect({ name, errors }).toEqual({ name, errors: [expect.objectContaining({ pointer: '#/name' })] });
    }
    for (const name of ['x', 'Übersicht – für «alle»', 'דוח 7', '目录导入', '😀'.repeat(100), "it's; DROP"])
      expect(keyIn(await admin.post('/api/api-key', { ...read, name })).name).toBe(name);
  });

  it('says ends that are in the calendar', async () => {
    const bad = [
      '2027-02-30T00:00:00Z', '2027-02-29T00:00:00Z', '2027-04-31T00:00:00Z', '2027-13-01T00:00:00Z', '2027-01-00T00:00:00Z',
      '2027-01-01T00:60:00Z', '2027-01-01T00:00:61Z', '2027-02-30', 'tomorrow', '', '2038-01-20T00:00:00Z', '1970-01-01T00:00:00Z',
      '2027-01-01T00:00:00', '2020-01-01T00:00:00Z', 1_900_000_000, ['2027-01-01T00:00:00Z'], true,
    ]; // prettier-ignore
    for (const expires_at of bad) {
      const { errors } = problemOf(await admin.post('/api/api-key', { ...read, expires_at }), 422, 'validation-failed');
      expect({ expires_at, errors }).toEqual({
        expires_at,
        errors: [expect.objectContaining({ pointer: '#/expires_at' })],
      });
    }
    const good = keyIn(await admin.post('/api/api-key', { ...read, expires_at: '2037-01-31T12:00:00+02:00' }));
    expect(good.expires_at).toBe('2037-01-31T10:00:00.000Z');
    const last = keyIn(await admin.post('/api/api-key', { ...read, expires_at: '2038-01-19T03:14:07.999Z' }));
    expect(last.expires_at).toBe('2038-01-19T03:14:07.999Z');
    expect(keyIn(await admin.get(`/api/api-key/${last.id}`), 200).expires_at).toBe(last.expires_at);
  });

  it('has the same rules on the command line, which prints nothing that steers a terminal', async () => {
    const run = (...args: string[]) =>
      new Promise<{ code: number; out: string; err: string }>((resolve) => {
        const env = { PATH: process.env.PATH, DATABASE_URL: test.url };
        execFile(process.execPath, ['dist/key.cli.js', ...args], { env }, (error, out, err) =>
          resolve({ code: error ? Number(error.code) : 0, out, err }),
        );
      });
    const create = (...more: string[]) => run('create', '--scope', 'resource:read', ...more);
    for (const [more, member] of [
      [['--name', 'a\u001b[2Jb'], 'name'],
      [['--name', ' '], 'name'],
      [['--name', 'a\u202eb'], 'name'],
      [['--name', 'x', '--expires', '2027-02-30'], 'expires_at'],
      [['--name', 'x', '--expires', '1 March 2027'], 'expires_at'],
      [['--name', 'x', '--expires', '2020-01-01'], 'expires_at'],
      [['--name', 'x', '--scope', 'nonsense'], 'scopes'],
    ] as const) {
      const { code, out, err } = await create(...more);
      expect({ more, code: code === 0, out }).toEqual({ more, code: false, out: '' });
      expect(err).toContain(member);
      expect(err).not.toMatch(/[^\P{C}\n]| {4}at /u);
    }
    expect((await run('rotate', 'x', '--overlap', '800')).err).toContain('overlap_seconds');
    const good = await create('--name', 'By hand', '--expires', '2037-06-30');
    expect(good.out).toMatch(/^plinth_\S{71}\n$/);
    const { id } = await make(['resource:read']);
    // As a release before this one took it.
    await test.database.execute('UPDATE `api_key` SET `name` = ? WHERE `id` = ?', ['a\u001b[2J\r\nb\u202ec', id]);
    const { out } = await run('list');
    expect(out).toContain(`\ta\\u{1b}[2J\\u{d}\\u{a}b\\u{202e}c\t`);
    expect(out).toContain('until 2037-06-30T00:00:00.000Z');
    expect(out).not.toMatch(/[^\P{C}\t\n]/u);
  }, 60_000);
});
