import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { DOCUMENT } from '../src/modules/specification/specification.outline.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines, freshDatabase } from '../src/testing/database.js';
import { specifications } from './specification/documents.js';

const PATH = '/api/specification';
const TEMPLATE = readFileSync('test/specification/template.md', 'utf8');
const TYPE = { 'content-type': 'text/markdown' };
const ACCEPT = { accept: 'text/markdown' };
const DOCUMENTS = 1000;
const AT_ONCE = 20;
/** All that a specification must have before it is complete. */
const WHOLE = TEMPLATE.replaceAll('[', '')
  .replaceAll(']', '')
  .replaceAll('YYYY-MM-DD', '2026-11-28')
  .replace('Planning | Implementation | Review | Complete', 'Implementation');

describe('the specification of Plinth itself', () => {
  it('is what npm run seed stores, and the same when it is done again', async () => {
    const { url, drop } = await freshDatabase('sqlite');
    const seed = () =>
      execFileSync('npm', ['run', '-s', 'seed'], { env: { ...process.env, DATABASE_URL: url }, encoding: 'utf8' });
    expect([seed(), seed()]).toEqual(Array(2).fill('specification plinth is as docs/specification.md says.\n'));
    const test = await startApp('sqlite', { env: { DATABASE_URL: url } });
    const client = new Client(test.origin);
    expect((await client.get(`${PATH}/plinth`, ACCEPT)).text).toBe(readFileSync('docs/specification.md', 'utf8'));
    const row = (await client.get(`${PATH}/plinth?fields=version,resources`)).body as object;
    expect(row).toMatchObject({ data: { version: 1, resources: ['resource', 'specification'] } });
    await test.close();
    await drop();
  }, 60_000);
});

