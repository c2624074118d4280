import { Rendered } from '../src/crud/endpoints/render.js';
import { Idempotency } from '../src/crud/idempotency/idempotency.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { Service } from './support/service.js';

/** Keys, rows, change records and answers of creates that come at the same time are one commit. */
describe.each(engines())('creates with keys at the same time, on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp(engine, { widget: true });
    client = new Client(test.origin);
  });
  afterAll(() => test.close());
  const count = async (table: string, where = '1 = 1') =>
    (await test.database.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`))[0]!.n;
  const create = (code: string, key: string) =>
    client.post('/api/widget', { code, colour: 'grouped' }, { 'idempotency-key': key });

  it('fail and succeed each by itself, and leave the keys of those that failed free', async () => {
    expect((await create('taken', 'first')).status).toBe(201);
    const before = await count('idempotency_key');
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => create(n % 5 === 0 ? 'taken' : `code ${n}`, `group-${n}`)),
    );
    for (const [n, answer] of answers.entries()) {
      if (n % 5 === 0) expect(problemOf(answer, 409, 'already-exists').errors[0]).toMatchObject({ pointer: '#/code' });
      else expect(answer.body).toMatchObject({ data: { code: `code ${n}` } });
    }
    expect(await count('idempotency_key')).toBe(before + 48);
    expect(await count('widget', "colour = 'grouped'")).toBe(49);
    expect(await count('change_log', "module = 'widget'")).toBe(49);
    const again = await Promise.all(
      Array.from({ length: 60 }, (_, n) => create(n % 5 === 0 ? `free ${n}` : `code ${n}`, `group-${n}`)),
    );
    for (const [n, answer] of again.entries()) {
      expect(answer.status).toBe(201);
      expect(answer.headers['idempotency-replayed']).toBe(n % 5 === 0 ? undefined : 'true');
      if (n % 5 !== 0) expect(answer.text).toBe(answers[n]!.text);
    }
    expect(await count('widget', "colour = 'grouped'")).toBe(61);
  });

  it('are one row for one key, whichever process is asked', async () => {
    const other = await Service.spawn({ DATABASE_URL: test.url });
    await other.until('/health/ready');
    const clients = [client, new Client(other.origin)];
    for (let n = 0; n < 10; n++) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          clients[at % 2]!.post('/api/resource', { name: `twice ${n}` }, { 'idempotency-key': `twice-${n}` }),
        ),
      );
      const made = answers.filter(({ status }) => status === 201);
      expect(made.length).toBeGreaterThan(0);
      expect(new Set(made.map(({ text }) => text)).size).toBe(1);
      for (const answer of answers) if (answer.status !== 201) problemOf(answer, 409, 'idempotency-in-flight');
      expect(await count('resource', `name = 'twice ${n}'`)).toBe(1);
    }
    await other.kill();
  });

  it('that turn out to be more than one row are run again in one transaction', async () => {
    const idempotency = test.app.get(Idempotency);
    const answer = new Rendered(201, {}, '{}');
    let runs = 0;
    const write = async () => {
      runs++;
      // A write by another way than the one that can be held back, before it fails the second time.
      await test.database.execute("UPDATE widget SET weight = 7 WHERE code = 'taken'");
      if (runs === 2) throw new Error('afterwards');
      return answer;
    };
    const once = () =>
      idempotency.onceWithOneRow({ caller: 'test', id: 'more', request: 'r' }, write, (stored) =>
        Promise.resolve(stored),
      );
    await expect(once()).rejects.toThrow('afterwards');
    expect(await count('widget', 'weight = 7')).toBe(0);
    expect(await once()).toBe(answer);
    expect(await count('widget', 'weight = 7')).toBe(1);
    expect(await once()).toMatchObject({ headers: { 'idempotency-replayed': 'true' } });
    expect(runs).toBe(4);
  });
});
