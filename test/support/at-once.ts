import { once } from 'node:events';
import { connect } from 'node:net';

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

/** Asks all of it in one write on one connection (HTTP pipelining), so that the service meets it in one turn. */
export async function atOnce(origin: string, asked: readonly Asked[]): Promise<Answered[]> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const requests = asked.map(({ method, path, body, headers = {} }, n) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const lines = Object.entries({
      host: 'localhost',
      'content-length': String(Buffer.byteLength(text)),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(n === asked.length - 1 && { connection: 'close' }),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
  });
  socket.write(requests.join(''));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  let rest = Buffer.concat(chunks);
  return asked.map(() => {
    const end = rest.indexOf('\r\n\r\n');
    const [first, ...lines] = rest.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const begin = end + 4;
    const length = Number(headers['content-length'] ?? 0);
    const text = rest.toString('utf8', begin, begin + length);
    rest = rest.subarray(begin + length);
    return { status: Number(first!.split(' ')[1]), headers, body: (text ? JSON.parse(text) : {}) as Answered['body'] };
  });
}
