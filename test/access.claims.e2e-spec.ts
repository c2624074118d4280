import { execFile } from 'node:child_process';
import type { ApiKeyView } from '../src/access/keys/api-key.dto.js';
import { rowWhere } from '../src/rows/row-rule.js';
import { keyIn, OPERATOR, setRowRule, startIssued } from './support/access.js';
import { problemOf, type Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

const NORTH = { tenant: 'north', level: 3, beta: true };

describe.each(engines())('the claims of keys on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startIssued>>;
  let { admin, issuer, keys } = {} as typeof test;
  beforeAll(async () => {
    test = await startIssued(engine);
    ({ admin, issuer, keys } = test);
    setRowRule(test, 'resource', ({ claims }) => rowWhere('name', 'eq', claims.tenant));
  });
  afterAll(() => test.close());

  const SCOPES = ['api-key:admin', 'resource:read', 'resource:write'];
  const make = async (claims?: ApiKeyView['claims'], scopes = SCOPES) =>
    keys.create({ name: 'made', scopes, ...(claims && { claims }) }, OPERATOR);
  const body = (claims?: unknown, scopes = SCOPES) => ({ name: 'x', scopes, ...(claims !== undefined && { claims }) });
  const post = (client: Client, claims?: unknown, scopes?: string[]) =>
    client.post('/api/api-key', body(claims, scopes));

  it('are kept, shown to who manages keys, and what row rules go by', async () => {
    const { id, key } = keyIn(await post(admin, NORTH));
    expect(keyIn(await admin.get(`/api/api-key/${id}`), 200).claims).toEqual(NORTH);
    const list = await admin.get('/api/api-key?fields=claims&limit=1');
    expect(list.body).toMatchObject({ data: [{ id, claims: NORTH }] });
    expect(keyIn(await post(admin)).claims).toEqual({});
    expect(keyIn(await post(admin, null)).claims).toEqual({});
    const client = admin.as(key);
    expect((await client.post('/api/resource', { name: 'north' })).status).toBe(201);
    problemOf(await client.post('/api/resource', { name: 'south' }), 403, 'forbidden');
    const audit = await admin.get('/api/changes?limit=200');
    const changes = (audit.body as { data: { resource_id: string; after: object }[] }).data;
    expect(changes.find((change) => change.resource_id === id)).toMatchObject({ after: { claims: NORTH } });
  });

  it('are a small object of names and scalars', async () => {
    const bad: unknown[] = [
      [], 'tenant', 7, true, { tenant: null }, { tenant: ['north'] }, { tenant: { a: 1 } }, { tenant: 'x'.repeat(201) },
      { '': 1 }, { '1st': 1 }, { 'a b': 1 }, { __proto: 1 }, { ['x'.repeat(65)]: 1 }, { sub: 'ada' }, { iss: 'x' }, { exp: 1 }, { scope: '*:*' },
      Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`c${n}`, n])),
      Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`c${n}`, 'x'.repeat(200)])),
    ]; // prettier-ignore
    for (const claims of bad) {
      const { errors } = problemOf(await post(admin, claims), 422, 'validation-failed');
      expect({ claims, at: String(errors[0]!.pointer).split('/')[1] }).toEqual({ claims, at: 'claims' });
    }
    const proto = await admin.post(
      '/api/api-key',
      '{"name":"x","scopes":["resource:read"],"claims":{"__proto__":{"a":1}}}',
    );
    expect(proto.status).toBeGreaterThanOrEqual(400);
    const long = { ...NORTH, 'https://example.org/tenant': 'ü'.repeat(200), zero: -0.5 };
    expect(keyIn(await post(admin, long)).claims).toEqual(long);
  });

  it('can not be given by who does not have them, nor left out by a key that has some', async () => {
    const north = admin.as((await make(NORTH)).key);
    expect(keyIn(await post(north)).claims).toEqual(NORTH);
    expect(keyIn(await post(north, null)).claims).toEqual(NORTH);
    expect(keyIn(await post(north, { beta: true, level: 3, tenant: 'north' })).claims).toEqual(NORTH);
    for (const claims of [
      {},
      { ...NORTH, tenant: 'south' },
      { ...NORTH, level: '3' },
      { ...NORTH, more: 1 },
      { tenant: 'north' },
      { ...NORTH, beta: false },
      { ...NORTH, constructor: 'x' },
    ])
      problemOf(await post(north, claims), 403, 'forbidden');
    const detail = problemOf(await post(north, { ...NORTH, tenant: 'south' }), 403, 'forbidden').detail;
    expect(detail).toContain('api-key:claims');
    expect(detail).toContain('tenant');
    const none = admin.as((await make()).key);
    problemOf(await post(none, NORTH), 403, 'forbidden');
    expect(keyIn(await post(none)).claims).toEqual({});
    // Nor in two steps: the scope is one that must be had to be given.
    problemOf(await post(north, NORTH, [...SCOPES, 'api-key:claims']), 403, 'forbidden');
    const giver = admin.as((await make(NORTH, [...SCOPES, 'api-key:claims'])).key);
    for (const claims of [{}, { tenant: 'south' }]) expect(keyIn(await post(giver, claims)).claims).toEqual(claims);
  });

  it('can be taken over from a token, each as it has it, and none else', async () => {
    const token = await issuer.sign({
      scope: SCOPES.join(' '),
      tenant: 'north',
      groups: ['a'],
      email: 'ada@example.org',
    });
    const user = admin.as(token);
    expect(keyIn(await post(user)).claims).toEqual({});
    expect(keyIn(await post(user, { tenant: 'north' })).claims).toEqual({ tenant: 'north' });
    for (const claims of [{ tenant: 'south' }, { tenants: 'north' }, { groups: 'a' }, { toString: 'x' }])
      problemOf(await post(user, claims), 403, 'forbidden');
  });

  it('keep who has others from rotating and revoking the key', async () => {
    const north = admin.as((await make(NORTH)).key);
    for (const claims of [{ tenant: 'south' }, {}, { ...NORTH, more: 1 }] as ApiKeyView['claims'][]) {
      const { id } = await make(claims, ['resource:read']);
      problemOf(await north.post(`/api/api-key/${id}:rotate`, {}), 403, 'forbidden');
      problemOf(await north.delete(`/api/api-key/${id}`), 403, 'forbidden');
      const responder = admin.as((await make(NORTH, ['api-key:admin', 'api-key:revoke'])).key);
      expect((await responder.delete(`/api/api-key/${id}`)).status).toBe(204);
    }
    const { id } = await make(NORTH, ['resource:read']);
    const rotated = keyIn(await north.post(`/api/api-key/${id}:rotate`, {}), 200);
    expect(rotated.claims).toEqual(NORTH);
    expect((await admin.as(rotated.key).get('/api/resource')).status).toBe(200);
    expect((await north.delete(`/api/api-key/${id}`)).status).toBe(204);
  });

  it('that were changed behind its back end what goes by the old ones', async () => {
    const { id, key } = await make(NORTH);
    const client = admin.as(key);
    expect((await client.get('/api/resource')).status).toBe(200);
    await test.database.execute('UPDATE `api_key` SET `claims` = NULL WHERE `id` = ?', [id]);
    problemOf(await post(client), 401, 'unauthenticated');
  });

  it('are given on the command line, too', async () => {
    const run = (...args: string[]) =>
      new Promise<{ code: number; err: string; out: string }>((resolve) => {
        const env = { PATH: process.env.PATH, DATABASE_URL: test.url };
        const options = ['dist/key.cli.js', 'create', '--name', 'c', '--scope', 'resource:read', ...args];
        execFile(process.execPath, options, { env }, (error, out, err) =>
          resolve({ code: error ? Number(error.code) : 0, out, err }),
        );
      });
    const { err, code } = await run(
      '--claim',
      'tenant=north',
      '--claim',
      'level=3',
      '--claim',
      'beta=true',
      '--claim',
      'no="3"',
    );
    expect({ code, err }).toMatchObject({ code: 0 });
    const id = /\(([0-9a-f-]{36})\)/.exec(err)![1]!;
    expect((await keys.get(id)).claims).toEqual({ ...NORTH, no: '3' });
    for (const claim of ['tenant', '=x', 'sub=ada']) expect((await run('--claim', claim)).code).toBe(64);
  }, 60_000);
});
