import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_FLAGS } from '../src/process/node-flags.js';
import { Client } from '../src/testing/client.js';
import { engines, freshDatabase } from '../src/testing/database.js';
import { runBuilt } from './support/process.js';
import { Service } from './support/service.js';

const HEAP_MIB = 128;
/** The heap with its young part, buffers and code; at rest it is some 180. */
const MOST_MIB = 400;
/** As `npm start` has them. */
const FLAGS = NODE_FLAGS.map((flag) => flag.replace(/(--max-old-space-size)=\d+/, `$1=${HEAP_MIB}`));
const LARGE = 'x'.repeat(880_000);
const ROWS = 12;

/** Each in a small form, by one caller, against a process of its own with everything but rate limits at its default. */
describe.each(engines())('one caller, on %s', (engine) => {
  let service: Service;
  let url: string;
  let drop: () => Promise<void>;
  let attacker: string;
  let bystander: Client;
  const sockets: Socket[] = [];
  const answers: string[] = [];

  beforeAll(async () => {
    ({ url, drop } = await freshDatabase(engine));
    const env = {
      DATABASE_URL: url,
      DATABASE_MIGRATE: 'always',
      AUTH: 'keys',
      RATE_LIMIT: 'off',
      LOG_LEVEL: 'warn',
      HTTP_SEND_MS: '3000',
    };
    service = await Service.spawn(env, [...FLAGS, '--import', './test/support/papers.mjs']);
    await service.until('/health/ready');
    const keyFor = async (name: string) => {
      const { stdout } = await runBuilt('key.cli.js', env, ['create', '--name', name, '--scope', '*:*']).ended;
      return /plinth_\S+/.exec(stdout)![0];
    };
    attacker = await keyFor('attacker');
    bystander = new Client(service.origin, await keyFor('bystander'));
    await bystander.post('/api/resource', { id: 'one', name: 'Map room' });
    for (let n = 0; n < ROWS; n++)
      expect((await bystander.post('/api/paper', { id: `row-${n}`, text: LARGE })).status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await service.kill();
    await drop();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    answers.length = 0;
  });

  const head = (method: string, path: string, ...headers: string[]) =>
    [`${method} ${path} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${attacker}`, ...headers, '', ''].join(
      '\r\n',
    );

  /** Says something, reads the beginning of the answer, and then nothing more. */
  const open = (text = ''): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(service.origin).port), '127.0.0.1');
      sockets.push(socket);
      // Once it is connected whatever ends it is the service's right.
      socket.on('error', reject);
      socket.once('data', (chunk: Buffer) => {
        answers.push(String(chunk).slice(9, 12));
        socket.pause();
      });
      socket.once('connect', () => {
        if (text !== '') socket.write(text);
        resolve(socket);
      });
    });

  const many = (count: number, text: string) => Promise.all(Array.from({ length: count }, () => open(text)));

  /** Somebody else is served all the while, liveness holds, and memory does not grow without bound. */
  const survives = async (ms: number): Promise<void> => {
    let most = 0;
    const statuses: number[] = [];
    for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
      statuses.push((await bystander.get('/api/resource/one')).status);
      expect((await bystander.get('/health/live')).status).toBe(200);
      most = Math.max(most, service.memoryMib);
    }
    expect(most).toBeLessThan(MOST_MIB);
    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  };

  it('who begins exports and reads none gets a few, and loses them in time', async () => {
    await many(300, head('GET', '/api/paper', 'Accept: application/x-ndjson'));
    await survives(2_000);
    const began = answers.filter((status) => status === '200').length;
    // Four at once; on a slow machine the first have been ended by the time that the last ones come.
    expect(began).toBeLessThanOrEqual(20);
    expect(new Set(answers)).toEqual(new Set(['200', '429']));
    // Their connections are ended: with their places others are served, whoever still holds the other ends.
    const headers = { accept: 'application/x-ndjson' };
    const attackers = new Client(service.origin, attacker);
    for (const end = Date.now() + 20_000; ; await sleep(200)) {
      const { status, text } = await attackers.get('/api/paper?fields=id', headers);
      if (status === 200) {
        expect(text.trimEnd().split('\n')).toHaveLength(ROWS);
        break;
      }
      expect(Date.now()).toBeLessThan(end);
    }
  }, 60_000);

  it('who asks for pages of large rows and reads none, one after the other', async () => {
    await many(60, head('GET', '/api/paper?limit=200').repeat(10));
    await survives(3_000);
  }, 60_000);

  it('who does so with the history of changes', async () => {
    await many(60, head('GET', '/api/changes?limit=200').repeat(10));
    await survives(3_000);
  }, 60_000);

  it('who sends five hundred large bodies slowly', async () => {
    const size = 1_000_000;
    const headers = ['Content-Type: application/json', `Content-Length: ${size}`];
    await many(500, `${head('POST', '/api/paper', ...headers)}{"text":"${'a'.repeat(size / 2)}`);
    await survives(3_000);
    expect(answers).toContain('429');
  }, 60_000);

  it('who reads five hundred large rows a little at a time', async () => {
    const readers = await many(500, head('GET', '/api/paper/row-1'));
    const reading = setInterval(() => readers.forEach((socket) => void socket.read(1_024)), 100);
    try {
      await survives(3_000);
    } finally {
      clearInterval(reading);
    }
  }, 60_000);

  it('who watches a hundred times and reads no event, while large rows are written', async () => {
    await many(100, head('GET', '/api/paper:watch', 'Accept: text/event-stream'));
    const writer = new Client(service.origin, attacker);
    const writing = Array.from({ length: 4 }, async () => {
      for (const end = Date.now() + 3_000; Date.now() < end;) await writer.post('/api/paper', { text: LARGE });
    });
    await survives(3_000);
    await Promise.all(writing);
    expect(answers).toContain('429');
  }, 60_000);

  it('who sends ten thousand requests and reads no answer', async () => {
    await many(4, head('GET', '/api/resource?limit=200').repeat(10_000));
    await survives(3_000);
  }, 60_000);

  it('who opens a thousand connections and says nothing', async () => {
    const before = service.memoryMib;
    await many(1_000, '');
    await survives(1_000);
    expect(service.memoryMib - before).toBeLessThan(100);
  }, 60_000);

  it.each(['with', 'without'])(
    'who sends bodies of a gibibyte, %s a key',
    async (how) => {
      const all = head('POST', '/api/paper', 'Content-Type: application/json', `Content-Length: ${2 ** 30}`);
      await many(50, `${how === 'with' ? all : all.replace(/Authorization.*\r\n/, '')}${'a'.repeat(200_000)}`);
      await survives(1_000);
      expect(new Set(answers)).toEqual(new Set([how === 'with' ? '413' : '401']));
    },
    60_000,
  );

  it('leaves the memory as it was', async () => {
    await sleep(500);
    await survives(500);
    expect(service.memoryMib).toBeLessThan(MOST_MIB);
    expect(service.output).not.toContain('FATAL');
  }, 60_000);
});
