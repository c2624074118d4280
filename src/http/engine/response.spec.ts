import { createServer, ServerResponse, type OutgoingHttpHeaders } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { PlinthResponse } from './response.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** Everything that a server sends for one request, the date aside. */
async function bytesOf(
  kind: typeof ServerResponse,
  answer: (response: ServerResponse) => void,
  head = '',
): Promise<string> {
  const server = createServer({ ServerResponse: kind, keepAliveTimeout: 5_000 }, (_request, response) =>
    answer(response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.write(
    `${head === '' ? 'GET / HTTP/1.1' : head}\r\nHost: x\r\n\r\nGET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  );
  await new Promise((resolve) => socket.once('close', resolve));
  server.close();
  return received.replaceAll(/Date: .+/g, 'Date');
}

const write =
  (status: number, headers: OutgoingHttpHeaders, body?: string) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

describe('the response', () => {
  const length = { 'content-length': '2' };

  it.each<[string, number, OutgoingHttpHeaders, string | undefined]>([
    ['the usual', 200, { 'content-type': 'application/json', etag: '"1"', ...length }, '{}'],
    ['a body that is not ASCII', 201, { 'content-length': '4', link: '<a>' }, 'éab'],
    ['a header that is not ASCII', 200, { ...length, link: '<é>' }, '{}'],
    ['an unknown status', 299, length, '{}'],
    ['an error', 500, { ...length, vary: 'Origin' }, '{}'],
    ['no body', 204, { etag: '"1"' }, undefined],
    ['not modified', 304, { etag: '"1"' }, undefined],
    ['a length that is not told', 200, { etag: '"1"' }, '{}'],
    ['a number for a length', 200, { 'content-length': 2 }, '{}'],
    ['several values', 200, { ...length, link: ['<a>', '<b>'] }, '{}'],
    ['an end of the connection', 200, { ...length, connection: 'close' }, '{}'],
    ['chunks', 200, { 'transfer-encoding': 'chunked' }, '{}'],
    ['a date of its own', 200, { ...length, date: 'x' }, '{}'],
    ['a name in capitals', 200, { ...length, ETag: '"1"' }, '{}'],
  ])("sends what Node's own does, and the security headers: %s", async (_what, status, headers, body) => {
    expect(await bytesOf(PlinthResponse, write(status, headers, body))).toBe(
      await bytesOf(ServerResponse, write(status, { ...SECURITY_HEADERS, ...headers }, body)),
    );
  });

  it.each(['HEAD / HTTP/1.1', 'GET / HTTP/1.0'])('does so too for %s', async (head) => {
    const headers = { etag: '"1"', ...length };
    expect(await bytesOf(PlinthResponse, write(200, headers, '{}'), head)).toBe(
      await bytesOf(ServerResponse, write(200, { ...SECURITY_HEADERS, ...headers }, '{}'), head),
    );
  });

  it('lets an answer say otherwise, and keeps what was set before', async () => {
    const answer = (response: ServerResponse) => {
      response.setHeader('x-other', '1');
      response.writeHead(200, { 'cache-control': 'no-store', ...length }).end('{}');
    };
    const bytes = await bytesOf(PlinthResponse, answer);
    expect(bytes).toContain('x-other: 1\r\n');
    expect(bytes).toContain('cache-control: no-store\r\n');
    expect(bytes).not.toContain('private, no-cache');
  });

  it('has the security headers also where nobody has written a head', async () => {
    expect(await bytesOf(PlinthResponse, (response) => void response.end('{}'))).toContain(
      'x-content-type-options: nosniff\r\n',
    );
  });

  it('refuses what would split it', async () => {
    const answer = (response: ServerResponse) => {
      let refused = '';
      try {
        response.writeHead(200, { etag: '"1"\r\nx: y', ...length });
      } catch (error) {
        refused = (error as { code: string }).code;
      }
      response.writeHead(200, length).end(refused === 'ERR_INVALID_CHAR' ? 'ok' : 'no');
    };
    expect(await bytesOf(PlinthResponse, answer)).toMatch(/\r\n\r\nok/);
  });
});