describe.each(engines())('a specification as Markdown, on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp(engine);
    client = new Client(test.origin);
  });
  afterAll(() => test.close());

  const data = (answer: { body: unknown }) => (answer.body as { data: Record<string, unknown> }).data;
  const put = (id: string, text: string, headers: object = {}) =>
    client.put(`${PATH}/${id}`, text, { ...TYPE, ...headers });
  const markdown = async (id: string) => (await client.get(`${PATH}/${id}`, ACCEPT)).text;

  it('is the same text again, a thousand of them, and the rows that they were written from', async () => {
    const rows = fc.sample(specifications, DOCUMENTS);
    const texts = rows.map((row) => DOCUMENT.write(row));
    const sent: Promise<void>[] = [];
    for (const [n, text] of texts.entries()) {
      const one = put(`n${String(n).padStart(4, '0')}`, text, { prefer: 'return=minimal' }).then(({ status, body }) =>
        expect({ status, body: body as object, text }).toMatchObject({ status: 201 }),
      );
      if (sent.push(one) === AT_ONCE) await Promise.all(sent.splice(0));
    }
    await Promise.all(sent);
    const all = await client.get(PATH, ACCEPT);
    expect(all.text).toBe(texts.join(''));
    const lines = await client.get(PATH, { accept: 'application/x-ndjson' });
    const read = lines.text.trimEnd().split('\n');
    expect(read.map((line) => JSON.parse(line) as object)).toMatchObject(rows);
    expect(await markdown('n0007')).toBe(texts[7]);
  }, 300_000);

  it('is the template, byte for byte, whose placeholders are no values', async () => {
    const made = await put('template', TEMPLATE);
    expect(made.status).toBe(201);
    expect(data(made)).toMatchObject({ name: '[Feature Name]', status: null, target_date: null, resources: [] });
    const again = await client.get(`${PATH}/template`, ACCEPT);
    expect(again.headers['content-type']).toBe('text/markdown; charset=utf-8');
    expect(again.text).toBe(TEMPLATE);
    expect(data(await client.post(`${PATH}/template:advance`)).status).toBe('planning');
    expect(await markdown('template')).toContain('- **Current Phase**: Planning\n');
  });

  it('is taken in another spelling, and kept in its own', async () => {
    const other = `\uFEFF${TEMPLATE.replaceAll('\n- ', '\n* ').replaceAll('\n2. ', '\n\n7) ')}\n\n`.replaceAll(
      '\n',
      '\r\n',
    );
    const made = await client.post(PATH, other.replaceAll('7) ', '2. '), {
      'content-type': 'text/markdown; charset=UTF-8',
    });
    expect(made.status).toBe(201);
    expect(await markdown(data(made).id as string)).toBe(TEMPLATE);
  });

  it('names each fault by line and column, and stores nothing', async () => {
    const count = async () => (await client.get(`${PATH}?count=true&limit=1&fields=id`)).body as object;
    const before = await count();
    const bad = TEMPLATE.replace('YYYY-MM-DD', '2026-02-30')
      .replace('## Goals', '## Aims')
      .replace('| [Risk 1] | High |', '| [Risk 1] | Huge |');
    const { errors } = problemOf(await client.post(PATH, bad, TYPE), 422, 'malformed-document');
    const risk = bad.split('\n').findIndex((line) => line.includes('Huge')) + 1;
    const malformed = '"[2026-02-30]" must be a day such as 2026-11-28, or [YYYY-MM-DD].';
    expect(errors).toEqual([
      { code: 'malformed', detail: malformed, line: 9, column: 1 },
      { code: 'unknown-heading', detail: '"Aims" is no heading of level 2 here.', line: 11, column: 1 },
      { code: 'missing-heading', detail: '"## Goals" is missing.', line: 16, column: 1 },
      { code: 'malformed', detail: '"Impact" must be Low, Medium, High.', line: risk, column: 12 },
    ]);
    expect(await count()).toEqual(before);
  });

  it('keeps what it has no place for, and the phase, which only verbs move', async () => {
    await client.post(PATH, { id: 'kept', name: 'Kept', resources: ['resource'] });
    const planning = TEMPLATE.replace('[Planning | Implementation | Review | Complete]', 'Planning');
    expect(data(await put('kept', planning))).toMatchObject({ resources: ['resource'], overview: expect.any(String) });
    const { errors } = problemOf(await put('kept', planning.replace('Planning', 'Review')), 422, 'validation-failed');
    expect(errors).toMatchObject([{ code: 'read-only', pointer: '#/status' }]);
    const { headers, text } = await client.get(`${PATH}/kept`, ACCEPT);
    expect(text).toBe(planning);
    const same = await put('kept', text, { 'if-match': headers.etag!.replace('W/', '') });
    expect([same.status, same.headers.etag]).toEqual([200, headers.etag!.replace('W/', '')]);
    expect(data(await client.put(`${PATH}/kept`, { name: 'JSON' }))).toMatchObject({ resources: [], overview: '' });
  });

  it('goes from phase to phase, with what each of them needs', async () => {
    expect(data(await put('moved', WHOLE))).toMatchObject({ status: 'implementation' });
    const move = (verb: string) => client.post(`${PATH}/moved:${verb}`);
    await client.patch(`${PATH}/moved`, {
      technical_risks: [],
      success_metrics: [],
      overview: '[Later]',
      migration: null,
    });
    const early = problemOf(await move('advance'), 422, 'validation-failed');
    expect(early.errors.map(({ pointer }) => pointer)).toEqual(['#/technical_risks', '#/success_metrics']);
    const { technical_risks, success_metrics } = DOCUMENT.read(WHOLE);
    await client.patch(`${PATH}/moved`, { technical_risks, success_metrics });
    expect(data(await move('advance')).status).toBe('review');
    problemOf(await client.patch(`${PATH}/moved`, { technical_risks: [] }), 422, 'validation-failed');
    const late = problemOf(await move('advance'), 422, 'validation-failed');
    expect(late.errors.map(({ pointer }) => pointer)).toEqual(['#/overview', '#/migration']);
    expect(data(await move('reopen')).status).toBe('implementation');
    problemOf(await move('reopen'), 409, 'conflict');
    expect((await put('moved', WHOLE)).status).toBe(200);
    expect([data(await move('advance')).status, data(await move('advance')).status]).toEqual(['review', 'complete']);
    problemOf(await move('advance'), 409, 'conflict');
    problemOf(await client.post(PATH, { name: 'Bare', status: 'complete' }), 422, 'validation-failed');
  });

  it('refuses members that could not stand in it, and names of no module', async () => {
    const bad = {
      name: 'x #',
      overview: 'a\n\n## Goals',
      api: '```\nopen',
      goals: ['a\nb', '- a'],
      cost: '\n',
      capacity: 'good',
    };
    const { errors } = problemOf(await client.post(PATH, bad), 422, 'validation-failed');
    expect(errors.map(({ pointer }) => pointer)).toEqual(['#/name', '#/overview', '#/goals', '#/api', '#/cost']);
    const unknown = await client.post(PATH, { name: 'x', resources: ['resource', 'nothing'] });
    expect(problemOf(unknown, 422, 'validation-failed').errors).toMatchObject([{ pointer: '#/resources/1' }]);
  });
});
