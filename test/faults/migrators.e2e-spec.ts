import { serverKinds } from '../../src/testing/mariadb.js';
import { runBuilt } from '../support/process.js';
import { Place } from './support/place.js';

describe.each(serverKinds())('callers of a service on %s, while migrations run', (kind) => {
  it('are led to no replica until they are through, also where one of two runners is killed, and each has run once', async () => {
    const place = await Place.make(kind);
    const service = await place.service({ DATABASE_MIGRATE: 'never' });
    await service.until('/health/live', 200, 30_000);
    const runners = [1, 2].map(() => runBuilt('migrate.cli.js', { DATABASE_URL: place.url() }));
    // Both are past their start then, and one has begun.
    const begun = await Promise.race(
      runners.map(
        (runner) =>
          new Promise<typeof runner>((resolve) => {
            const look = () => runner.output().includes('Running ') && resolve(runner);
            runner.child.stdout!.on('data', () => setImmediate(look));
          }),
      ),
    );
    begun.child.kill('SIGKILL');
    expect((await fetch(`${service.origin}/health/ready`)).status).toBe(503);
    const other = runners.find((runner) => runner !== begun)!;
    expect(await other.ended).toMatchObject({ code: 0 });
    await service.until('/health/ready');
    expect((await fetch(`${service.origin}/api/resource`)).status).toBe(200);
    const ran = (await place.query('SELECT name FROM plinth.plinth_migration')).map(({ name }) => name);
    expect(new Set(ran).size).toBe(ran.length);
    const status = await runBuilt('migrate.cli.js', { DATABASE_URL: place.url() }, ['status']).ended;
    expect(status).toMatchObject({ code: 0 });
    expect(status.output).not.toMatch(/pending|differs/);
    await service.kill();
  }, 90_000);
});
