import fc from 'fast-check';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { settle } from '../src/query/condition.js';
import { matches } from '../src/query/condition.matches.js';
import { parseFilter } from '../src/query/filter.parser.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { SpecimenModule } from './support/specimen/specimen.module.js';
import { SseReader } from '../src/testing/sse.js';

const PATH = '/api/specimen';
const CASED = Array.from({ length: 0x1e944 }, (_, point) => String.fromCodePoint(point)).filter((letter) =>
  /[\p{Changes_When_Casemapped}\p{Changes_When_Casefolded}]/u.test(letter),
);
const letter = fc.oneof(fc.constantFrom(...CASED), fc.constantFrom(...'aAsSſkK\u212aßẞıİ σςΣ%_\\'));
const text = fc.array(letter, { minLength: 1, maxLength: 10 }).map((all) => all.join(''));
/** Some of a text, with each letter in one of its cases. */
const partOf = (all: string) =>
  fc.tuple(fc.nat(), fc.nat(), fc.nat(2)).map(([from, length, spelling]) => {
    const letters = [...all];
    const at = from % letters.length;
    const some = letters.slice(at, at + 1 + (length % (letters.length - at))).join('');
    return [some, some.toLowerCase(), some.toUpperCase()][spelling]!;
  });

interface Labelled {
  readonly id: string;
  readonly label: string;
}

describe.each(engines())('a filter without regard to case on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp(engine, { modules: [SpecimenModule] });
    client = new Client(test.origin);
  });
  afterAll(() => test.close());

  const found = async (filter: string) => {
    const { status, body } = await client.get(`${PATH}?limit=200&fields=label&filter=${encodeURIComponent(filter)}`);
    expect({ filter, status }).toEqual({ filter, status: 200 });
    return (body as { data: Labelled[] }).data.map(({ label }) => label).sort();
  };

  it('finds of any letters what it finds of rows in memory', async () => {
    const { fields } = test.app.get(ModuleRegistry).get('specimen').model;
    const rows = fc.sample(text, 150).map((label) => ({ label }));
    for (let at = 0; at < rows.length; at += 50) {
      const operations = rows.slice(at, at + 50).map((body) => ({ op: 'create', body }));
      expect((await client.post(`${PATH}:batch`, { operations })).status).toBe(200);
    }
    const part = fc.constantFrom(...rows).chain(({ label }) => fc.tuple(fc.constant(label), partOf(label)));
    const filter = fc
      .tuple(part, fc.constantFrom('eq', 'ne', 'in', 'contains', 'startswith', 'endswith'))
      .map(([[whole, some], operator]) => {
        const quoted = (all: string) => `'${all.replaceAll("'", "''")}'`;
        if (operator === 'in') return `casei(label) in (${quoted(whole.toUpperCase())}, ${quoted(some)})`;
        if (operator === 'eq' || operator === 'ne') return `casei(label) ${operator} ${quoted(whole.toLowerCase())}`;
        return `${operator}(casei(label), ${quoted(some)})`;
      });
    await fc.assert(
      fc.asyncProperty(filter, async (one) => {
        const condition = settle(parseFilter(one), fields);
        const meant = rows.filter((row) => matches(condition, row)).map(({ label }) => label);
        expect({ one, labels: await found(one) }).toEqual({ one, labels: meant.sort() });
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('finds every variant of a letter, and no other', async () => {
    for (const label of ['Straße 1', 'STRAẞE 1', 'strasse 1', 'Kelvin 1', '\u212aelvin 1', 'İi 1', 'ıI 1'])
      expect((await client.post(PATH, { label })).status).toBe(201);
    expect(await found("casei(label) eq 'straße 1'")).toEqual(['STRAẞE 1', 'Straße 1']);
    expect(await found("startswith(casei(label), 'kELV')")).toEqual(['Kelvin 1', '\u212aelvin 1']);
    expect(await found("endswith(casei(label), 'I 1')")).toEqual(['İi 1', 'ıI 1']);
  });

  it('searches long texts, and takes as many different letters as are allowed', async () => {
    const letters = String.fromCodePoint(...Array.from({ length: 64 }, (_, at) => 0x13a0 + at));
    const essay = `${'É'.repeat(100_000)}${letters.toLowerCase()}`;
    expect((await client.post(PATH, { label: 'long 2', essay })).status).toBe(201);
    expect(await found(`contains(casei(essay), '${letters}')`)).toEqual(['long 2']);
    expect(await found("startswith(casei(essay), 'éÉ') and not contains(casei(essay), 'e')")).toEqual(['long 2']);
    const url = (filter: string) => `${PATH}?filter=${encodeURIComponent(filter)}`;
    for (const filter of [`casei(label) eq '${letters}A'`, "casei(label) lt 'a'", "casei(tint) eq 'red'"])
      problemOf(await client.get(url(filter)), 400, 'invalid-filter');
  });

  it('says which changes a watcher is told of', async () => {
    const events = await SseReader.open(
      `${test.origin}${PATH}:watch?filter=${encodeURIComponent("startswith(casei(label), 'watched')")}`,
    );
    await client.post(PATH, { label: 'unwatched' });
    await client.post(PATH, { label: 'WATCHED' });
    await events.until(({ changes }) => changes.length > 0);
    expect(events.changes.map(({ data }) => data.data?.label)).toEqual(['WATCHED']);
    events.close();
  });
});
