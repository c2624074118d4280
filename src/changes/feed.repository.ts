import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Database } from '../database/database.js';
import { UniqueViolation } from '../database/sql-errors.js';
import type { ChangeEntity } from './change.entity.js';

export interface Feed {
  readonly head: number;
  readonly min_seq: number;
  readonly epoch: string;
}

/** At most so many are numbered in one transaction: it has to be short. */
const NUMBERED_AT_ONCE = 256;

type Pending = Pick<ChangeEntity, 'id' | 'resource_id' | 'version'>;

@Injectable()
export class FeedRepository {
  constructor(private readonly database: Database) {}

  async get(module: string): Promise<Feed> {
    const sql = 'SELECT `head`, `min_seq`, `epoch` FROM `change_feed` WHERE `module` = ?';
    const [feed] = await this.database.query<Feed>(sql, [module]);
    if (feed) return feed;
    await this.begin(module);
    return this.get(module);
  }

  /**
   * Numbers what was committed and has no number yet. Any process may do it, without a leader: the feed's row is locked,
   * so the numbers that can be seen are always dense. What is not committed yet is not seen, and gets a later number.
   * @returns how many were numbered
   */
  async number(module: string): Promise<number> {
    if (this.database.engine === 'sqlite') return 0;
    const pending =
      'SELECT `id`, `resource_id`, `version` FROM `change_log` WHERE `module` = ? AND `seq` IS NULL ORDER BY `id` LIMIT ?';
    const [first] = await this.database.query(pending.replace('LIMIT ?', 'LIMIT 1'), [module]);
    if (!first) return 0;
    await this.get(module);
    return this.database.transaction(async () => {
      const lock = 'SELECT `head` FROM `change_feed` WHERE `module` = ? FOR UPDATE';
      const [feed] = await this.database.query<{ head: number }>(lock, [module]);
      const sql = pending.replace('LIMIT ?', `LIMIT ${NUMBERED_AT_ONCE}`);
      const rows = inOrderOfEachRow(await this.database.query<Pending>(sql, [module]));
      if (rows.length === 0) return 0;
      const { head } = feed!;
      await this.assign(rows, head);
      await this.database.execute('UPDATE `change_feed` SET `head` = ? WHERE `module` = ?', [
        head + rows.length,
        module,
      ]);
      return rows.length;
    });
  }

  /** One statement for all, its shape padded to powers of two. */
  private async assign(rows: readonly Pending[], head: number): Promise<void> {
    const size = 2 ** Math.ceil(Math.log2(rows.length));
    const padded = Array.from({ length: size }, (_, index) => Math.min(index, rows.length - 1));
    const cases = padded.map(() => 'WHEN ? THEN ?').join(' ');
    const places = padded.map(() => '?').join(', ');
    const sql = `UPDATE \`change_log\` SET \`seq\` = CASE \`id\` ${cases} END WHERE \`id\` IN (${places})`;
    const pairs = padded.flatMap((index) => [rows[index]!.id, head + index + 1]);
    await this.database.execute(sql, [...pairs, ...padded.map((index) => rows[index]!.id)]);
  }

  private async begin(module: string): Promise<void> {
    const sql = 'INSERT INTO `change_feed` (`module`, `head`, `min_seq`, `epoch`) VALUES (?, 0, 1, ?)';
    try {
      await this.database.execute(sql, [module, randomBytes(6).toString('hex')]);
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
    }
  }
}

/**
 * Ids are made by clocks, which differ from process to process; the changes of one row are numbered in the order of its
 * versions. Each keeps the places that its row has, so that the rest stays as it is.
 */
export function inOrderOfEachRow(pending: readonly Pending[]): Pending[] {
  const result = [...pending];
  const places = Map.groupBy(pending.keys(), (index) => pending[index]!.resource_id);
  for (const indexes of places.values()) {
    if (indexes.length === 1) continue;
    const sorted = indexes.map((index) => pending[index]!).sort((a, b) => a.version - b.version);
    indexes.forEach((index, at) => (result[index] = sorted[at]!));
  }
  return result;
}
