import { connect, type Server, type Socket } from 'node:net';
import { startGuarded } from './support/access.js';
import { startApp, type TestApp } from './support/app.js';
import { engines } from '../src/testing/database.js';
import { answersIn, flood, sendRaw } from './support/raw.js';

const JSON_BODY = 'Content-Type: application/json\r\n';
const HOST = 'Host: localhost\r\n';
const PIECE = Buffer.alloc(65_536, 'a');
const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), PIECE, Buffer.from('\r\n')]);
const GIBIBYTE = 2 ** 30;
/** Bytes that the kernels of both sides take without anybody reading them. */
const IN_BUFFERS = 16 * 2 ** 20;

/** Bytes that the service has read of each connection; the test is its client and its process in one. */
function countReading(test: TestApp): () => number {
  const sockets: Socket[] = [];
  const server = test.app.getHttpServer() as Server;
  server.on('connection', (socket: Socket) => sockets.push(socket));
  return () => Math.max(...sockets.map(({ bytesRead }) => bytesRead));
}

describe('a body that nobody wants', () => {
  let test: TestApp;
  let mostRead: () => number;
  beforeAll(async () => {
    const {
      keyFor: _keyFor,
      admin: _admin,
      ...app
    } = await startGuarded('sqlite', {
      env: { RATE_LIMIT: 'process', RATE_LIMIT_FAILURES: '2', HTTP_BODY_BYTES: '1024' },
    });
    test = app;
    mostRead = countReading(test);
  });
  afterAll(() => test.close());

  const READ = 'GET /problems HTTP/1.1\r\n';
  it.each<[string, string, number]>([
    ['no route', 'POST /nothing HTTP/1.1\r\n', 404],
    ['no method', 'PUT /problems HTTP/1.1\r\n', 405],
    ['an unknown method', 'PROPFIND /problems HTTP/1.1\r\n', 501],
    ['a target that is none', 'POST /%zz HTTP/1.1\r\n', 400],
    ['no credentials', 'POST /api/resource HTTP/1.1\r\n', 401],
    ['credentials that are looked up', 'POST /api/resource HTTP/1.1\r\nAuthorization: Bearer plinth_x\r\n', 401],
    ['too many of them', 'POST /api/resource HTTP/1.1\r\nAuthorization: Bearer plinth_y\r\n', 429],
    ['a read', READ, 200],
    ['a probe', 'GET /health/live HTTP/1.1\r\n', 200],
  ])('is not read to its end: %s', async (_what, line, status) => {
    for (const [head, piece] of [
      [`${line}${HOST}Transfer-Encoding: chunked\r\n\r\n`, CHUNK],
      [`${line}${HOST}Content-Length: ${GIBIBYTE}\r\n\r\n`, PIECE],
    ] as const) {
      const { answer, sent } = await flood(test.origin, head, piece, GIBIBYTE);
      const [first] = answersIn(answer);
      // The second time the limit for failures may be reached.
      expect([status, 429]).toContain(first!.status);
      expect(first!.headers.connection).toBe('close');
      expect(sent).toBeLessThan(IN_BUFFERS);
    }
    expect(mostRead()).toBeLessThan(1_000_000);
  });
});

