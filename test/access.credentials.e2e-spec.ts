import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createHmac, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeyRepository } from '../src/access/keys/api-key.repository.js';
import { ApiKeyService } from '../src/access/keys/api-key.service.js';
import { OPERATOR, startGuarded } from './support/access.js';
import { problemOf, type Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { AUDIENCE, Issuer, ISSUER } from './support/issuer.js';

const base64url = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe.each(engines())('credentials on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let issuer: Issuer;
  let admin: Client;
  let keys: ApiKeyService;
  /** How many statements looked for keys. */
  let looks = 0;
  beforeAll(async () => {
    issuer = await Issuer.start();
    await issuer.addKey('rs512', 'RS512');
    test = await startGuarded(engine, { env: { AUTH: 'keys,jwt', ...issuer.env } });
    ({ admin } = test);
    keys = test.app.get(ApiKeyService);
    const repository = test.app.get(ApiKeyRepository);
    const find = repository.find.bind(repository);
    repository.find = (id) => {
      looks++;
      return find(id);
    };
  });
  afterAll(async () => {
    await test.close();
    issuer.stop();
  });

  const statusOf = async (credentials: string) =>
    (await admin.as().get('/api/resource', { authorization: credentials })).status;
  const refused = async (credentials: string) => {
    const answer = await admin.as().get('/api/resource', { authorization: credentials });
    problemOf(answer, 401, 'unauthenticated');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="plinth", error="invalid_token"');
    return answer.text.replace(/"trace_id":"[^"]*"/, '');
  };

  describe('API keys', () => {
    it('work until they are revoked, by name or by route', async () => {
      const made = await admin.post('/api/api-key', { name: 'Import', scopes: ['resource:read'] });
      expect(made.status).toBe(201);
      expect(made.headers['cache-control']).toBe('no-store');
      const { id, key } = (made.body as { data: { id: string; key: string } }).data;
      expect(made.headers.location).toBe(`/api/api-key/${id}`);
      expect(await statusOf(`Bearer ${key}`)).toBe(200);
      expect(await statusOf(`bearer   ${key}`)).toBe(200);
      const seen = (await admin.get(`/api/api-key/${id}`)).body as { data: Record<string, unknown> };
      expect(seen.data).toMatchObject({ id, name: 'Import', scopes: ['resource:read'], revoked_at: null });
      expect(JSON.stringify(seen)).not.toMatch(/digest|"key"/);
      expect((await admin.delete(`/api/api-key/${id}`)).status).toBe(204);
      await refused(`Bearer ${key}`);
      problemOf(await admin.delete(`/api/api-key/${id}`), 404, 'not-found');
      problemOf(await admin.post(`/api/api-key/${id}:rotate`, {}), 404, 'not-found');
    });

    it('are kept as digests only, and recorded without them', async () => {
      const key = await test.keyFor('resource:read');
      const rows = await test.database.query('SELECT * FROM `api_key`');
      const log = await test.database.query("SELECT * FROM `change_log` WHERE `module` = 'api-key'");
      const stored = JSON.stringify([rows, log]);
      expect(stored).not.toContain(key);
      expect(stored).not.toContain(key.slice(29, 72));
      expect(log.length).toBeGreaterThan(0);
      for (const { digest } of rows) expect(JSON.stringify(log)).not.toContain(digest);
    });

    it('are rotated with an overlap', async () => {
      const { id, key: first } = await keys.create({ name: 'r', scopes: ['resource:read'] }, OPERATOR);
      for (const wrong of [null, -1, 1.5, '2', 2_592_001])
        problemOf(await admin.post(`/api/api-key/${id}:rotate`, { overlap_seconds: wrong }), 422, 'validation-failed');
      const rotated = await admin.post(`/api/api-key/${id}:rotate`, { overlap_seconds: 2 });
      const { key: second } = (rotated.body as { data: { key: string } }).data;
      expect(second).not.toBe(first);
      expect(await statusOf(`Bearer ${first!}`)).toBe(200);
      expect(await statusOf(`Bearer ${second}`)).toBe(200);
      await sleep(2_100);
      await refused(`Bearer ${first!}`);
      expect(await statusOf(`Bearer ${second}`)).toBe(200);
      await keys.rotate(id, { overlap_seconds: 0 }, OPERATOR);
      await refused(`Bearer ${second}`);
    });

    it('expire', async () => {
      const expires_at = new Date(Date.now() + 1_000).toISOString();
      const { key } = await keys.create({ name: 'e', scopes: ['resource:read'], expires_at }, OPERATOR);
      expect(await statusOf(`Bearer ${key!}`)).toBe(200);
      await sleep(1_100);
      await refused(`Bearer ${key!}`);
      const past = await admin.post('/api/api-key', {
        name: 'x',
        scopes: ['a:read'],
        expires_at: '2020-01-01T00:00:00Z',
      });
      expect(problemOf(past, 422, 'validation-failed').errors).toEqual([
        expect.objectContaining({ pointer: '#/expires_at' }),
      ]);
    });

    it('are refused at once where they are revoked, also when somebody was looking at them meanwhile', async () => {
      const { id, key } = await keys.create({ name: 'late', scopes: ['resource:read'] }, OPERATOR);
      const repository = test.app.get(ApiKeyRepository);
      const { find } = repository;
      const found = Promise.withResolvers<unknown>();
      const revoked = Promise.withResolvers<unknown>();
      repository.find = async (one) => {
        const row = await find(one);
        found.resolve(row);
        await revoked.promise;
        return row;
      };
      const early = statusOf(`Bearer ${key!}`);
      await found.promise;
      repository.find = find;
      await keys.revoke(id, OPERATOR);
      // Neither does who comes now get the answer of the look that began before, nor is that one remembered.
      const late = statusOf(`Bearer ${key!}`);
      await sleep(50);
      revoked.resolve(id);
      await early;
      expect(await late).toBe(401);
      await refused(`Bearer ${key!}`);
    });

    it('are looked for once, however many requests come with one', async () => {
      const key = await test.keyFor('resource:read');
      looks = 0;
      expect(new Set(await Promise.all(Array.from({ length: 20 }, () => statusOf(`Bearer ${key}`))))).toEqual(
        new Set([200]),
      );
      expect(await statusOf(`Bearer ${key}`)).toBe(200);
      expect(looks).toBe(1);
    });

    it('are one caller in whatever spelling of the header, and looked for once', async () => {
      const key = await test.keyFor('resource:read');
      looks = 0;
      for (let spaces = 1; spaces < 30; spaces++)
        for (const scheme of ['Bearer', 'bearer', 'BEARER'])
          expect(await statusOf(`${scheme}${' '.repeat(spaces)}${key}`)).toBe(200);
      expect(looks).toBe(1);
    });

    it('are not taken from a URL', async () => {
      const key = await test.keyFor('*:*');
      for (const name of ['key', 'api_key', 'access_token', 'authorization']) {
        problemOf(await admin.as().get(`/api/resource?${name}=${key}`), 401, 'unauthenticated');
        const answer = await admin.get(`/api/resource?${name}=${key}`);
        expect(answer.status).toBe(400);
        expect(answer.text).not.toContain(key);
      }
    });

    it('fail without a look at the database when they are cut or mistyped', async () => {
      const key = await test.keyFor('resource:read');
      looks = 0;
      const swapped = key.slice(0, 40) + (key[40] === 'a' ? 'b' : 'a') + key.slice(41);
      for (const wrong of [key.slice(0, -1), key.slice(0, 20), `${key}x`, swapped, key.toUpperCase(), 'plinth_'])
        await refused(`Bearer ${wrong}`);
      expect(looks).toBe(0);
    });

    it('can not be made, or taken over, by callers who have less', async () => {
      const manager = admin.as(await test.keyFor('api-key:admin', 'resource:read'));
      problemOf(await manager.post('/api/api-key', { name: 'x', scopes: ['resource:write'] }), 403, 'forbidden');
      problemOf(await manager.post('/api/api-key', { name: 'x', scopes: ['*:read'] }), 403, 'forbidden');
      expect((await manager.post('/api/api-key', { name: 'x', scopes: ['resource:read'] })).status).toBe(201);
      const { id } = await keys.create({ name: 'big', scopes: ['*:*'] }, OPERATOR);
      problemOf(await manager.post(`/api/api-key/${id}:rotate`, {}), 403, 'forbidden');
      const reader = admin.as(await test.keyFor('*:read', '*:write'));
      problemOf(await reader.get('/api/api-key'), 403, 'forbidden');
      problemOf(await reader.get('/api/changes'), 403, 'forbidden');
    });

    it('are listed in pages, newest first', async () => {
      const seen: string[] = [];
      for (let path: string | undefined = '/api/api-key?limit=3'; path !== undefined;) {
        const { body, headers } = await admin.get(path);
        const { data, page } = body as { data: { id: string; created_at: string }[]; page: { next_cursor?: string } };
        seen.push(...data.map((one) => one.created_at));
        path = page.next_cursor && `/api/api-key?limit=3&cursor=${page.next_cursor}`;
        expect(headers.link === undefined).toBe(path === undefined);
      }
      expect(seen.length).toBeGreaterThan(5);
      expect(seen).toEqual([...seen].sort().reverse());
    });
  });

  describe('tokens', () => {
    it('let in whom the issuer vouches for, with the scopes that they have', async () => {
      const token = await issuer.sign();
      expect(await statusOf(`Bearer ${token}`)).toBe(200);
      const body = { name: 'x' };
      const denied = await admin.as(token).post('/api/resource', body);
      problemOf(denied, 403, 'forbidden');
      const writer = admin.as(await issuer.sign({ sub: 'grace', scope: ['resource:write', 'resource:read'] as never }));
      const made = await writer.post('/api/resource', body);
      expect(made.status).toBe(201);
      const history = await writer.get(`${made.headers.location!}:history`);
      expect((history.body as { data: { actor: string }[] }).data[0]!.actor).toBe('user:grace');
    });

    it('are refused alike, whatever is wrong with them', async () => {
      const now = Math.floor(Date.now() / 1000);
      const own = await generateKeyPair('RS256', { extractable: true });
      const jwk = await exportJWK(own.publicKey);
      const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'eve', exp: now + 300, scope: '*:*' };
      const forge = (header: object) =>
        new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header }).sign(own.privateKey);
      /** As the issuer would sign it, but for its header and claims, which jose would not make. */
      const signed = async (header: object, payload: string) => {
        const input = `${base64url({ alg: 'RS256', kid: 'first', ...header })}.${base64url(payload)}`;
        return `${input}.${sign('sha256', Buffer.from(input), await issuer.privatePem()).toString('base64url')}`;
      };
      expect(await statusOf(`Bearer ${await signed({}, JSON.stringify(claims))}`)).toBe(200);
      for (const typ of ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/JWT'])
        expect({ typ, status: await statusOf(`Bearer ${await issuer.sign({}, { header: { typ } })}`) }).toEqual({
          typ,
          status: 200,
        });
      const none = `${base64url({ alg: 'none', kid: 'first' })}.${base64url(claims)}.`;
      const hmacHead = `${base64url({ alg: 'HS256', kid: 'first' })}.${base64url(claims)}`;
      const hmac = `${hmacHead}.${createHmac('sha256', await issuer.pem())
        .update(hmacHead)
        .digest('base64url')}`;
      const good = await issuer.sign();
      const [head, , signature] = good.split('.') as [string, string, string];
      const wrong: Record<string, string> = {
        none,
        'none in capitals': none.replace(
          base64url({ alg: 'none', kid: 'first' }),
          base64url({ alg: 'NONE', kid: 'first' }),
        ),
        'HS256 with the public key': hmac,
        'a good signature that is not taken here': await issuer.sign({}, { kid: 'rs512' }),
        'a foreign kid': await forge({ kid: 'foreign' }),
        'no kid, a foreign key': await forge({}),
        'a known kid, a foreign key': await forge({ kid: 'first' }),
        'a jwk of its own': await forge({ kid: 'first', jwk }),
        'a jku of its own': await forge({ kid: 'first', jku: 'http://127.0.0.1:1/keys' }),
        'another audience': await issuer.sign({ aud: 'somebody else' }),
        'no audience': await issuer.sign({ aud: undefined as never }),
        'another issuer': await issuer.sign({ iss: `${ISSUER}/` }),
        expired: await issuer.sign({ exp: now - 60 }),
        'without an end': await issuer.sign({ exp: undefined as never }),
        'not yet valid': await issuer.sign({ nbf: now + 60 }),
        'without a subject': await issuer.sign({ sub: undefined as never }),
        'an empty subject': await issuer.sign({ sub: '' }),
        'a long subject': await issuer.sign({ sub: 'x'.repeat(201) }),
        'a logout token': await issuer.sign({}, { header: { typ: 'logout+jwt' } }),
        'an event': await issuer.sign({}, { header: { typ: 'secevent+jwt' } }),
        'an event that does not say so': await issuer.sign({
          events: { 'http://schemas.openid.net/event/logout': {} },
        }),
        'an id token': await issuer.sign({}, { header: { typ: 'id+jwt' } }),
        'a proof (DPoP)': await issuer.sign({}, { header: { typ: 'dpop+jwt' } }),
        'an empty type': await issuer.sign({}, { header: { typ: '' } }),
        'a type that is no text': await issuer.sign({}, { header: { typ: 7 } }),
        'a type that is null': await issuer.sign({}, { header: { typ: null } }),
        'several types': await issuer.sign({}, { header: { typ: ['JWT'] } }),
        'another type with a good end': await issuer.sign({}, { header: { typ: 'application/logout+at+jwt' } }),
        'a token inside': await issuer.sign({}, { header: { cty: 'JWT' } }),
        'a kid that is no text': await issuer.sign({}, { header: { kid: 1 } }),
        'a kid that is null': await issuer.sign({}, { header: { kid: null } }),
        'something critical': await signed({ crit: ['exp'], exp: now + 300 }, JSON.stringify(claims)),
        'nothing critical': await signed({ crit: [] }, JSON.stringify(claims)),
        'an unencoded payload': await signed({ crit: ['b64'], b64: false }, JSON.stringify(claims)),
        'an end that never comes': await signed(
          {},
          JSON.stringify(claims).replace(`"exp":${now + 300}`, '"exp":1e999'),
        ),
        'an end that is no time': await issuer.sign({ exp: 1e15 }),
        'an end as text': await issuer.sign({ exp: String(now + 300) as never }),
        'a beginning that always was': await signed({}, JSON.stringify(claims).replace('{', '{"nbf":-1e999,')),
        'issued in the future': await issuer.sign({ iat: now + 60 }),
        'issued at no time': await issuer.sign({ iat: 'now' as never }),
        'an empty audience': await issuer.sign({ aud: '' }),
        'no audience in a list': await issuer.sign({ aud: [] }),
        'an audience that is an object': await issuer.sign({ aud: { [AUDIENCE]: true } as never }),
        'a longer audience': await issuer.sign({ aud: `${AUDIENCE} ` }),
        'issuers in a list': await issuer.sign({ iss: [ISSUER] as never }),
        'the issuer in capitals': await issuer.sign({ iss: ISSUER.toUpperCase() }),
        'a subject with a line feed': await issuer.sign({ sub: 'a\nb' }),
        'a subject that is half a character': await issuer.sign({ sub: 'a\ud800' }),
        'a subject that is a number': await issuer.sign({ sub: 7 as never }),
        'claims in a list': await signed({}, JSON.stringify([claims])),
        'other claims': `${head}.${base64url(claims)}.${signature}`,
        'no signature': good.slice(0, good.lastIndexOf('.') + 1),
        'half of it': good.slice(0, good.length / 2),
        'no token': 'nonsense',
        long: `${good}${'A'.repeat(9_000)}`,
      };
      const bodies = new Set<string>();
      for (const [what, token] of Object.entries(wrong)) {
        const answer = await admin.as().get('/api/resource', { authorization: `Bearer ${token}` });
        expect({ what, status: answer.status }).toEqual({ what, status: 401 });
        bodies.add(await refused(`Bearer ${token}`));
      }
      for (const header of [
        'Basic YTpi',
        good,
        '',
        'Bearer',
        'Bearer ',
        'Bearer\t',
        `Bearer\t${good}`,
        `Bearer,${good}`,
        `Bearer "${good}"`,
        `Bearer ${good} ${good}`,
        `Token ${good}`,
      ])
        bodies.add(await refused(header));
      expect(bodies.size).toBe(1);
      problemOf(
        await admin.as().get('/api/resource', { authorization: `Bearer ${'A'.repeat(100_000)}` }),
        431,
        'headers-too-large',
      );
      expect(await statusOf(`Bearer ${good}`)).toBe(200);
    });

    it('end when they say so, though they were remembered', async () => {
      // Five seconds are forgiven, for clocks that differ.
      const token = await issuer.sign({ exp: Math.floor(Date.now() / 1000) - 3 });
      expect(await statusOf(`Bearer ${token}`)).toBe(200);
      await sleep(3_100);
      await refused(`Bearer ${token}`);
    });

    it('are checked on through an outage of the issuer', async () => {
      issuer.isAway = true;
      expect(await statusOf(`Bearer ${await issuer.sign({ sub: 'while away' })}`)).toBe(200);
      issuer.isAway = false;
    });

    it('ask the issuer no more often because they name unknown keys', async () => {
      const before = issuer.asked;
      const { privateKey } = await generateKeyPair('RS256');
      for (let n = 0; n < 20; n++) {
        const token = await new SignJWT({ sub: 'eve' })
          .setProtectedHeader({ alg: 'RS256', kid: `k${n}` })
          .sign(privateKey);
        await refused(`Bearer ${token}`);
      }
      expect(issuer.asked - before).toBeLessThanOrEqual(1);
    });
  });

  it('go by the route, however the path is spelt', async () => {
    for (const path of [
      '/api/%72esource',
      '/api/resource/',
      '/api//resource',
      '/API/resource',
      '/api/Resource',
      '//api/resource',
      '/api/resource%2f1',
      '/api/./resource',
      '/api/resource/..%2fresource',
      '/api/resource;x=1',
      '/%61pi/resource',
      '/api/resource%00',
    ]) {
      const { status } = await admin.as().get(path);
      expect({ path, isRefused: [400, 401, 404].includes(status) }).toEqual({ path, isRefused: true });
    }
  });

  it('go by the method that is used, whatever a header says', async () => {
    const reader = admin.as(await test.keyFor('resource:read'));
    await admin.put('/api/resource/kept', { name: 'x' });
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      expect((await reader.get('/api/resource/kept', { [name]: 'DELETE' })).status).toBe(200);
    }
    problemOf(await reader.post('/api/resource?_method=GET', { name: 'x' }), 403, 'forbidden');
    expect((await admin.get('/api/resource/kept')).status).toBe(200);
  });
});

describe('an issuer that can not be reached', () => {
  it('gives 503 until it can, and then needs no restart', async () => {
    const issuer = await Issuer.start();
    issuer.isAway = true;
    const test = await startGuarded('sqlite', { env: { AUTH: 'jwt', ...issuer.env } });
    const client = test.admin.as(await issuer.sign());
    const refused = await client.get('/api/resource');
    problemOf(refused, 503, 'issuer-unavailable');
    expect(refused.headers['retry-after']).toBe('5');
    issuer.isAway = false;
    await sleep(1_100);
    expect((await client.get('/api/resource')).status).toBe(200);
    // Keys are not taken where they are not configured.
    problemOf(await test.admin.get('/api/resource'), 401, 'unauthenticated');
    await test.close();
    issuer.stop();
  });
});
