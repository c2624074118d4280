// The attacks: each by one key that may read and write. Whoever is refused tries again.
import { randomUUID } from 'node:crypto';
import { PAPER_BYTES, PAPERS, paperAt } from './rows.js';

const GIB = 1_073_741_824;
const CHUNK = Buffer.alloc(65_536, 0x20);
const LARGE = `{"text":"${'x'.repeat(PAPER_BYTES)}"}`;
const NDJSON = { accept: 'application/x-ndjson' };
const quoted = (text) => encodeURIComponent(text);

export const KINDS = {
  /** Nothing: what the numbers are in peace. */
  peace: () => undefined,

  exports: (wire) =>
    wire.keep(950, (socket) => {
      wire.leaveUnread(socket);
      socket.write(wire.ask('/api/resource', { headers: NDJSON }));
    }),

  filters: (wire) =>
    wire.askAgain(200, (n) =>
      wire.ask(`/api/resource?count=true&filter=${quoted(`contains(name,'nothing ${n}') or endswith(name,'${n}~')`)}`),
    ),

  pages: (wire) => wire.askAgain(20, () => wire.ask('/api/paper?limit=200')),

  pipelined: (wire) =>
    wire.keep(10, (socket) => {
      wire.leaveUnread(socket);
      socket.write(wire.ask('/api/resource?limit=200').repeat(1_000));
    }),

  'slow-writers': (wire) =>
    wire.keep(500, (socket) => {
      wire.read(socket);
      const headers = { 'content-type': 'application/json', 'content-length': 1_000_000 };
      socket.write(wire.ask('/api/paper', { method: 'POST', headers }));
      every(socket, 500, () => socket.write(' '));
    }),

  'slow-readers': (wire) =>
    wire.keep(500, (socket, n) => {
      wire.leaveUnread(socket);
      socket.write(wire.ask(`/api/paper/${paperAt(n % PAPERS)}`));
      every(socket, 100, () => socket.read(1_024));
    }),

  'idle-sockets': (wire) => wire.keep(5_000, (socket, n) => n % 2 && socket.write('GET / HTTP/1.1\r\n')),

  bodies: (wire) =>
    wire.keep(16, (socket, n) => {
      wire.read(socket);
      const framing = n % 4 < 2 ? { 'content-length': GIB } : { 'transfer-encoding': 'chunked' };
      const stranger = n % 2 && { authorization: 'Bearer nobody' };
      const headers = { 'content-type': 'application/json', ...framing, ...stranger };
      socket.write(wire.ask('/api/paper', { method: 'POST', headers }));
      const chunk = n % 4 < 2 ? CHUNK : Buffer.concat([Buffer.from('10000\r\n'), CHUNK, Buffer.from('\r\n')]);
      const send = () => {
        while (socket.writable && socket.write(chunk));
      };
      socket.on('drain', send);
      send();
    }),

  shapes: (wire) => wire.askAgain(50, (n) => wire.ask(`/api/resource?${shape(n)}`)),

  idempotency: (wire) =>
    wire.askAgain(8, () =>
      wire.ask('/api/paper', { method: 'POST', body: LARGE, headers: { 'idempotency-key': randomUUID() } }),
    ),

  watchers: (wire) =>
    Promise.all([
      wire.keep(200, (socket) => {
        wire.leaveUnread(socket);
        socket.write(wire.ask('/api/paper:watch', { headers: { accept: 'text/event-stream' } }));
      }),
      wire.askAgain(4, (n) => {
        const body = `{"text":"${String(n).padEnd(PAPER_BYTES, 'y')}"}`;
        const headers = { 'content-type': 'application/merge-patch+json' };
        return wire.ask(`/api/paper/${paperAt(n % PAPERS)}`, { method: 'PATCH', body, headers });
      }),
    ]),
};

/** No two are alike: other fields, another order, another number of comparisons joined in another way. */
function shape(n) {
  const all = ['id', 'name', 'created_at', 'updated_at', 'version', 'deleted_at'];
  const chosen = all.filter((_, bit) => (n >> bit) & 1);
  const fields = chosen.length > 0 ? `&fields=${chosen}` : '';
  const sort = ['name', '-name', 'created_at', '-created_at', 'id', '-id'][n % 6];
  const tests = Array.from({ length: 1 + (n % 12) }, (_, at) => {
    const word = ((n >> 3) + at) % 3 === 0 ? 'ne' : ((n >> 4) + at) % 3 === 1 ? 'gt' : 'le';
    return `${(n >> at) & 1 ? 'not ' : ''}name ${word} 'x${n}'`;
  });
  const filter = tests.join((n >> 2) & 1 ? ' or ' : ' and ');
  return `limit=${1 + (n % 40)}&sort=${sort}${fields}&filter=${quoted(filter)}`;
}

function every(socket, ms, work) {
  const timer = setInterval(work, ms);
  socket.on('close', () => clearInterval(timer));
}
