import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../src/testing/client.js';
import { engines, freshDatabase } from '../src/testing/database.js';
import { OtlpReceiver } from './support/otlp.js';
import { ready } from './support/ready.js';
import { Service } from './support/service.js';
import { SseReader } from '../src/testing/sse.js';

const CANARY = 'c4n4ry';
const MAIN = 'test/support/personal.main.mjs';
const PATH = '/api/guest';

/** Values that a driver's quotation marks do not hold together, or that are no text. */
const GUEST = {
  email: `${CANARY}'o@example.org`,
  name: `Ann O'${CANARY}`,
  born: '1987-06-05',
  age: 1_234_567_891,
  papers: { city: `New ${CANARY}` },
};
const VALUES = [CANARY, GUEST.born, String(GUEST.age)];

/** Nobody may find personal values in what the service tells of itself: they are in the rows, and in answers with rows. */
describe.each(engines())('personal values, on %s', (engine) => {
  it('are in no log line, metric, trace, problem and address', async () => {
    const { url, drop } = await freshDatabase(engine);
    const receiver = await OtlpReceiver.start();
    const service = await Service.spawn(
      {
        DATABASE_URL: url,
        DATABASE_MIGRATE: 'always',
        LOG_LEVEL: 'trace',
        LOG_SLOW_STATEMENT_MS: '1',
        BACKGROUND_LEASE_MS: '1500',
        SHUTDOWN_DRAIN_MS: '0',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      },
      [],
      MAIN,
    );
    await ready(service);
    const client = new Client(service.origin);
    const told: string[] = [];
    const statuses: number[] = [];
    const refused = async (method: 'get' | 'post' | 'patch' | 'put', path: string, body?: unknown) => {
      const answer = await client.send(method, path, body === undefined ? {} : { body });
      statuses.push(answer.status);
      told.push(answer.text, JSON.stringify(answer.headers));
      return answer;
    };

    expect((await client.post(PATH, { id: 'one', ...GUEST }, { 'idempotency-key': 'one' })).status).toBe(201);
    expect((await client.post(PATH, { id: 'two', ...GUEST, email: `x-${GUEST.email}` })).status).toBe(201);
    const watcher = await SseReader.open(`${service.origin}${PATH}:watch?initial=true`);

    // The body has a filter, a sort, and a cursor with a value: no address has.
    const search = { filter: `name eq 'Ann O''${CANARY}'`, sort: ['-born', 'age'], limit: 1 };
    const page = await client.post(`${PATH}:search`, search);
    expect(page.body).toMatchObject({ data: [{ id: 'one' }], page: { next_cursor: expect.any(String) as string } });
    told.push(JSON.stringify(page.headers));
    const { next_cursor: cursor } = (page.body as { page: { next_cursor: string } }).page;
    expect(Buffer.from(cursor, 'base64url').toString()).toContain(GUEST.born);
    expect((await client.post(`${PATH}:search`, { ...search, cursor })).body).toMatchObject({ data: [{ id: 'two' }] });
    const open = await client.get(`${PATH}?sort=-room&limit=1`);
    told.push(JSON.stringify(open.headers), JSON.stringify((open.body as { page: object }).page));

    const filters = [`email eq '${CANARY}'`, `born ge '${GUEST.born}'`, `age eq ${GUEST.age}`, `name eq '${CANARY}`];
    for (const filter of filters) await refused('get', `${PATH}?filter=${encodeURIComponent(filter)}`);
    for (const filter of filters) await refused('post', `${PATH}:search`, { filter: `${filter}(` });
    for (const sort of ['email', 'room,-born']) await refused('get', `${PATH}?sort=${sort}&cursor=${cursor}`);
    await refused('get', `${PATH}:watch?filter=${encodeURIComponent(`startswith(name, '${CANARY}')`)}`);
    await refused('post', PATH, GUEST);
    await refused('patch', `${PATH}/two`, { email: GUEST.email });
    await refused('put', `${PATH}/three`, GUEST);
    await refused('post', PATH, { ...GUEST, email: CANARY.repeat(100), born: `${GUEST.born}T`, age: CANARY });
    await refused('post', PATH, { ...GUEST, email: [CANARY], age: `${GUEST.age}`, born: GUEST.age, name: { CANARY } });
    await refused('post', PATH, `{"email":"${CANARY}`);
    await refused('post', PATH, `{"age":${GUEST.age}${GUEST.age}}`);
    await refused('post', `${PATH}:batch`, { operations: [{ op: 'create', body: GUEST }] });
    // The rule's own error, which no type of error tells from another.
    expect((await refused('post', PATH, { ...GUEST, email: 'new@example.org', room: 500 })).status).toBe(500);
    expect(statuses.filter((status) => status < 400)).toEqual([]);

    // The consumer fails on each change, and what is kept of that can be read by operators.
    let setAside = '';
    for (const end = Date.now() + 15_000; !setAside.includes('"two"') && Date.now() < end; await sleep(100))
      setAside = (await client.get('/api/background/set-aside')).text;
    expect(setAside).toContain('No mail to …');
    told.push(setAside, (await client.get('/api/background')).text);

    await breakTable(engine, url);
    expect((await refused('post', PATH, { ...GUEST, email: 'other@example.org' })).status).toBeGreaterThanOrEqual(500);
    watcher.close();
    told.push((await client.get('/metrics')).text);
    service.signal('SIGTERM');
    expect(await service.ended()).toBe(0);

    const { output } = service;
    for (const line of ['"code":"internal-error"', 'No room for … of …', 'No mail to …', 'Slow statement'])
      expect(output).toContain(line);
    expect(receiver.spans.length).toBeGreaterThan(20);
    const all = [...output.split('\n'), ...told, ...receiver.spans.map((span) => JSON.stringify(span))];
    for (const value of VALUES) expect(all.filter((text) => text.includes(value))).toEqual([]);
    receiver.close();
    await drop();
  }, 60_000);
});

/** Each engine then refuses in words of its own, and MariaDB's repeat the value, with the quotation mark in it. */
async function breakTable(engine: string, url: string): Promise<void> {
  if (engine === 'sqlite') {
    const { default: Sqlite } = await import('better-sqlite3');
    const database = new Sqlite(url.slice('sqlite:'.length));
    database.exec('ALTER TABLE guest RENAME COLUMN room TO other_room');
    database.close();
    return;
  }
  const { default: mysql } = await import('mysql2/promise');
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await connection.query(
    `CREATE TRIGGER refuse BEFORE INSERT ON guest FOR EACH ROW BEGIN
       SET @words = CONCAT("Incorrect value: '", NEW.name, "' here"); SIGNAL SQLSTATE '42S02' SET MYSQL_ERRNO = 1146, MESSAGE_TEXT = @words;
     END`,
  );
  await connection.end();
}
