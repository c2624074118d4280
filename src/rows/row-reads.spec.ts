import type { Database } from '../database/database.js';
import type { Statement } from '../database/session.js';
import type { CrudEntity } from './crud.entity.js';
import type { EntitySql } from './entity.sql.js';
import { RowReads } from './row-reads.js';

const BYTES = 1_000;
const FIT = 2;

/** A server that has rows of 400 bytes, all but `none`, and sends all that it is asked for. */
function readsOf(engine: 'sqlite' | 'mariadb') {
  const statements: number[] = [];
  const database = {
    engine,
    times: { onBatch: () => undefined },
    currentTransaction: () => undefined,
    query: (_sql: string, params: string[]) => Promise.resolve(params.map((id) => ({ id }))),
    queryPart: ({ params }: Statement) => {
      statements.push(params.length);
      const rows = (params as string[]).filter((id) => id !== 'none').map((id) => ({ id }));
      return Promise.resolve({ rows: rows.slice(0, FIT), isCut: rows.length > FIT });
    },
  };
  const sql = {
    find: '',
    findSome: (params: string[]) => ({ sql: '', params }),
    mostOf: () => 1_000_000,
    weigh: () => 400,
    codec: { decode: (row: object) => row },
  };
  const reads = new RowReads(database as unknown as Database, sql as unknown as EntitySql<CrudEntity>, true, BYTES);
  return { reads, statements };
}

describe('reads of large rows at the same time', () => {
  const ids = [...Array.from({ length: 15 }, (_, n) => `row ${n}`), 'none'];

  it.each(['sqlite', 'mariadb'] as const)('give each its own row, or null: %s', async (engine) => {
    const { reads } = readsOf(engine);
    for (let round = 0; round < 3; round++) {
      const found = await Promise.all([...ids, ...ids].map((id) => reads.find(id)));
      expect(found).toEqual([...ids, ...ids].map((id) => (id === 'none' ? null : { id })));
    }
  });

  it('ask a server for no more of them than fit, once that is known', async () => {
    const { reads, statements } = readsOf('mariadb');
    const all = () => Promise.all(ids.map((id) => reads.find(id)));
    await all();
    statements.length = 0;
    await all();
    expect(Math.max(...statements)).toBe(FIT);
  });
});
