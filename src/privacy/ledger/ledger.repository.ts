import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { fromInstant, now, toInstant } from '../../runtime/instant.js';
import { uuidv7 } from '../../runtime/uuid.js';
import type { ErasureEntity } from './erasure.entity.js';

const COLUMNS = '`id`, `operation`, `module`, `row_id`, `version`, `how`, `token`, `at`';
const READ_AT_ONCE = 500;

export type Erasure = Omit<ErasureEntity, 'id' | 'at'>;

/** The ledger in the database that it is about. */
@Injectable()
export class LedgerRepository {
  constructor(private readonly database: Database) {}

  /** In the transaction that erases it. */
  async add(erasure: Erasure): Promise<void> {
    await this.insert({ ...erasure, id: uuidv7(), at: now() });
  }

  /** @param entry of another ledger */
  async insert({ id, operation, module, row_id: row, version, how, token, at }: ErasureEntity): Promise<void> {
    const sql = `INSERT INTO \`plinth_erasure\` (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
    await this.database.execute(sql, [id, operation, module, row, version, how, token, fromInstant(at)]);
  }

  async *all(): AsyncGenerator<ErasureEntity[]> {
    const sql = `SELECT ${COLUMNS} FROM \`plinth_erasure\` WHERE \`id\` > ? ORDER BY \`id\` LIMIT ${READ_AT_ONCE}`;
    for (let after = ''; ;) {
      const rows = await this.database.query<ErasureEntity>(sql, [after]);
      if (rows.length === 0) return;
      after = rows.at(-1)!.id;
      yield rows.map((row) => ({ ...row, at: toInstant(row.at) }));
    }
  }

  /** Those of the entries that are not in this ledger. */
  async missing(entries: readonly ErasureEntity[]): Promise<ErasureEntity[]> {
    if (entries.length === 0) return [];
    const places = entries.map(() => '?').join(', ');
    const sql = `SELECT \`id\` FROM \`plinth_erasure\` WHERE \`id\` IN (${places})`;
    const rows = await this.database.query<{ id: string }>(
      sql,
      entries.map(({ id }) => id),
    );
    const known = new Set(rows.map(({ id }) => id));
    return entries.filter(({ id }) => !known.has(id));
  }
}
