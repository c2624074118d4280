import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { Service } from './support/service.js';
import { WidgetRepository, WidgetService } from './support/widget/widget.module.js';

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

  it.each(['service', 'repository'] as const)('that do more in a %s of their own are one transaction', async (part) => {
    const original = { service: test.app.get(WidgetService), repository: test.app.get(WidgetRepository) };
    const name = part === 'service' ? 'create' : 'insert';
    const own = original[part] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const inherited = own[name]!.bind(own);
    let fails = true;
    own[name] = async (...args) => {
      const made = await inherited(...args);
      await test.database.execute(`UPDATE widget SET colour = '${part}' WHERE code = 'taken'`);
      if (fails) throw new Error('afterwards');
      return made;
    };
    try {
      problemOf(await create(`by ${part}`, part), 500, 'internal-error');
      expect(await count('widget', `code = 'by ${part}' OR colour = '${part}'`)).toBe(0);
      fails = false;
      expect((await create(`by ${part}`, part)).status).toBe(201);
      expect(await count('widget', `code = 'by ${part}' OR colour = '${part}'`)).toBe(2);
      expect((await create(`by ${part}`, part)).headers['idempotency-replayed']).toBe('true');
    } finally {
      Reflect.deleteProperty(own, name);
    }
  });
});
