import { SECURITY_HEADERS } from '../src/http/engine/security-headers.js';
import { startApp, type TestApp } from './support/app.js';
import { startGuarded } from './support/access.js';
import { answersIn, sendRaw, type RawAnswer } from './support/raw.js';

const HOST = 'Host: localhost\r\n';
const CLOSE = `${HOST}Connection: close\r\n`;
const JSON_BODY = 'Content-Type: application/json\r\n';
const BODY = '{"name":"canary"}';
const LENGTH = `Content-Length: ${BODY.length}\r\n`;
const CHUNKED_BODY = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

const get = (headers: string, target = '/api/resource', version = 'HTTP/1.1') =>
  `GET ${target} ${version}\r\n${headers}\r\n`;
const post = (headers: string, body = BODY) => `POST /api/resource HTTP/1.1\r\n${JSON_BODY}${headers}\r\n${body}`;
const coded = (coding: string) => post(`${HOST}Transfer-Encoding: ${coding}\r\n`, CHUNKED_BODY);
const chunks = (text: string) => post(`${HOST}Transfer-Encoding: chunked\r\n`, text);

/** How messages are read; it depends on no engine. */
describe('framing', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp('sqlite');
  });
  afterAll(() => test.close());

  const ask = async (bytes: string | Buffer): Promise<RawAnswer[]> => answersIn(await sendRaw(test.origin, bytes));

  const expectProblem = ({ status, headers, body }: RawAnswer, expected: number, code: string): void => {
    expect(JSON.parse(body)).toMatchObject({ status: expected, code, type: `/problems/${code}` });
    expect({ status, headers }).toMatchObject({
      status: expected,
      headers: {
        ...SECURITY_HEADERS,
        'cache-control': 'no-store',
        'content-type': 'application/problem+json; charset=utf-8',
        connection: 'close',
        date: expect.any(String),
      },
    });
    expect(body).not.toContain('canary');
  };

  it.each<[string, string | Buffer, number, string]>([
    ['two Host lines', get(`${CLOSE}Host: localhost\r\n`), 400, 'malformed-http'],
    ['no Host', get(''), 400, 'malformed-http'],
    ['a Host that is none', get('Host: a b\r\n'), 400, 'malformed-http'],
    ['a Host with a user', get('Host: canary@localhost\r\n'), 400, 'malformed-http'],
    ['a Host with a path', get('Host: localhost/canary\r\n'), 400, 'malformed-http'],
    ['two types of the body', post(`${CLOSE}Content-Type: text/plain\r\n${LENGTH}`), 400, 'malformed-http'],
    ['two credentials', get(`${CLOSE}Authorization: a\r\nauthorization: b\r\n`), 400, 'malformed-http'],
    ['an unknown expectation', post(`${CLOSE}${LENGTH}Expect: canary\r\n`), 417, 'expectation-failed'],
    ['one more', post(`${CLOSE}${LENGTH}Expect: 100-continue, canary\r\n`), 417, 'expectation-failed'],
    ['a further coding', coded('gzip, chunked'), 501, 'transfer-coding-not-implemented'],
    [
      'a coding on a line of its own',
      coded('gzip\r\nTransfer-Encoding: chunked'),
      501,
      'transfer-coding-not-implemented',
    ],
    ['another coding', coded('gzip'), 501, 'transfer-coding-not-implemented'],
    ['chunked twice', coded('chunked, chunked'), 400, 'malformed-http'],
    ['chunked first', coded('chunked, gzip'), 400, 'malformed-http'],
    [
      'a coding in HTTP/1.0',
      `POST /api/resource HTTP/1.0\r\n${JSON_BODY}Transfer-Encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
      400,
      'malformed-http',
    ],
    ['both lengths', post(`${HOST}${LENGTH}Transfer-Encoding: chunked\r\n`, CHUNKED_BODY), 400, 'malformed-http'],
    ['a length twice', post(`${HOST}${LENGTH}${LENGTH}`), 400, 'malformed-http'],
    ['a list of lengths', post(`${HOST}Content-Length: 5, 5\r\n`), 400, 'malformed-http'],
    ['a sign before a length', post(`${HOST}Content-Length: +5\r\n`), 400, 'malformed-http'],
    ['a length of too many digits', post(`${HOST}Content-Length: ${'9'.repeat(30)}\r\n`), 400, 'malformed-http'],
    ['no length after all', post(`${HOST}Content-Length:\r\n`), 400, 'malformed-http'],
    ['a chunk size that is none', chunks(`zz\r\n${BODY}\r\n0\r\n\r\n`), 400, 'malformed-http'],
    ['a chunk size with a prefix', chunks(`0x11\r\n${BODY}\r\n0\r\n\r\n`), 400, 'malformed-http'],
    ['a chunk size that overflows', chunks(`${'f'.repeat(18)}\r\n${BODY}\r\n0\r\n\r\n`), 400, 'malformed-http'],
    ['a space after a chunk size', chunks(`11 \r\n${BODY}\r\n0\r\n\r\n`), 400, 'malformed-http'],
    ['a bare LF after a chunk size', chunks(`11\n${BODY}\r\n0\r\n\r\n`), 400, 'malformed-http'],
    ['something else after a chunk', chunks(`11\r\n${BODY}XX0\r\n\r\n`), 400, 'malformed-http'],
    ['a long chunk extension', chunks(`11;a=${'x'.repeat(17_000)}\r\n${BODY}\r\n0\r\n\r\n`), 413, 'content-too-large'],
    ['a folded line', get(`${CLOSE}X-A: a\r\n b\r\n`), 400, 'malformed-http'],
    ['a space in a name', get(`${CLOSE}X A: a\r\n`), 400, 'malformed-http'],
    ['a space after a name', get(`${CLOSE}X-A : a\r\n`), 400, 'malformed-http'],
    ['a bare CR', get(`${CLOSE}X-A: a\rb\r\n`), 400, 'malformed-http'],
    ['bare LFs', get(CLOSE).replaceAll('\r', ''), 400, 'malformed-http'],
    ['a NUL', get(`${CLOSE}X-A: a\0b\r\n`), 400, 'malformed-http'],
    ['a request of TLS', Buffer.from('16030100f1010000ed0303', 'hex'), 400, 'malformed-http'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'http-version-not-supported'],
    ['HTTP/2 as text', get(CLOSE, '/api/resource', 'HTTP/2.0'), 505, 'http-version-not-supported'],
    ['HTTP/1.2', get(CLOSE, '/api/resource', 'HTTP/1.2'), 505, 'http-version-not-supported'],
    ['HTTP/0.9', 'GET /api/resource\r\n\r\n', 505, 'http-version-not-supported'],
    ['a target that only ends like one', get(CLOSE, '*api/resource'), 400, 'invalid-request-target'],
    ['a target without a slash', get(CLOSE, 'api/resource'), 400, 'invalid-request-target'],
    ['an asterisk for one resource', get(CLOSE, '*'), 400, 'invalid-request-target'],
    ['a fragment', get(CLOSE, '/api/resource#canary'), 400, 'invalid-request-target'],
    ['another scheme', get(CLOSE, 'ftp://localhost/api/resource'), 400, 'invalid-request-target'],
    ['a user in the target', get(CLOSE, 'http://canary@localhost/api/resource'), 400, 'malformed-http'],
    ['another host in the target', get(CLOSE, 'http://canary.example/api/resource'), 421, 'misdirected-request'],
    ['a bad escape', get(CLOSE, '/api/resource/%zz'), 400, 'invalid-request-target'],
    ['bytes that are not ASCII', Buffer.from(get(CLOSE, '/\xff'), 'latin1'), 400, 'invalid-request-target'],
    ['a tunnel', `CONNECT localhost:80 HTTP/1.1\r\n${HOST}\r\n`, 501, 'method-not-implemented'],
    ['a long id', get(CLOSE, `/api/resource/${'a'.repeat(8_300)}`), 414, 'uri-too-long'],
    ['a long id of another action', get(CLOSE, `/api/resource/${'a'.repeat(8_300)}:history`), 414, 'uri-too-long'],
    ['a long path with nothing at it', get(CLOSE, `/${'a'.repeat(8_300)}`), 414, 'uri-too-long'],
    ['a long query', get(CLOSE, `/api/resource?x=${'a'.repeat(8_300)}`), 414, 'uri-too-long'],
    ['a long bad escape', get(CLOSE, `/${'%zz'.repeat(3_000)}`), 414, 'uri-too-long'],
    ['a path longer than all headers', get(CLOSE, `/api/resource/${'a'.repeat(20_000)}`), 414, 'uri-too-long'],
    ['a query longer than all headers', get(CLOSE, `/api/resource?x=${'a'.repeat(100_000)}`), 414, 'uri-too-long'],
    ['long headers', get(`${CLOSE}X-A: ${'a'.repeat(20_000)}\r\n`), 431, 'headers-too-large'],
  ])('is refused with a problem where it is wrong: %s', async (_what, bytes, status, code) => {
    const answers = await ask(bytes);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0]!, status, code);
  });

  it.each<[string, string, number]>([
    ['an empty Host', get('Host:\r\nConnection: close\r\n'), 200],
    ['no Host in HTTP/1.0', get('', '/api/resource', 'HTTP/1.0'), 200],
    ['an address and a port', get('Host: [::1]:3000\r\nConnection: close\r\n'), 200],
    ['the absolute form', get(CLOSE, 'http://localhost/api/resource?limit=1'), 200],
    [
      'the absolute form, whatever Host says',
      get('Host: a.example\r\nConnection: close\r\n', 'HTTP://localhost/api/resource'),
      200,
    ],
    ['the whole server', `OPTIONS * HTTP/1.1\r\n${CLOSE}\r\n`, 204],
    ['the whole server, absolutely', `OPTIONS http://localhost HTTP/1.1\r\n${CLOSE}\r\n`, 204],
    ['a coding in capitals', chunks(CHUNKED_BODY).replace('chunked', 'Chunked').replace(HOST, CLOSE), 201],
    ['an upgrade that is not made', get(`${HOST}Connection: Upgrade, close\r\nUpgrade: h2c\r\n`), 200],
  ])('is taken where it is right: %s', async (_what, bytes, status) => {
    expect((await ask(bytes)).map((answer) => answer.status)).toEqual([status]);
  });

  it('says that a body may come only where it is wanted', async () => {
    const expecting = (headers: string) => `${HOST}${headers}${LENGTH}Expect: 100-Continue\r\n`;
    expect(await sendRaw(test.origin, post(expecting('Connection: close\r\n')))).toMatch(
      /^HTTP\/1.1 100 [^]+HTTP\/1.1 201 /,
    );
    for (const [head, status] of [
      [post(expecting('Accept: image/png\r\n'), ''), 406],
      [`POST /nothing HTTP/1.1\r\n${expecting('')}\r\n`, 404],
    ] as const)
      expect(await sendRaw(test.origin, head)).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*connection: close`, 'i'));
  });

  it('takes no charset but UTF-8, and no type that is only nearly one', async () => {
    for (const type of [
      'application/json; charset = iso-8859-1',
      'application/json; charset= utf-8',
      'application/json; charset="utf-8',
      'application/json; charset=utf-8; charset=iso-8859-1',
      "application/json; charset='utf-8'",
      'application/json, text/plain',
      'application /json',
    ]) {
      const [answer] = await ask(
        `POST /api/resource HTTP/1.1\r\n${CLOSE}Content-Type: ${type}\r\n${LENGTH}\r\n${BODY}`,
      );
      expectProblem(answer!, 415, 'unsupported-media-type');
    }
    for (const type of ['application/json;', 'application/json ;charset=UTF-8', 'application/json; a="; charset=x"']) {
      const [answer] = await ask(
        `POST /api/resource HTTP/1.1\r\n${CLOSE}Content-Type: ${type}\r\n${LENGTH}\r\n${BODY}`,
      );
      expect(answer!.status).toBe(201);
    }
  });

  it('answers what was whole before, and then the fault', async () => {
    const row = `PUT /api/resource/before HTTP/1.1\r\n${HOST}${JSON_BODY}${LENGTH}\r\n${BODY}`;
    const answers = await ask(`${row}${get(HOST, '/api/resource/before')}canary\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 501]);
    expectProblem(answers[2]!, 501, 'method-not-implemented');
    const later = await ask(`${get(HOST, '/api/resource/before')}${chunks('zz\r\n')}`);
    expect(later.map(({ status }) => status)).toEqual([200, 400]);
  });

  it('counts for the address, and is logged, but not without end', async () => {
    const guarded = await startGuarded('sqlite', { env: { RATE_LIMIT: 'process', RATE_LIMIT_ADDRESS: '20' } });
    const lines: unknown[] = [];
    guarded.app.useLogger({ warn: (line: unknown) => void lines.push(line), log() {}, error() {} });
    const statuses: number[] = [];
    for (let n = 0; n < 22; n++)
      statuses.push(answersIn(await sendRaw(guarded.origin, 'GET / canary\r\n\r\n'))[0]!.status);
    expect(new Set(statuses)).toEqual(new Set([400, 429]));
    const refused = await fetch(`${guarded.origin}/problems`);
    expect({ status: refused.status, retry: refused.headers.has('retry-after') }).toEqual({ status: 429, retry: true });
    // One of each kind; how many more there were is told later.
    const fault = { reason: 'HPE_INVALID_CONSTANT', address: '127.0.0.1' };
    const told = lines.filter((line) => (line as { msg: string }).msg === 'Not a valid request');
    expect(told).toEqual([
      expect.objectContaining({ ...fault, code: 'malformed-http' }),
      expect.objectContaining({ ...fault, code: 'rate-limited' }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('canary');
    const scraped = await guarded.admin.get('/metrics');
    expect(scraped.text).toMatch(
      /count\{http_request_method="_OTHER",http_route="",http_response_status_code="400"\} 20/,
    );
    await guarded.close();
  });
});
