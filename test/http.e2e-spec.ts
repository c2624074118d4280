import { startGuarded } from './support/access.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { sendRaw } from './support/raw.js';

/** The HTTP layer's own work, before any module is asked; it does not depend on the engine. */
describe('http', () => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp('sqlite', { env: { HTTP_HEADERS_MS: '300', HTTP_REQUEST_MS: '600' } });
    client = new Client(test.origin);
  });
  afterAll(() => test.close());

  const raw = (bytes: string | Buffer) => sendRaw(test.origin, bytes);

  const rawProblem = (answer: string, status: number, code: string): void => {
    const [head, body = ''] = answer.split('\r\n\r\n', 2);
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/content-type: application\/problem\+json/i);
    expect(head).toMatch(/cache-control: no-store/i);
    expect(JSON.parse(body)).toMatchObject({
      status,
      code,
      type: `/problems/${code}`,
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(answer).not.toContain('canary');
  };

  const close = 'Host: localhost\r\nConnection: close\r\n';

  it('answers what the HTTP parser refuses with a problem that repeats nothing', async () => {
    rawProblem(await raw('canary\r\n\r\n'), 501, 'method-not-implemented');
    rawProblem(await raw('GET / canary\r\n\r\n'), 400, 'malformed-http');
    rawProblem(await raw(`GET /api/resource HTTP/1.1\r\n${close}X: a\r\n canary\u0001\r\n\r\n`), 400, 'malformed-http');
    rawProblem(await raw(`FOO /canary HTTP/1.1\r\n${close}\r\n`), 501, 'method-not-implemented');
    rawProblem(await raw(`PROPFIND /api/resource HTTP/1.1\r\n${close}\r\n`), 501, 'method-not-implemented');
    rawProblem(await raw(`QUERY /api/resource HTTP/1.1\r\n${close}\r\n`), 405, 'method-not-allowed');
    rawProblem(await raw(`TRACE /api/resource HTTP/1.1\r\n${close}\r\n`), 405, 'method-not-allowed');
    rawProblem(await raw(`TRACE /api/nothing HTTP/1.1\r\n${close}\r\n`), 404, 'route-not-found');
    rawProblem(
      await raw(`GET / HTTP/1.1\r\n${close}X-Canary: canary${'a'.repeat(17_000)}\r\n\r\n`),
      431,
      'headers-too-large',
    );
    rawProblem(await raw(`GET / HTTP/1.1\r\n${close}${'X: canary\r\n'.repeat(101)}\r\n`), 431, 'headers-too-large');
    rawProblem(await raw(`GET /%zz-canary HTTP/1.1\r\n${close}\r\n`), 400, 'invalid-request-target');
    rawProblem(
      await raw(`POST /api/resource HTTP/1.1\r\n${close}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\ncanary`),
      400,
      'malformed-http',
    );
  });

  it('ends slow clients with 408', async () => {
    rawProblem(await raw('GET /api/resource HTTP/1.1\r\nHost: localhost\r\nX-Slow: canary'), 408, 'request-timeout');
    const head = `POST /api/resource HTTP/1.1\r\n${close}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name":"canary`;
    rawProblem(await raw(head), 408, 'request-timeout');
  });

  it('answers URLs over 8 KiB with 414, ids that are long or have a zero with 404', async () => {
    problemOf(await client.get(`/api/resource?x=${'a'.repeat(8200)}`), 414, 'uri-too-long');
    problemOf(await client.get(`/api/resource/${'a'.repeat(4000)}`), 404, 'not-found');
    // Proxies refuse it by themselves.
    problemOf(await client.get('/api/resource/a%00'), 404, 'not-found');
  });

  it('answers unknown paths with 404, known paths with 405 and Allow', async () => {
    for (const path of [
      '/api',
      '/api/nothing',
      '/api/resource/',
      '/api//resource',
      '/api/resource/a/b',
      '/api/resource/a%2Fb/c',
      '/API/resource',
      '/api/resource:nope',
    ]) {
      problemOf(await client.get(path), 404, 'route-not-found');
    }
    const refused = await client.delete('/api/resource');
    problemOf(refused, 405, 'method-not-allowed');
    expect(refused.headers.allow).toBe('GET, HEAD, POST, OPTIONS');
    expect((await client.get('/api/resource/a:restore')).headers.allow).toBe('POST, OPTIONS');
    expect((await client.get('/api/resource:batch')).headers.allow).toBe('POST, OPTIONS');
    problemOf(await client.post('/health/live', {}), 405, 'method-not-allowed');
  });

  it('answers OPTIONS with 204 and Allow', async () => {
    for (const [path, allow] of [
      ['/api/resource', 'GET, HEAD, POST, OPTIONS'],
      ['/api/resource/a', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
      ['/api/resource/a:restore', 'POST, OPTIONS'],
    ] as const) {
      const { status, text, headers } = await client.send('options', path);
      expect({ status, text, allow: headers.allow }).toEqual({ status: 204, text: '', allow });
    }
    expect(await raw(`OPTIONS * HTTP/1.1\r\n${close}\r\n`)).toMatch(/^HTTP\/1\.1 204 [^]*allow: GET/i);
    problemOf(await client.send('options', '/nothing'), 404, 'route-not-found');
  });

  it('takes JSON in UTF-8 and nothing else', async () => {
    const body = '{"name":"x"}';
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=latin1',
      'application/merge-patch+json',
      'application/jsonx',
      'json',
    ]) {
      const answer = await client.post('/api/resource', body, { 'content-type': type });
      problemOf(answer, 415, 'unsupported-media-type');
      expect(answer.headers['accept-post']).toBe('application/json');
    }
    problemOf(
      await client.post('/api/resource', body, { 'content-encoding': 'gzip', 'content-type': 'application/json' }),
      415,
      'unsupported-media-type',
    );
    expect(
      (await client.post('/api/resource', body, { 'content-type': 'Application/JSON; Charset="UTF-8"' })).status,
    ).toBe(201);
    rawProblem(
      await raw(`POST /api/resource HTTP/1.1\r\n${close}Content-Length: 2\r\n\r\n{}`),
      415,
      'unsupported-media-type',
    );
  });

  it('refuses what is not good JSON', async () => {
    for (const body of [
      '{',
      '{"name":}',
      'canary',
      '{"name":"x"}}',
      '\ufeff{"name":"x"}',
      '{"name":"a","name":"b"}',
      "{'name':1}",
      'NaN',
    ]) {
      problemOf(await client.post('/api/resource', body), 400, 'invalid-json');
    }
    problemOf(await client.post('/api/resource', '['.repeat(100_000)), 400, 'json-too-deep');
    problemOf(await client.post('/api/resource', `{"name":${'['.repeat(40)}${']'.repeat(40)}}`), 400, 'json-too-deep');
    const head = `POST /api/resource HTTP/1.1\r\n${close}Content-Type: application/json\r\nContent-Length: 12\r\n\r\n`;
    rawProblem(
      await raw(Buffer.concat([Buffer.from(`${head}{"name":"`), Buffer.from([0xc3, 0x28]), Buffer.from('}')])),
      400,
      'invalid-json',
    );
    const proto = problemOf(
      await client.post('/api/resource', '{"name":"x","__proto__":{"a":1},"constructor":1}'),
      422,
      'validation-failed',
    );
    expect(proto.errors.map(({ pointer }) => pointer)).toEqual(['#/__proto__', '#/constructor']);
  });

  it('takes no body for none, whatever its type is said to be', async () => {
    const ask = (line: string, headers: string) =>
      raw(`${line} HTTP/1.1\r\n${close}Content-Type: application/json\r\n${headers}\r\n`);
    for (const [n, headers] of ['', 'Content-Length: 0\r\n'].entries()) {
      const path = `/api/resource/no-body-${n}`;
      rawProblem(await ask('POST /api/resource', headers), 400, 'invalid-json');
      expect((await client.put(path, { name: 'a' })).status).toBe(201);
      expect(await ask(`DELETE ${path}`, headers)).toMatch(/^HTTP\/1.1 204 /);
      expect(await ask(`POST ${path}:restore`, headers)).toMatch(/^HTTP\/1.1 200 /);
    }
  });

  it('goes on with a connection whose body was no JSON, and closes one whose body is too large', async () => {
    const post = (type: string, body: string) =>
      `POST /api/resource HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const json = 'application/json';
    const answer = await raw(
      post(json, '{"name":') + post(json, '') + post(json, '{"name":"b"}') + post(json, 'a'.repeat(1_100_000)),
    );
    expect(answer.match(/HTTP\/1.1 \d+|connection: [a-z-]+|"code":"[^"]+"/gi)).toEqual([
      'HTTP/1.1 400',
      'Connection: keep-alive',
      '"code":"invalid-json"',
      'HTTP/1.1 400',
      'Connection: keep-alive',
      '"code":"invalid-json"',
      'HTTP/1.1 201',
      'Connection: keep-alive',
      'HTTP/1.1 413',
      'Connection: close',
      '"code":"content-too-large"',
    ]);
  });

  it('answers bodies over 1 MiB with 413, whether their length is told or not', async () => {
    problemOf(await client.post('/api/resource', `{"name":"${'a'.repeat(1_100_000)}"}`), 413, 'content-too-large');
    const chunk = `${(65_536).toString(16)}\r\n${'a'.repeat(65_536)}\r\n`;
    const chunked = `POST /api/resource HTTP/1.1\r\n${close}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`;
    expect(await raw(chunked)).toMatch(/^HTTP\/1\.1 413 [^]*content-too-large/);
  });

  it('keeps the order of checks: route, method, Accept, Content-Type, size, parameters', async () => {
    const accept = { accept: 'image/png', 'content-type': 'text/plain' };
    problemOf(await client.post('/api/nothing', 'x', accept), 404, 'route-not-found');
    problemOf(await client.put('/api/resource', 'x', accept), 405, 'method-not-allowed');
    problemOf(await client.post('/api/resource?nope=1', 'x', accept), 406, 'not-acceptable');
    problemOf(
      await client.post('/api/resource?nope=1', 'a'.repeat(1_100_000), { 'content-type': 'text/plain' }),
      415,
      'unsupported-media-type',
    );
    problemOf(await client.post('/api/resource?nope=1', 'a'.repeat(1_100_000)), 413, 'content-too-large');
    problemOf(await client.post('/api/resource?nope=1', {}), 400, 'unknown-parameter');
  });

  it('accepts what Accept leaves open, and refuses what it rules out', async () => {
    for (const accept of ['*/*', 'application/*', 'text/html, */*;q=0.1', 'application/json;q=0.5']) {
      expect((await client.get('/api/resource', { accept })).status).toBe(200);
    }
    for (const accept of ['text/html', 'application/json;q=0', 'application/xml']) {
      problemOf(await client.get('/api/resource/x', { accept }), 406, 'not-acceptable');
    }
  });

  it('accepts what it sends, parameters included', async () => {
    await client.put('/api/resource/accepted', { name: 'x' });
    for (const [path, accept, type] of [
      ['/api/resource/accepted', 'application/json; charset=utf-8', 'application/json; charset=utf-8'],
      ['/api/resource/accepted', 'Application/JSON ;\tCharset="UTF-8" ; q=0.1', 'application/json; charset=utf-8'],
      ['/api/resource/accepted', 'text/html, application/*;charset=utf-8', 'application/json; charset=utf-8'],
      ['/api/resource/accepted', '', 'application/json; charset=utf-8'],
      ['/api/resource/accepted', ' ,\t, ', 'application/json; charset=utf-8'],
      ['/api/resource/accepted', ', text/html,,application/json', 'application/json; charset=utf-8'],
      ['/api/resource', 'application/x-ndjson; charset=UTF-8', 'application/x-ndjson'],
      ['/api/resource', 'application/x-ndjson;charset=utf-8, application/json;q=0.5', 'application/x-ndjson'],
      ['/api/resource', 'text/csv; charset=utf-8', 'text/csv; charset=utf-8; header=present'],
      ['/api/resource', 'text/csv;header=present', 'text/csv; charset=utf-8; header=present'],
      ['/api/resource', 'application/json;q=0.5, application/x-ndjson', 'application/x-ndjson'],
      ['/api/resource', 'text/csv;charset=utf-8;q=0.9, */*;q=0.8', 'text/csv; charset=utf-8; header=present'],
      ['/api/resource', 'text/csv;q=0, text/*;q=1, */*;q=0.1', 'application/json; charset=utf-8'],
      ['/metrics', 'text/plain;version=0.0.4', 'text/plain; version=0.0.4; charset=utf-8'],
      [
        '/metrics',
        'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5',
        'application/openmetrics-text; version=1.0.0; charset=utf-8',
      ],
    ] as const) {
      const { status, headers } = await client.get(path, { accept });
      expect({ accept, status, type: headers['content-type'] }).toEqual({ accept, status: 200, type });
      const again = await client.get(path, { accept: headers['content-type']! });
      expect({ status: again.status, type: again.headers['content-type'] }).toEqual({ status: 200, type });
    }
    const gone = new AbortController();
    for (const accept of ['text/event-stream;charset=utf-8', 'text/event-stream']) {
      const { status, headers } = await fetch(`${test.origin}/api/resource:watch`, {
        headers: { accept },
        signal: gone.signal,
      });
      expect({ status, type: headers.get('content-type') }).toEqual({
        status: 200,
        type: 'text/event-stream; charset=utf-8',
      });
    }
    gone.abort();
    for (const [path, accept] of [
      ['/api/resource/accepted', 'application/json;charset=iso-8859-1'],
      ['/api/resource/accepted', 'application'],
      ['/api/resource', 'application/x-ndjson;charset=utf-16'],
      ['/api/resource/accepted', 'application/json;profile=x'],
      ['/api/resource/accepted', 'application/json;charset=utf-8;q=0'],
      ['/api/resource', 'text/csv;header=absent'],
      ['/api/resource:watch', 'text/event-stream;charset=utf-16'],
      ['/metrics', 'text/plain;version=1.0.0'],
    ] as const)
      problemOf(await client.get(path, { accept }), 406, 'not-acceptable');
  });

  it('tells caches what an answer depends on', async () => {
    expect((await client.get('/api/resource')).headers.vary).toBe('Accept');
    expect((await client.get('/api/resource/accepted')).headers).not.toHaveProperty('vary');
    expect((await client.get('/problems')).headers).not.toHaveProperty('vary');
    const guarded = await startGuarded('sqlite', { env: { CORS_ORIGINS: 'https://app.example.org' } });
    expect((await guarded.admin.get('/api/resource')).headers.vary).toBe('Accept, Authorization, Origin');
    expect((await guarded.admin.get('/api/resource/x')).headers.vary).toBe('Authorization, Origin');
    expect((await guarded.admin.get('/problems')).headers.vary).toBe('Origin');
    await guarded.close();
  });

  it('takes the trace id of the caller', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { body } = await client.get('/api/nothing', { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    expect(body).toMatchObject({ trace_id: trace });
    const other = await client.get('/api/nothing', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` });
    expect((other.body as { trace_id: string }).trace_id).not.toBe('0'.repeat(32));
  });

  it('has a page behind each problem type', async () => {
    const index = await client.get('/problems');
    expect(index.status).toBe(200);
    const links = [...index.text.matchAll(/href="(\/problems\/[^"]+)"/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(35);
    for (const link of links) {
      const { status, headers, text } = await client.get(link);
      expect({ link, status, type: headers['content-type'] }).toEqual({
        link,
        status: 200,
        type: 'text/html; charset=utf-8',
      });
      expect(text).toMatch(/<h1>.+<\/h1>/);
    }
    problemOf(await client.get('/problems/nope'), 404, 'route-not-found');
  });

  it('sends security headers with every answer', async () => {
    for (const path of ['/api/resource', '/api/nothing', '/health/live', '/problems']) {
      const { headers } = await client.get(path);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
    }
  });
});
