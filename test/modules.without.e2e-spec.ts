import type { OpenAPIV3_1 } from 'openapi-types';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { simpleModule } from './support/simple-module.js';

const LABEL = { label: { type: 'string', maxLength: 40, writable: true } } as const;
const StampModule = simpleModule('stamp', LABEL, 1764000000008, ['replace', 'remove', 'restore']);
const NoteModule = simpleModule('note', LABEL, 1764000000011, ['get', 'restore']);
const WRITES = ['create', 'update', 'replace', 'remove', 'restore'] as const;
const PosterModule = simpleModule('poster', LABEL, 1764000000009, WRITES);
const SecretModule = simpleModule('secret', LABEL, 1764000000012, ['list']);

describe.each(engines())('operations that a controller goes without, on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  let document: OpenAPIV3_1.Document;
  beforeAll(async () => {
    test = await startApp(engine, { modules: [StampModule, PosterModule, NoteModule, SecretModule] });
    client = new Client(test.origin);
    document = (await client.get('/openapi.json')).body as OpenAPIV3_1.Document;
  });
  afterAll(() => test.close());

  /** The operations that the document's schema of a module's batches has. */
  const opsIn = (module: string): string[] => {
    const { requestBody } = document.paths![`/api/${module}:batch`]!.post!;
    const { schema } = (requestBody as OpenAPIV3_1.RequestBodyObject).content['application/json']!;
    const { properties } = resolved(schema!);
    const { items } = resolved(properties!.operations!) as OpenAPIV3_1.ArraySchemaObject;
    const { oneOf, discriminator } = resolved(items);
    const named = oneOf!.map((one) => (resolved(resolved(one).properties!.op!) as { const: string }).const);
    expect(Object.keys(discriminator!.mapping!)).toEqual(named);
    return named;
  };
  const resolved = (schema: OpenAPIV3_1.SchemaObject | OpenAPIV3_1.ReferenceObject): OpenAPIV3_1.SchemaObject =>
    '$ref' in schema ? document.components!.schemas![schema.$ref.split('/').at(-1)!]! : schema;

  it('are in no batch, and not in the schema of its body', async () => {
    expect(opsIn('stamp')).toEqual(['create', 'update']);
    expect(opsIn('resource')).toEqual(['create', 'update', 'replace', 'delete']);
    const batch = (...operations: object[]) => client.post('/api/stamp:batch', { operations });
    expect((await batch({ op: 'create', body: { id: 'one', label: 'One' } })).status).toBe(200);
    for (const operation of [
      { op: 'delete', id: 'one' },
      { op: 'replace', id: 'one', body: { label: 'x' } },
    ]) {
      const { errors } = problemOf(await batch(operation), 422, 'validation-failed');
      expect(errors).toEqual([expect.objectContaining({ pointer: '#/operations/0/op' })]);
    }
    expect((await client.get('/api/stamp/one')).body).toMatchObject({ data: { label: 'One' } });
  });

  it('are in no description of a body, nor is a body that nothing takes', () => {
    const { schemas } = document.components!;
    expect(schemas!.CreateResource!.description).toContain('The body of POST and PUT.');
    expect(schemas!.CreateStamp!.description).toContain('The body of POST.');
    expect(Object.keys(schemas!).filter((name) => name.includes('Poster'))).toEqual(['Poster']);
  });

  it('are promised by no other operation', () => {
    const { paths } = document;
    expect(paths!['/api/resource/{id}']!.delete!.summary).toBe('Delete a resource; it can be restored');
    expect(paths!['/api/note/{id}']!.delete!.summary).toBe('Delete a note');
    expect(paths!['/api/resource']!.get!.description).toContain('?id=');
    expect(paths!['/api/note']!.get!.description).not.toContain('?id=');
  });

  it('have no other way in: ?id= is the read endpoint', async () => {
    problemOf(await client.get('/api/note?id=x'), 400, 'unknown-parameter');
  });

  it('are not offered by a problem', async () => {
    await client.post('/api/stamp', { id: 'old', label: 'Old' });
    await test.database.execute("UPDATE `stamp` SET `deleted_at` = '2026-01-01 00:00:00' WHERE `id` = 'old'");
    const { detail, errors } = problemOf(
      await client.post('/api/stamp', { id: 'old', label: 'x' }),
      409,
      'already-exists',
    );
    expect([detail, ...errors.map((error) => error.detail)]).toEqual([
      'The id is taken by a deleted stamp.',
      '"id" is taken by a deleted stamp.',
    ]);
  });

  it('leave no search where there is no list', async () => {
    problemOf(await client.post('/api/secret:search', {}), 404, 'route-not-found');
    problemOf(await client.get('/api/secret'), 405, 'method-not-allowed');
    expect(Object.keys(document.paths!)).toContain('/api/secret/{id}:purge');
    expect(Object.keys(document.paths!)).not.toContain('/api/secret:search');
  });

  it('leave no batch where nothing is left to be in one, and everything that reads', async () => {
    const operations = [{ op: 'create', body: { label: 'x' } }];
    problemOf(await client.post('/api/poster:batch', { operations }), 404, 'route-not-found');
    await test.database.execute("INSERT INTO `poster` (`id`, `label`) VALUES ('p', 'P')");
    expect((await client.get('/api/poster/p')).body).toMatchObject({ data: { id: 'p', label: 'P' } });
    const paths = Object.keys(document.paths!).filter((path) => path.startsWith('/api/poster'));
    const own = ['', '/{id}', '/{id}:history', ':search', ':watch'].map((end) => `/api/poster${end}`);
    expect(paths.sort()).toEqual(own);
    for (const path of paths)
      expect(Object.keys(document.paths![path]!)).toEqual([path.endsWith(':search') ? 'post' : 'get']);
    expect((await client.post('/api/poster:search', {})).body).toMatchObject({ data: [{ id: 'p' }] });
    // Nothing is ever deleted, so that nothing can be purged.
    problemOf(await client.post('/api/poster/p:purge'), 404, 'route-not-found');
  });
});
