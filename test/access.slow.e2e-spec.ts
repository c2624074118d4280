import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshDatabase } from '../src/testing/database.js';
import { Service } from './support/service.js';

const SLOW = 500;
const REQUESTS = 400;

describe('five hundred slow connections', () => {
  it('are ended with 408, and leave the p99 of others as it was', async () => {
    const { url, drop } = await freshDatabase('sqlite');
    const service = await Service.spawn({ DATABASE_URL: url, HTTP_HEADERS_MS: '4000', HTTP_REQUEST_MS: '5000' });
    await service.until('/health/ready');
    await p99(service);
    const before = await p99(service);
    const sockets = await Promise.all(Array.from({ length: SLOW }, (_, n) => slow(service, n)));
    const during = await p99(service);
    expect(during).toBeLessThan(before + 50);
    const ended = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    await Promise.race([ended, sleep(15_000).then(() => Promise.reject(new Error('some are still open')))]);
    const answered = sockets.filter((socket) => received.get(socket)?.startsWith('HTTP/1.1 408'));
    // The others have sent nothing at all: there is no request to answer.
    expect(answered.length).toBeGreaterThanOrEqual((SLOW / 3) * 2 - 1);
    expect(received.get(answered[0]!)).toContain('application/problem+json');
    await service.kill();
    await drop();
  }, 60_000);
});

const received = new Map<Socket, string>();

/** Half of a header, half of a body, or nothing. */
async function slow({ origin }: Service, n: number): Promise<Socket> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => received.set(socket, (received.get(socket) ?? '') + String(chunk)));
  await new Promise((resolve) => socket.once('connect', resolve));
  const head = 'POST /api/resource HTTP/1.1\r\nHost: localhost\r\n';
  if (n % 3 === 0) socket.write(head);
  if (n % 3 === 1) socket.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na`);
  return socket;
}

async function p99({ origin }: Service): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < REQUESTS; n++) {
    const begun = performance.now();
    await (await fetch(`${origin}/api/resource?limit=1`)).text();
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b)[Math.floor(REQUESTS * 0.99)]!;
}
