import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { allowSlowReading, UnreadAnswers } from './unread-answers.js';

const MS = 400;
/** More than the kernel's buffers take. */
const ANSWER = 'x'.repeat(40_000_000);

/** As a stream answers: one piece after the other, each when the one before was taken; without an end. */
function* pieces(): Generator<string> {
  for (;;) yield 'x'.repeat(100_000);
}

/** As a later version of Node may have its sockets. */
function hideProgress(socket: Socket): void {
  const { _handle: handle } = socket as unknown as { _handle: object };
  Object.defineProperty(handle, 'writeQueueSize', { value: undefined });
}

describe('an answer that nobody reads', () => {
  let server: Server;
  let client: Socket;
  let served: Socket;
  let isPatient = false;
  let isUnknown = false;
  let ended = 0;

  const ask = async () => {
    server = createServer((request, response) => {
      served = request.socket;
      if (isPatient) allowSlowReading(served);
      if (isUnknown) hideProgress(served);
      if (!isUnknown) return response.end(ANSWER);
      return Readable.from(pieces()).pipe(response);
    });
    new UnreadAnswers(MS, () => ended++).watch(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(client, 'data');
    client.pause();
  };
  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is ended in time, with its connection', async () => {
    await ask();
    await once(served, 'close');
    expect([served.destroyed, ended]).toEqual([true, 1]);
  }, 30_000);

  it('is not as long as some of it is taken', async () => {
    await ask();
    let isOver = false;
    served.once('close', () => (isOver = true));
    // Several times as long in all.
    for (let n = 0; n < 20; n++) {
      client.resume();
      await sleep(5);
      client.pause();
      await sleep(MS / 4);
      if (served.writableLength === 0) break;
      expect(isOver).toBe(false);
    }
  }, 30_000);

  it('is ended, and is not as long as it is taken, where Node does not tell what the kernel has taken', async () => {
    isUnknown = true;
    await ask();
    let isOver = false;
    served.once('close', () => (isOver = true));
    for (let n = 0; n < 5; n++) {
      const before = client.bytesRead;
      client.resume();
      while (client.bytesRead - before < ANSWER.length / 8) await sleep(1);
      client.pause();
      await sleep(MS / 2);
      expect(isOver).toBe(false);
    }
    if (!isOver) await once(served, 'close');
    isUnknown = false;
  }, 30_000);

  it('may lie longer where it is a stream', async () => {
    isPatient = true;
    await ask();
    await sleep(4 * MS);
    expect(served.destroyed).toBe(false);
  }, 30_000);
});
