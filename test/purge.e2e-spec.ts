import { Injectable, Module } from '@nestjs/common';
import { OnChange, type Change } from 'plinth';
import { setTimeout as sleep } from 'node:timers/promises';
import { Retention } from '../src/background/retention/retention.js';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { startGuarded } from './support/access.js';
import { problemOf, type Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { Patient } from './support/patient/patient.entity.js';
import { PatientModule } from './support/patient/patient.module.js';
import { SseReader } from '../src/testing/sse.js';
import { Widget } from './support/widget/widget.entity.js';
import { WidgetModule } from './support/widget/widget.module.js';

const DAY_MS = 86_400_000;
const seen: [op: string, id: string][] = [];

@Injectable()
class Reader {
  @OnChange(Patient, { name: 'reader', from: 'beginning' })
  async take({ op, id }: Change<Patient>): Promise<void> {
    seen.push([op, id]);
  }
}

@Module({ providers: [Reader] })
class ReaderModule {}

describe.each(engines())('rows that are gone for good, on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let admin: Client;
  const canary = 'c4n4ry';
  beforeAll(async () => {
    const env = { RETENTION_DELETED_DAYS: '1', BACKGROUND_LEASE_MS: '1000' };
    test = await startGuarded(engine, { modules: [PatientModule, WidgetModule], imports: [ReaderModule], env });
    ({ admin } = test);
  });
  afterAll(() => test.close());

  const make = async (id: string, members: object = {}) => {
    const body = { id, person: canary, email: `${id}@${canary}.org`, findings: { at: canary }, ...members };
    expect(await admin.post('/api/patient', body)).toMatchObject({ status: 201 });
  };
  const remove = async (...ids: string[]) => {
    for (const id of ids) expect((await admin.delete(`/api/patient/${id}`)).status).toBe(204);
  };
  const purge = (id: string, query = '', headers?: Record<string, string>) =>
    admin.post(`/api/patient/${id}:purge${query}`, undefined, headers);
  const count = async (sql: string, ...params: string[]) =>
    (await test.database.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${sql}`, params))[0]!.n;
  const ofRow = (id: string) => count('patient WHERE id = ?', id);

  it('leave facts without values: which row was changed when, and by whom', async () => {
    await make('one');
    await admin.patch('/api/patient/one', { notes: `seen by ${canary}` });
    problemOf(await purge('one'), 409, 'not-deleted');
    await remove('one');
    problemOf(await purge('one', '', { 'if-match': '"1-1"' }), 412, 'precondition-failed');
    expect((await purge('one', '?dry_run=true')).status).toBe(204);
    expect(await ofRow('one')).toBe(1);
    const key = { 'idempotency-key': 'purge' };
    expect((await purge('one', '', key)).status).toBe(204);
    expect((await purge('one', '', key)).headers['idempotency-replayed']).toBe('true');
    problemOf(await purge('one'), 404, 'not-found');
    expect(await ofRow('one')).toBe(0);
    expect(
      await count(
        "change_log WHERE resource_id = 'one' AND (`before` LIKE ? OR `after` LIKE ?)",
        `%${canary}%`,
        `%${canary}%`,
      ),
    ).toBe(0);
    const filter = encodeURIComponent("module eq 'patient'");
    const { data } = (await admin.get(`/api/changes?sort=at&filter=${filter}`)).body as { data: object[] };
    const fact = (op: string, version: number) => ({
      op,
      after: expect.objectContaining({ id: 'one', version }) as object,
    });
    expect(data).toMatchObject([fact('created', 1), fact('updated', 2), fact('deleted', 3), fact('purged', 4)]);
    expect(data[1]).toMatchObject({ before: { id: 'one', version: 1 } });
    expect(data[3]).toMatchObject({ before: null, actor: expect.stringContaining('key:') as string });
    problemOf(await admin.post('/api/patient/one:restore'), 404, 'not-found');
    await make('one');
  });

  it('are not those that others refer to, soft-deleted ones among them', async () => {
    await make('mother');
    await make('child', { mother_id: 'mother' });
    await admin.patch('/api/patient/mother', { mother_id: 'mother' });
    await remove('mother', 'child');
    problemOf(await purge('mother'), 409, 'still-referenced');
    expect((await purge('child')).status).toBe(204);
    expect((await purge('mother')).status).toBe(204);
  });

  it('are for who has a scope of its own', async () => {
    await make('scoped');
    await remove('scoped');
    const [writer, purger] = [
      admin.as(await test.keyFor('*:write', '*:read')),
      admin.as(await test.keyFor('patient:purge')),
    ];
    problemOf(await writer.post('/api/patient/scoped:purge'), 403, 'forbidden');
    expect((await purger.post('/api/patient/scoped:purge')).status).toBe(204);
  });

  it('are nothing that a feed tells: who reads it was told that they are deleted', async () => {
    const watcher = await SseReader.open(`${test.origin}/api/patient:watch`, await authorization());
    await watcher.until(({ events }) => events.length > 0);
    const from = watcher.lastEventId!;
    await make('told');
    await remove('told');
    await purge('told');
    await make('after');
    const ops = [
      ['created', 'told'],
      ['deleted', 'told'],
      ['created', 'after'],
    ];
    const told = ({ changes }: SseReader) => changes.map(({ event, data }) => [event, data.subject]);
    await watcher.until(({ changes }) => changes.length === 3);
    expect(told(watcher)).toEqual(ops);
    const resumed = await SseReader.open(`${test.origin}/api/patient:watch?after=${from}`, await authorization());
    await resumed.until(({ changes }) => changes.length === 3);
    expect(told(resumed)).toEqual(ops);
    const numbers = resumed.changes.map(({ id }) => Number(id!.split('-')[1]));
    expect(numbers[2]! - numbers[0]!).toBe(3);
    // Its position is told, so that no number is missing.
    expect(resumed.events.map(({ id, event }) => [Number(id!.split('-')[1]), event])).toContainEqual([
      numbers[1]! + 1,
      'bookmark',
    ]);
    for (const end = Date.now() + 10_000; !seen.some(([, id]) => id === 'after') && Date.now() < end;) await sleep(20);
    expect(seen.filter(([, id]) => id === 'told' || id === 'after')).toEqual(ops);
    expect(seen.filter(([op]) => op === 'purged')).toEqual([]);
    watcher.close();
    resumed.close();
    seen.length = 0;
  });

  it('are purged by themselves once they are old, but not before the feed has forgotten them', async () => {
    const retention = test.app.get(Retention);
    const after = (days: number) => retention.purgeAll(Date.now() + days * DAY_MS, new AbortController().signal);
    await make('old');
    await make('parent');
    await make('kept', { mother_id: 'parent' });
    await remove('old', 'parent');
    for (let n = 0; n < 60; n++) await make(`many-${n}`);
    await remove(...Array.from({ length: 60 }, (_, n) => `many-${n}`));
    const { model } = test.app.get(ModuleRegistry).get('widget');
    Object.assign(model, { retentionDays: 0 });
    const code = 'W-1';
    await admin.post('/api/widget', { id: 'widget', code } satisfies Partial<Widget>);
    await admin.delete('/api/widget/widget');

    await after(6);
    expect(await ofRow('old')).toBe(1);
    await after(8);
    expect(await ofRow('old')).toBe(0);
    expect(await count("patient WHERE id LIKE 'many-%'")).toBe(0);
    expect([await ofRow('parent'), await ofRow('kept')]).toEqual([1, 1]);
    expect(await count("widget WHERE id = 'widget'")).toBe(1);
    expect(await count("change_log WHERE op = 'purged' AND resource_id = 'old' AND actor = 'system:retention'")).toBe(
      1,
    );

    Object.assign(model, { retentionDays: 30 });
    await after(29);
    expect(await count("widget WHERE id = 'widget'")).toBe(1);
    await after(31);
    expect(await count("widget WHERE id = 'widget'")).toBe(0);
  });

  const authorization = async () => ({ authorization: `Bearer ${await test.keyFor('patient:read')}` });
});
