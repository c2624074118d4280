import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import type { Row } from '../database/session.js';
import { fromInstant, toInstant } from '../runtime/instant.js';
import type { Condition } from '../query/condition.js';
import type { ListQuery, Part } from '../query/list-query.js';
import { ListReads } from '../query/list-reads.js';
import { plainTable } from '../query/list-sql.js';
import type { ChangeEntity } from '../rows/change.entity.js';

const READ_AT_ONCE = 256;
const PRUNED_AT_ONCE = 500;
const COLUMNS = '`id`, `module`, `resource_id`, `version`, `op`, `before`, `after`, `actor`, `at`, `trace_id`, `seq`';

@Injectable()
export class ChangeRepository {
  private readonly lists: ListReads<ChangeEntity>;
  private readonly mostBytes: number;

  constructor(
    private readonly database: Database,
    { http }: Config,
  ) {
    this.mostBytes = http.pageBytes;
    const listed = {
      ...plainTable('change_log', database.engine),
      decode: (row: Row) => decode(row as unknown as ChangeEntity),
      // As long as the rows that they are of.
      mostOf: () => Infinity,
    };
    this.lists = new ListReads(database, listed, this.mostBytes);
  }

  /**
   * The changes after a position of the feed, up to another one, in order: a dense run of numbers, at most 256 and as many as
   * fit.
   */
  async between(module: string, after: number, upTo: number): Promise<ChangeEntity[]> {
    const sql = `SELECT ${COLUMNS} FROM \`change_log\` WHERE \`module\` = ? AND \`seq\` > ? AND \`seq\` <= ? ORDER BY \`seq\` LIMIT ${READ_AT_ONCE}`;
    const statement = { sql, params: [module, after, upTo], mostBytes: this.mostBytes };
    return (await this.database.queryPart<ChangeEntity>(statement)).rows.map(decode);
  }

  /** The changes of one row from a number on, up to another one, in order: at most 256 and as many as fit. */
  async ofRow(module: string, id: string, from: number, upTo: number): Promise<ChangeEntity[]> {
    const sql = `SELECT ${COLUMNS} FROM \`change_log\` WHERE \`module\` = ? AND \`resource_id\` = ? AND \`seq\` >= ? AND \`seq\` <= ? ORDER BY \`seq\` LIMIT ${READ_AT_ONCE}`;
    const statement = { sql, params: [module, id, from, upTo], mostBytes: this.mostBytes };
    return (await this.database.queryPart<ChangeEntity>(statement)).rows.map(decode);
  }

  /** Undefined where there is no change with this number, or no longer. */
  async idAt(module: string, seq: number): Promise<string | undefined> {
    const sql = 'SELECT `id` FROM `change_log` WHERE `module` = ? AND `seq` = ?';
    return (await this.database.query<Pick<ChangeEntity, 'id'>>(sql, [module, seq]))[0]?.id;
  }

  /** All modules that have changes, resource modules or not. */
  async modules(): Promise<string[]> {
    const rows = await this.database.query<{ module: string }>('SELECT DISTINCT `module` FROM `change_log`');
    return rows.map(({ module }) => module);
  }

  /** A page of the audit, or of one row's history, as of `ListReads.gather`. */
  gather<T>(
    query: ListQuery,
    caller: string,
    only: Condition | undefined,
    work: (read: (part: ListQuery) => Promise<Part<ChangeEntity>>) => Promise<T>,
  ): Promise<T> {
    // The log has no soft-deleted rows.
    return this.lists.gather(query, caller, only, (read) => work((part) => read({ ...part, includeDeleted: true })));
  }

  /** Moves the beginning of the feed behind what is older than `instant`. @returns whether it moved */
  async shortenFeed(module: string, instant: string): Promise<boolean> {
    return this.database.transaction(async () => {
      const newest =
        'SELECT MAX(`seq`) AS `seq` FROM `change_log` WHERE `module` = ? AND `at` < ? AND `seq` IS NOT NULL';
      const [old] = await this.database.query<{ seq: number | null }>(newest, [module, fromInstant(instant)]);
      if (old?.seq === null || old === undefined) return false;
      const move = 'UPDATE `change_feed` SET `min_seq` = ? WHERE `module` = ? AND `min_seq` < ?';
      return (await this.database.execute(move, [old.seq + 1, module, old.seq + 1])) > 0;
    });
  }

  /** Removes what is older than `instant` and no part of the feed any more, 500 at most. @returns how many */
  async prune(module: string, instant: string, minSeq: number): Promise<number> {
    const old = 'SELECT `id` FROM `change_log` WHERE `module` = ? AND `at` < ? AND `seq` < ? ORDER BY `at` LIMIT 500';
    const rows = await this.database.query<{ id: string }>(old, [module, fromInstant(instant), minSeq]);
    if (rows.length === 0) return 0;
    const places = Array.from({ length: PRUNED_AT_ONCE }, () => '?').join(', ');
    const ids = Array.from({ length: PRUNED_AT_ONCE }, (_, index) => (rows[index] ?? rows[0]!).id);
    return this.database.execute(`DELETE FROM \`change_log\` WHERE \`id\` IN (${places})`, ids);
  }
}

function decode(row: ChangeEntity): ChangeEntity {
  if (row.at !== undefined) row.at = toInstant(row.at);
  return row;
}
