import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly code?: string; readonly data?: Record<string, unknown>; readonly errors?: object[] };
}

/** Asks all of it in one turn, each on a connection of its own: the service meets them in one turn as well. */
export async function atOnce(origin: string, asked: readonly Asked[]): Promise<Answered[]> {
  const { hostname, port } = new URL(origin);
  const sockets = asked.map(() => connect(Number(port), hostname));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  // Until the service has taken them all.
  await sleep(20);
  const answers = sockets.map(answerOf);
  asked.forEach((one, n) => sockets[n]!.write(textOf(one)));
  return Promise.all(answers);
}

function textOf({ method, path, body, headers = {} }: Asked): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = Object.entries({
    host: 'localhost',
    'content-length': String(Buffer.byteLength(text)),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}

async function answerOf(socket: Socket): Promise<Answered> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  const answer = Buffer.concat(chunks);
  const end = answer.indexOf('\r\n\r\n');
  const [first, ...lines] = answer.toString('latin1', 0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const text = answer.toString('utf8', end + 4);
  return { status: Number(first!.split(' ')[1]), headers, body: (text ? JSON.parse(text) : {}) as Answered['body'] };
}
