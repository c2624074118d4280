// What is in the tables while they are attacked: enough rows for a filter to be costly, and some as large as rows get.
import { execFileSync } from 'node:child_process';
import { MariadbStore, SqliteStore } from '../stores.js';

/** What is imported before the service, and before the command that makes its tables. */
export const PAPERS_MODULE = new URL('../../test/support/papers.mjs', import.meta.url).href;
export const ROWS = 300_000;
export const PAPERS = 200;
export const PAPER_BYTES = 880 * 1024;
const AT_ONCE = 10;

export const paperAt = (n) => `paper-${String(n).padStart(3, '0')}`;

/** @param kind `sqlite` or `mariadb` */
export async function attackedStore(kind, folder) {
  const store = kind === 'sqlite' ? SqliteStore.of(ROWS, folder) : await MariadbStore.of(ROWS);
  const env = { ...process.env, DATABASE_URL: store.url };
  const migrate = ['--import', PAPERS_MODULE, 'dist/migrate.cli.js'];
  execFileSync(process.execPath, migrate, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const text = 'x'.repeat(PAPER_BYTES);
  const sql = `INSERT INTO paper (id, text) VALUES ${Array(AT_ONCE).fill('(?, ?)').join(', ')}`;
  for (let from = 0; from < PAPERS; from += AT_ONCE) {
    const values = Array.from({ length: AT_ONCE }, (_, at) => [paperAt(from + at), text]).flat();
    if (kind === 'sqlite') store.database.prepare(sql).run(...values);
    else await store.database.query(sql, values);
  }
  return store;
}
