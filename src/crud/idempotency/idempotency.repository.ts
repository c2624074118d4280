import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { fromInstant, now } from '../../runtime/instant.js';
import type { Companion } from '../../rows/row-creates.js';
import { UniqueViolation } from '../../database/sql-errors.js';
import { Rendered } from '../endpoints/render.js';

/** The status of keys whose write is still under way; no other transaction ever sees it. */
const RUNNING = 0;
const PRUNED_AT_ONCE = 500;
const INSERT =
  'INSERT INTO `idempotency_key` (`id`, `request`, `status`, `headers`, `body`, `created_at`) VALUES (?, ?, ?, ?, ?, ?)';

export interface StoredAnswer {
  readonly request: string;
  readonly answer: Rendered;
}

/** The table of idempotency keys. Methods that write work in the transaction that is under way, the write's own. */
@Injectable()
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<StoredAnswer | null> {
    interface Stored {
      request: string;
      status: number;
      headers: string;
      body: string | null;
    }
    const sql = 'SELECT `request`, `status`, `headers`, `body` FROM `idempotency_key` WHERE `id` = ?';
    const [row] = await this.database.query<Stored>(sql, [id]);
    if (!row) return null;
    const headers = JSON.parse(row.headers) as Record<string, string>;
    return { request: row.request, answer: new Rendered(row.status, headers, row.body) };
  }

  /** Takes the key for this transaction. False: another one, which has committed by now, had it. */
  async claim(id: string, request: string): Promise<boolean> {
    try {
      await this.database.execute(INSERT, [id, request, RUNNING, '{}', null, fromInstant(now())]);
      return true;
    } catch (error) {
      if (error instanceof UniqueViolation) return false;
      throw error;
    }
  }

  async complete(id: string, answer: Rendered): Promise<void> {
    const sql = 'UPDATE `idempotency_key` SET `status` = ?, `headers` = ?, `body` = ? WHERE `id` = ?';
    await this.database.execute(sql, [answer.status, JSON.stringify(answer.headers), answer.body, id]);
  }

  /**
   * Once the transaction is committed the key is on disk, and with it what it was stored with. InnoDB shows a commit to
   * others before that, and a server that dies in between comes back without it: a write whose answer was replayed would be
   * lost. A transaction that has written nothing is not waited for: this one has, and has taken it back.
   */
  async settle(id: string): Promise<void> {
    // SQLite shows a commit when it is on disk.
    if (this.database.engine === 'sqlite') return;
    for (const sign of ['+', '-']) {
      const sql = `UPDATE \`idempotency_key\` SET \`status\` = \`status\` ${sign} 1 WHERE \`id\` = ?`;
      await this.database.execute(sql, [id]);
    }
  }

  /** A key with its answer, to be stored with the one row that the request makes. */
  companion(id: string, request: string, answer: Rendered): Companion {
    const at = fromInstant(now());
    const params = [id, request, answer.status, JSON.stringify(answer.headers), answer.body, at];
    return {
      insert: { sql: INSERT, params },
      remove: { sql: 'DELETE FROM `idempotency_key` WHERE `id` = ?', params: [id] },
    };
  }

  /** @returns how many keys from before `instant` were removed, at most 500: short transactions disturb nobody */
  async prune(instant: string): Promise<number> {
    const old = 'SELECT `id` FROM `idempotency_key` WHERE `created_at` < ? ORDER BY `created_at` LIMIT ?';
    const rows = await this.database.query<{ id: string }>(old, [fromInstant(instant), PRUNED_AT_ONCE]);
    if (rows.length === 0) return 0;
    const places = Array.from({ length: PRUNED_AT_ONCE }, () => '?').join(', ');
    // Padded to one statement shape; the same id twice does no harm.
    const ids = Array.from({ length: PRUNED_AT_ONCE }, (_, index) => (rows[index] ?? rows[0]!).id);
    return this.database.execute(`DELETE FROM \`idempotency_key\` WHERE \`id\` IN (${places})`, ids);
  }
}
