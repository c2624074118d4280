import fc from 'fast-check';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { DomainError } from '../src/problems/domain-error.js';
import { OPERATOR } from './support/access.js';
import { startApp, type TestApp } from './support/app.js';
import { Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

type Values = Record<string, unknown>;
interface Repository {
  make(row: Values): Values;
  insert(row: Values, by: object): Promise<void>;
  find(id: string, by: object): Promise<Values | null>;
  edit(id: string, op: string, apply: (row: Values) => Values, by: object): Promise<Values>;
}

const FIELDS = 'fields=id,code,colour,weight,fragile,due_at,secret';
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: 'grapheme', minLength: 38, maxLength: 42 }),
  fc.constantFrom(
    '',
    ' ',
    'a ',
    'A',
    'á',
    '\0',
    'a\0b',
    '\ud800',
    '😀'.repeat(40),
    '😀'.repeat(41),
    'x'.repeat(40),
    'x'.repeat(41),
  ),
);
const number = fc.oneof(
  fc.constantFrom(
    -1,
    -0,
    0,
    1,
    1.5,
    0.1,
    1e-7,
    1e21,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
  ),
  fc.integer(),
  fc.double(),
);
const instant = fc.constantFrom(
  '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00.000Z',
  '1970-01-01T00:00:01.000Z',
  '1971-01-01T00:00:00.000Z',
  '2026-02-28T23:59:59.999Z',
  '2026-02-30T00:00:00.000Z',
  '2026-11-28T24:00:00.000Z',
  '2026-11-28T12:00:00.000+01:00',
  '2026-11-28T12:00:00Z',
  '2026-11-28 12:00:00.000',
  '2037-12-31T23:59:59.999Z',
  '2038-01-19T03:14:07.999Z',
  '2038-01-19T03:14:08.000Z',
  '9999-12-31T23:59:59.999Z',
  '0000-00-00T00:00:00.000Z',
  '+012026-01-01T00:00:00.000Z',
  'now',
  '',
);
const anything = fc.oneof(text, number, instant, fc.boolean(), fc.constant(null));
const values = fc.record(
  {
    code: fc.oneof(text, anything),
    colour: fc.oneof(text, anything),
    weight: fc.oneof(number, anything),
    due_at: fc.oneof(instant, anything),
  },
  { requiredKeys: ['code'] },
);

describe('what one engine takes, the others take, and what it refuses they refuse', () => {
  const tests: TestApp[] = [];
  let ids = 0;
  beforeAll(async () => {
    for (const engine of engines()) tests.push(await startApp(engine, { widget: true }));
  });
  afterAll(() => Promise.all(tests.map((test) => test.close())));

  const sameOnAll = async (ask: (test: TestApp) => Promise<unknown>) => {
    const [first, ...others] = await Promise.all(tests.map(ask));
    for (const other of others) expect(other).toEqual(first);
    return first;
  };
  const asked = async ({ origin }: TestApp, id: string, body: Values) => {
    const client = new Client(origin);
    const made = await client.post(`/api/widget?${FIELDS}`, { ...body, id });
    const { code, errors, detail, data } = made.body as Values;
    if (made.status !== 201) return { status: made.status, code, errors, detail };
    const read = await client.get(`/api/widget/${id}?${FIELDS}`);
    expect((read.body as Values).data).toEqual(data);
    return { status: made.status, data };
  };

  it('through HTTP', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (body) => {
        const id = `h-${++ids}`;
        const answer = (await sameOnAll((test) => asked(test, id, body))) as { status: number };
        expect([201, 409, 422]).toContain(answer.status);
      }),
      { numRuns: 150 },
    );
  });

  /** As a team's own code calls them, whose values no rule of a request has seen. */
  const called = async ({ app }: TestApp, id: string, body: Values, isUpdate: boolean) => {
    const { repository } = app.get(ModuleRegistry).get('widget') as unknown as { repository: Repository };
    try {
      if (isUpdate) {
        await repository.insert(
          repository.make({ id, code: id, colour: null, weight: null, fragile: false, due_at: null }),
          OPERATOR,
        );
        await repository.edit(id, 'updated', (row: Values) => ({ ...row, ...body, code: id }), OPERATOR);
      } else await repository.insert(repository.make({ fragile: false, ...body, id }), OPERATOR);
    } catch (error) {
      expect(error).toBeInstanceOf(DomainError);
      return (error as DomainError).code;
    }
    const { code, colour, weight, due_at } = (await repository.find(id, OPERATOR))!;
    return { code, colour, weight, due_at };
  };

  it.each([false, true])('through a repository (update: %s)', async (isUpdate) => {
    await fc.assert(
      fc.asyncProperty(values, async (body) => {
        const id = `s-${++ids}`;
        await sameOnAll((test) => called(test, id, body, isUpdate));
      }),
      { numRuns: 150 },
    );
  });
});