describe('a body that nobody wants of this caller', () => {
  let test: TestApp;
  let mostRead: () => number;
  beforeAll(async () => {
    test = await startApp('sqlite', { env: { HTTP_BODY_BYTES: '1024' } });
    mostRead = countReading(test);
  });
  afterAll(() => test.close());

  it.each<[string, string, number]>([
    ['a type that is not taken', 'Content-Type: text/plain\r\n', 415],
    ['a type that can not be given', `${JSON_BODY}Accept: image/png\r\n`, 406],
    ['too large', JSON_BODY, 413],
    ['another page', `${JSON_BODY}Origin: https://evil.example\r\n`, 403],
    ['an expectation', `${JSON_BODY}Expect: x\r\n`, 417],
    ['a coding', `${JSON_BODY}Transfer-Encoding: gzip, chunked\r\n`, 501],
  ])('is not read to its end: %s', async (_what, headers, status) => {
    const framing = headers.includes('Transfer') ? '' : 'Transfer-Encoding: chunked\r\n';
    const head = `POST /api/resource HTTP/1.1\r\n${HOST}${headers}${framing}\r\n`;
    const { answer, sent } = await flood(test.origin, head, CHUNK, GIBIBYTE);
    expect(answersIn(answer)[0]).toMatchObject({ status, headers: { connection: 'close' } });
    expect(sent).toBeLessThan(IN_BUFFERS);
    expect(mostRead()).toBeLessThan(1_000_000);
  });

  it('under another name is not read either', async () => {
    const head = 'POST /api/resource HTTP/1.1\r\nHost: evil.example\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { answer, sent } = await flood(test.origin, head, CHUNK, GIBIBYTE);
    expect(answersIn(answer)[0]).toMatchObject({ status: 421 });
    expect(sent).toBeLessThan(IN_BUFFERS);
  });

  it('is not asked for, where its length is too large already', async () => {
    const head = `POST /api/resource HTTP/1.1\r\n${HOST}${JSON_BODY}Expect: 100-continue\r\n`;
    const refused = await sendRaw(test.origin, `${head}Content-Length: 1025\r\n\r\n`);
    expect(answersIn(refused).map(({ status }) => status)).toEqual([413]);
    const asked = await sendRaw(test.origin, `${head}Content-Length: 1024\r\n\r\n`, 300);
    expect(asked).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  });

  it('costs no connection where it is small', async () => {
    const post = `POST /nothing HTTP/1.1\r\n${HOST}Content-Length: 5000\r\n\r\n${'a'.repeat(5_000)}`;
    const last = `GET /api/resource HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
    const answers = answersIn(await sendRaw(test.origin, post + post + last));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 200]);
  });
});

describe.each(engines())('requests of one connection: %s', (engine) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(engine);
  });
  afterAll(() => test.close());

  const request = (line: string, body?: object, last = false) => {
    const text = body ? JSON.stringify(body) : '';
    const headers = body ? `${JSON_BODY}Content-Length: ${text.length}\r\n` : '';
    return `${line} HTTP/1.1\r\n${HOST}${headers}${last ? 'Connection: close\r\n' : ''}\r\n${text}`;
  };

  it('do not overtake one that changes something', async () => {
    const all = [
      request('POST /api/resource', { id: 'a', name: 'a' }),
      request('GET /api/resource/a'),
      request('PATCH /api/resource/a', { name: 'b' }),
      request('GET /api/resource?id=a'),
      request('POST /api/resource', { id: 'a', name: 'again' }),
      request('DELETE /api/resource/a'),
      request('GET /api/resource/a'),
      request('POST /api/resource/a:restore'),
      request('GET /api/resource/a', undefined, true),
    ];
    const answers = answersIn(await sendRaw(test.origin, all.join('')));
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 409, 204, 404, 200, 200]);
    expect(JSON.parse(answers[3]!.body)).toMatchObject({ data: { name: 'b' } });
  });

  it('are answered in their order, however many there are, and wherever they are cut', async () => {
    const puts = Array.from({ length: 30 }, (_, n) => request('PUT /api/resource/many', { name: `n${n}` }));
    const all = [
      ...puts.flatMap((put) => [put, request('GET /api/resource/many')]),
      request('GET /problems/nope', undefined, true),
    ];
    const bytes = all.join('');
    const text = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(test.origin).port), '127.0.0.1');
      let received = '';
      socket.setNoDelay(true);
      socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
      socket.on('close', () => resolve(received));
      for (let at = 0; at < bytes.length; at += 777) socket.write(bytes.slice(at, at + 777));
    });
    const answers = answersIn(text);
    expect(answers).toHaveLength(61);
    for (let n = 0; n < 30; n++)
      expect(JSON.parse(answers[2 * n + 1]!.body)).toMatchObject({ data: { name: `n${n}` } });
  });
});
