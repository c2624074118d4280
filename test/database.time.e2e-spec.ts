import { modules } from '../src/modules/index.js';
import { schemaOf } from '../src/schema.js';
import { loadConfig } from '../src/config/config.js';
import { openDataSource } from '../src/database/data-source.js';
import { engines, freshDatabase } from '../src/testing/database.js';
import { Service } from './support/service.js';

/** Midnight, which the binary protocol sends without a time; an hour that New York never had; the last of a second. */
const ROWS = {
  midnight: '2026-11-24 00:00:00.000',
  skipped: '2026-03-08 02:30:00.007',
  summer: '2026-07-01 23:59:59.999',
};

describe.each(engines())('time on %s, in a process that lives in New York', (engine) => {
  it('is UTC, to the millisecond, going in and coming out', async () => {
    const fresh = await freshDatabase(engine);
    const service = await Service.spawn({
      TZ: 'America/New_York',
      DATABASE_URL: fresh.url,
      DATABASE_MIGRATE: 'always',
    });
    const createdAt = async (id: string): Promise<string> => {
      const answer = await fetch(`${service.origin}/api/resource/${id}`);
      return ((await answer.json()) as { data: { created_at: string } }).data.created_at;
    };
    try {
      await service.until('/health/ready');
      const dataSource = await openDataSource(loadConfig({ DATABASE_URL: fresh.url }).database, schemaOf(modules));
      for (const [id, at] of Object.entries(ROWS)) {
        await dataSource.query('INSERT INTO `resource` (`id`, `name`, `created_at`) VALUES (?, ?, ?)', [id, 'x', at]);
        expect(await createdAt(id)).toBe(`${at.replace(' ', 'T')}Z`);
      }
      const body = '{"id":"made","name":"x"}';
      const headers = { 'content-type': 'application/json' };
      expect((await fetch(`${service.origin}/api/resource`, { method: 'POST', headers, body })).status).toBe(201);
      await dataSource.query("INSERT INTO `resource` (`id`, `name`) VALUES ('default', 'x')");
      for (const id of ['made', 'default'])
        expect(Math.abs(Date.parse(await createdAt(id)) - Date.now())).toBeLessThan(5_000);
      await dataSource.destroy();
    } finally {
      await service.kill();
      await fresh.drop();
    }
  }, 60_000);
});
