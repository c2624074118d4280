import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const portOf = (origin: string): number => Number(new URL(origin).port);

/** Sends bytes as they are, and gives back all that comes until the service closes (or `ms` have passed). */
export function sendRaw(origin: string, bytes: string | Buffer, ms = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(portOf(origin), '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, ms);
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('close', end);
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? end() : reject(error)));
  });
}

/** The answers of a connection, one after the other; each has to tell its length. */
export function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n');
    const [line = '', ...fields] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      fields.map((field) => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim(),
      ]),
    );
    const length = Number(headers['content-length'] ?? 0);
    const body = rest.slice(end + 4, end + 4 + length);
    answers.push({ status: Number(line.split(' ')[1]), headers, body });
    rest = end === -1 ? '' : rest.slice(end + 4 + length);
  }
  return answers;
}

export interface Flood {
  readonly answer: string;
  /** Bytes that were sent: the service, as its own process counts, has not read more. */
  readonly sent: number;
}

/** Sends a head, and then a body that never ends, as fast as the service takes it. */
export function flood(origin: string, head: string, piece: Buffer, mostBytes: number): Promise<Flood> {
  return new Promise((resolve) => {
    const socket = connect(portOf(origin), '127.0.0.1');
    let answer = '';
    let sent = 0;
    const send = () => {
      while (!socket.destroyed && sent < mostBytes) {
        sent += piece.length;
        if (!socket.write(piece)) return void socket.once('drain', send);
      }
      socket.destroy();
    };
    socket.on('connect', () => {
      socket.write(head);
      send();
    });
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ answer, sent }));
  });
}
