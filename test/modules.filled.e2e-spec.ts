import { startApp, type TestApp } from './support/app.js';
import { Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { SlotModule } from './support/slot/slot.module.js';

describe.each(engines())('a member that check() fills in, on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp(engine, { modules: [SlotModule] });
    client = new Client(test.origin);
  });
  afterAll(() => test.close());

  const keyOf = async (id: string) => {
    const { body } = await client.get(`/api/slot/${id}?fields=sort_key`);
    return (body as { data: { sort_key: string } }).data.sort_key;
  };

  it('is stored by every write, and recorded', async () => {
    const made = await client.post('/api/slot', { id: 'one', place: 'North', wing: 'East', label: 'Map Room' });
    expect(made.status).toBe(201);
    expect(await keyOf('one')).toBe('map room');
    expect((await client.patch('/api/slot/one', { label: 'Tower' })).status).toBe(200);
    expect(await keyOf('one')).toBe('tower');
    const operations = [
      { op: 'create', body: { id: 'two', place: 'South', wing: 'East', label: 'Attic' } },
      { op: 'update', id: 'one', body: { label: 'Cellar' } },
    ];
    expect((await client.post('/api/slot:batch', { operations })).status).toBe(200);
    expect([await keyOf('one'), await keyOf('two')]).toEqual(['cellar', 'attic']);
    const { body } = await client.get('/api/slot/one:history');
    const [last] = (body as { data: { after: { sort_key?: string } }[] }).data;
    expect(last!.after).toMatchObject({ label: 'Cellar' });
  });
});
