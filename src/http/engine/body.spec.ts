import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlinthRequest, readBody } from './body.js';

const LIMIT = 100_000;
/** Used where this version of Node has it. */
const INSIDE = '_dumpAndCloseReadable';

describe.each([
  ['asked for with the request', null],
  ['asked for later', () => sleep(30)],
  ['asked for where Node has no such inside', null],
])('a body that is %s', (when, wait) => {
  let server: Server;
  /** The outcome of each body. */
  let told: string[];
  let bodies: string[];
  let requests: PlinthRequest[];
  /** The context, of those of the requests, in which each was told. */
  let contexts: (number | undefined)[];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    if (when.includes('inside'))
      Object.defineProperty(PlinthRequest.prototype, INSIDE, { value: null, configurable: true });
    told = [];
    bodies = [];
    requests = [];
    contexts = [];
    let asked = 0;
    const context = new AsyncLocalStorage<number>();
    server = createServer(
      { IncomingMessage: PlinthRequest, optimizeEmptyRequests: !when.includes('inside') },
      (request, response) => {
        const read = () =>
          readBody(request, LIMIT, (error, body) => {
            told.push(error ? error.message : `${body.length} ${body.toString('latin1', 0, 10)}`);
            bodies.push(body.toString());
            requests.push(request);
            contexts.push(context.getStore());
            response.end(error ? 'refused' : 'taken');
          });
        context.run(++asked, () => {
          if (wait) void wait().then(read);
          else read();
        });
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
    Reflect.deleteProperty(PlinthRequest.prototype, INSIDE);
  });

  async function connected() {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
    sockets.push(socket);
    let text = '';
    socket.on('data', (piece) => (text += String(piece)));
    await once(socket, 'connect');
    const answers = async (count: number) => {
      for (let n = 0; n < 100 && (text.match(/HTTP\/1.1 200/g) ?? []).length < count; n++) await sleep(10);
      return [...text.matchAll(/taken|refused/g)].map(String);
    };
    return { socket, answers };
  }
  const post = (headers: string, body = '') => `POST / HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`;
  const withLength = (body: string) => post(`Content-Length: ${body.length}\r\n`, body);

  it('is read whole, and the connection goes on', async () => {
    const { socket, answers } = await connected();
    socket.write(withLength('first'));
    await answers(1);
    // As one packet, and as chunks.
    const chunked = post('Transfer-Encoding: chunked\r\n', '3\r\nthi\r\n2\r\nrd\r\n0\r\nx-trailer: a\r\n\r\n');
    socket.write(withLength('second') + chunked + post('') + post('Content-Length: 0\r\n') + withLength('last'));
    expect(await answers(6)).toEqual(Array(6).fill('taken'));
    expect(told).toEqual(['5 first', '6 second', '5 third', '0 ', '0 ', '4 last']);
    // The two without a body were left to Node.
    expect(requests.filter(({ isStream }) => isStream)).toHaveLength(wait ? 6 : 2);
    // Else Node keeps the last one, and waits for its end.
    expect(requests.filter(({ readableEnded }) => readableEnded)).toHaveLength(6);
  });

  it('may come slowly, and is larger than what a stream takes at once', async () => {
    const { socket, answers } = await connected();
    const body = 'abcdefghij'.repeat(LIMIT / 10);
    socket.write(post(`Content-Length: ${body.length}\r\n`));
    for (let at = 0; at < body.length; at += 40_000) {
      socket.write(body.slice(at, at + 40_000));
      await sleep(20);
    }
    expect(await answers(1)).toEqual(['taken']);
    expect(told).toEqual([`${LIMIT} abcdefghij`]);
  });

  it('is refused when it is too large, as soon as that is known, and the next request is not a part of it', async () => {
    const { socket, answers } = await connected();
    const chunk = `${(20_000).toString(16)}\r\n${'a'.repeat(20_000)}\r\n`;
    socket.write(post('Transfer-Encoding: chunked\r\n', chunk.repeat(6)));
    expect(await answers(1)).toEqual(['refused']);
    socket.write(`${chunk.repeat(6)}0\r\n\r\n`);
    socket.write(post(`Content-Length: ${LIMIT + 1}\r\n`));
    expect(await answers(2)).toEqual(['refused', 'refused']);
    socket.write('a'.repeat(LIMIT + 1) + withLength('next'));
    expect(await answers(3)).toEqual(['refused', 'refused', 'taken']);
    const refusal = `content-too-large: A body may have ${LIMIT} bytes.`;
    expect(told).toEqual([refusal, refusal, '4 next']);
  });

  it('that is broken off has an end as well', async () => {
    const { socket } = await connected();
    socket.write(post('Content-Length: 10\r\n', 'abc'));
    await sleep(60);
    expect(told).toEqual([]);
    socket.destroy();
    for (let n = 0; n < 100 && told.length === 0; n++) await sleep(10);
    expect(told).toEqual(['invalid-json: The body was broken off.']);
  });

  it('that was broken off before anybody asked has an end as well', async () => {
    const { socket } = await connected();
    socket.write(post('Content-Length: 10\r\n', 'abc'));
    socket.destroySoon();
    for (let n = 0; n < 100 && told.length === 0; n++) await sleep(10);
    expect(told).toEqual(['invalid-json: The body was broken off.']);
  });

  it('may come a byte at a time', async () => {
    const { socket, answers } = await connected();
    const body = 'abcdefghij'.repeat(1_000);
    const chunks = [...body].map((byte) => `1\r\n${byte}\r\n`).join('');
    socket.write(post('Transfer-Encoding: chunked\r\n', `${chunks}0\r\n\r\n`) + withLength('next'));
    expect(await answers(2)).toEqual(['taken', 'taken']);
    expect(told).toEqual(['10000 abcdefghij', '4 next']);
    expect(bodies[0]).toBe(body);
  });

  it('is told of in the asynchronous context of who asked', async () => {
    const { socket, answers } = await connected();
    for (const name of ['one', 'two']) socket.write(withLength(name));
    expect(await answers(2)).toEqual(['taken', 'taken']);
    expect(contexts).toEqual([1, 2]);
  });

  it('comes after the server has said that it may', async () => {
    const { socket, answers } = await connected();
    let text = '';
    socket.on('data', (piece) => (text += String(piece)));
    socket.write(post('Content-Length: 4\r\nExpect: 100-continue\r\n'));
    for (let n = 0; n < 100 && text === ''; n++) await sleep(10);
    expect(text).toMatch(/^HTTP\/1.1 100 /);
    socket.write('body');
    expect(await answers(1)).toEqual(['taken']);
    expect(told).toEqual(['4 body']);
  });
});
