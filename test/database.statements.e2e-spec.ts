import { MOST_PREPARED } from '../src/database/mysql/mysql.statements.js';
import { startGuarded } from './support/access.js';
import type { Client } from '../src/testing/client.js';
import { serverKinds, ThrowAwayServer } from '../src/testing/mariadb.js';

/** Texts that a caller can make as many of as they like. */
function shape(n: number): string {
  const fields = ['id', 'name', 'created_at', 'updated_at', 'deleted_at'];
  const some = fields.filter((_field, at) => (n >> at) & 1).join();
  const sort = ['', '&sort=name', '&sort=-updated_at', '&sort=-created_at'][(n >> 5) & 3]!;
  const filter = `${'not ('.repeat(n % 3)}id ne 'x'${')'.repeat(n % 3)} and name ne 'y'`;
  return `/api/resource?limit=${1 + (n % 50)}&fields=${some || 'id'}${sort}${n % 2 ? `&filter=${filter}` : ''}`;
}

async function statuses(client: Client, paths: readonly string[]): Promise<number[]> {
  const found: number[] = [];
  for (let from = 0; from < paths.length; from += 10) {
    const answers = await Promise.all(paths.slice(from, from + 10).map((path) => client.get(path)));
    found.push(...answers.map(({ status }) => status));
  }
  return [...new Set(found)];
}

describe.each(serverKinds())('prepared statements of %s', (kind) => {
  let server: ThrowAwayServer;
  beforeAll(async () => {
    server = await ThrowAwayServer.start(kind);
  }, 120_000);
  afterAll(() => server.stop());

  const start = (env: Record<string, string>) => startGuarded(kind, { server: server.url, env });

  it('are few, however many texts of lists callers make, and those of rows stay', async () => {
    // Budgets are exchanged with other processes at times of their own, by statements that are prepared as well.
    const budgets = { STORAGE_BYTES_PER_CALLER: '0', STORAGE_RECORDS_PER_CALLER: '0' };
    const test = await start({ DATABASE_POOL: '1', DATABASE_WAIT_MS: '20000', ...budgets });
    try {
      const number = async (status: string) => {
        const [row] = await test.database.query<{ Value: string }>(`SHOW GLOBAL STATUS LIKE '${status}'`);
        return Number(row!.Value);
      };
      const { body } = await test.admin.post('/api/resource', { name: 'A' });
      const { id } = (body as { data: { id: string } }).data;
      const rows = async () => {
        for (let n = 0; n < 6; n++) {
          await test.admin.get(`/api/resource/${id}`);
          await test.admin.post('/api/resource', { name: 'B' });
        }
      };
      await rows();
      const shapes = Array.from({ length: 400 }, (_, n) => shape(n));
      expect(await statuses(test.admin, shapes)).toEqual([200]);
      expect(await number('Prepared_stmt_count')).toBeLessThanOrEqual(MOST_PREPARED);
      const before = await number('Com_stmt_prepare');
      await rows();
      // Nothing of it had to be prepared again.
      expect(await number('Com_stmt_prepare')).toBe(before);
    } finally {
      await test.close();
    }
  }, 60_000);

  it.each(['on', 'off'])(
    'that the server has no room for make room for each other (pipeline %s)',
    async (pipeline) => {
      const test = await start({ DATABASE_PIPELINE: pipeline, DATABASE_POOL: '5' });
      try {
        await test.database.execute('SET GLOBAL max_prepared_stmt_count = 12');
        expect(
          await statuses(
            test.admin,
            Array.from({ length: 60 }, (_, n) => shape(n)),
          ),
        ).toEqual([200]);
        const created = await Promise.all(
          Array.from({ length: 30 }, async (_, n) => {
            const operations = [
              { op: 'create', body: { name: `b${n}` } },
              { op: 'create', body: { name: `c${n}` } },
            ];
            const one = await test.admin.post('/api/resource', { name: `a${n}` });
            const { data } = one.body as { data?: { id: string } };
            const some = await test.admin.post('/api/resource:batch', { operations });
            const read = await test.admin.get(`/api/resource/${data?.id}`);
            const changed = await test.admin.patch(`/api/resource/${data?.id}`, { name: `d${n}` });
            return [one, some, read, changed].map(({ status }) => status).join();
          }),
        );
        expect([...new Set(created)]).toEqual(['201,200,200,200']);
        const [{ n }] = (await test.database.query<{ n: number }>('SELECT COUNT(*) AS `n` FROM `resource`')) as [
          { n: number },
        ];
        expect(n).toBe(90);
      } finally {
        await test.database.execute('SET GLOBAL max_prepared_stmt_count = 16382');
        await test.close();
      }
    },
    60_000,
  );
});
