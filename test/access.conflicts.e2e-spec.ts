import { EVERY_ROW, rowWhere } from '../src/rows/row-rule.js';
import { setRowRule, startGuarded } from './support/access.js';
import { problemOf, type Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { Widget } from './support/widget/widget.entity.js';

/** A 409 names no member, and no row, that its reader could not read. */
describe.each(engines())('a clash on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let clerk: Client;
  beforeAll(async () => {
    test = await startGuarded(engine, { widget: true });
    clerk = test.admin.as(await test.keyFor('widget:read', 'widget:write'));
  });
  afterAll(() => test.close());

  /** As a team's entity and migration would have it. */
  const addUnique = async (name: string, ...columns: string[]) => {
    await test.database.execute(`CREATE UNIQUE INDEX \`${name}\` ON \`widget\` (${columns.join(', ')})`, []);
    const index = { name, columns: columns.map((databaseName) => ({ databaseName })) };
    (test.database.modelOf(Widget).indices as unknown[]).push(index);
  };

  it('names of its members only those that the caller may read', async () => {
    await addUnique('uq_widget_colour_secret', 'colour', 'secret');
    await test.admin.post('/api/widget', { id: 's1', code: 's1', colour: 'red', secret: 'hush' });
    await test.admin.post('/api/widget', { id: 's2', code: 's2', colour: 'blue', secret: 'hush' });
    const told = problemOf(await test.admin.patch('/api/widget/s2', { colour: 'red' }), 409, 'already-exists');
    expect(told.errors.map(({ pointer }) => pointer).sort()).toEqual(['#/colour', '#/secret']);
    await test.admin.delete('/api/widget/s1');
    const answer = await clerk.patch('/api/widget/s2', { colour: 'red' });
    const { errors } = problemOf(answer, 409, 'already-exists');
    expect(errors).toEqual([{ code: 'not-unique', detail: '"colour" is taken.', pointer: '#/colour' }]);
    // Nor that a row which they may see has the hidden value, too.
    expect(answer.text).not.toMatch(/secret|hush|s1/);
  });

  it('tells of a deleted row in the way, and how it comes back, those who may see it', async () => {
    await test.admin.post('/api/widget', { id: 'd1', code: 'd1', colour: 'green' });
    const live = problemOf(await clerk.post('/api/widget', { code: 'd1' }), 409, 'already-exists');
    expect(live.detail).not.toMatch(/deleted|restore/);
    await test.admin.delete('/api/widget/d1');
    await test.admin.post('/api/widget', { id: 'd2', code: 'd2', colour: 'yellow' });
    const ways = [
      () => clerk.post('/api/widget', { id: 'd1', code: 'd3' }),
      () => clerk.post('/api/widget', { id: 'd1', code: 'd3' }, { 'idempotency-key': 'again' }),
      () => clerk.post('/api/widget?dry_run=true', { id: 'd1', code: 'd3' }),
      () => clerk.post('/api/widget', { code: 'd1' }),
      () => clerk.put('/api/widget/d4', { code: 'd1' }),
      () => clerk.put('/api/widget/d2', { code: 'd1' }),
      () => clerk.patch('/api/widget/d2', { code: 'd1' }),
    ];
    for (const send of ways) {
      const { detail, errors } = problemOf(await send(), 409, 'already-exists');
      expect(detail).toMatch(/deleted widget.*POST \/api\/widget\/d1:restore/);
      expect(errors).toEqual([
        expect.objectContaining({ code: 'not-unique', detail: expect.stringContaining('deleted') }),
      ]);
    }
    setRowRule(test, 'widget', () => rowWhere('colour', 'eq', 'yellow'));
    for (const body of [
      { id: 'd1', code: 'd3', colour: 'yellow' },
      { code: 'd1', colour: 'yellow' },
    ]) {
      const { detail } = problemOf(await clerk.post('/api/widget', body), 409, 'already-exists');
      expect(detail).not.toMatch(/deleted|restore|d1/);
    }
  });

  it('names no column that is no field', async () => {
    setRowRule(test, 'widget', () => EVERY_ROW);
    await test.database.execute('DELETE FROM `widget`', []);
    await test.database.execute('ALTER TABLE `widget` ADD COLUMN `stamp` INTEGER DEFAULT 7', []);
    await addUnique('uq_widget_stamp', 'stamp');
    expect((await test.admin.post('/api/widget', { code: 'n1' })).status).toBe(201);
    const answer = await test.admin.post('/api/widget', { code: 'n2' });
    const { errors } = problemOf(answer, 409, 'already-exists');
    expect(errors).toEqual([]);
    expect(answer.text).not.toContain('stamp');
  });
});
