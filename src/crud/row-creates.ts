import type { ChangeAuthor, ChangeLog, RowChange } from '../changes/change-log.js';
import { Batcher, Failed } from '../database/batcher.js';
import type { Database } from '../database/database.js';
import type { Transaction } from '../database/session.js';
import type { CrudEntity } from './crud.entity.js';
import type { EntitySql } from './entity.sql.js';
import { isOfOneRow } from './row-failures.js';

export interface Creation<E> {
  readonly row: E;
  readonly by: ChangeAuthor;
}

/** After a row that failed, so many groups are inserted row by row: where bad rows are common, each first try is lost. */
const CAREFUL_GROUPS = 8;

/**
 * New rows: those that come at the same time are committed together, with one insert for all of them, one for all their
 * change records, and one durable commit.
 *
 * Nobody is answered before the commit that holds their row. When one row of an insert is refused nothing of it was
 * stored, and nobody was told so: the group is then inserted row by row, still in one commit, each row by itself. After a
 * deadlock it is run again as a whole. Where nobody knows whether a commit happened, or the database is away, that is the
 * answer of all.
 */
export class RowCreates<E extends CrudEntity> {
  private readonly batcher: Batcher<Creation<E>, undefined>;
  private careful = 0;

  constructor(
    private readonly database: Database,
    private readonly sql: EntitySql<E>,
    private readonly changes: ChangeLog,
    private readonly isTogether: boolean,
  ) {
    const weight = { of: ({ row }: Creation<E>) => this.sql.weigh(row), most: 1_000_000 };
    this.batcher = new Batcher((group) => this.insertGroup(group), { atOnce: 2, most: 64, weight });
  }

  async insert(creation: Creation<E>): Promise<void> {
    if (this.database.currentTransaction()) return this.insertHere(creation);
    if (this.isTogether) return this.batcher.add(creation);
    return this.database.transaction((transaction) => this.insertTogether([creation], transaction));
  }

  /** In a transaction of somebody else's, who may go on after a failure: nothing may be left of a row that was refused. */
  private async insertHere({ row, by }: Creation<E>): Promise<void> {
    for (const { sql, params } of this.sql.inserts([row])) await this.database.execute(sql, params);
    await this.changes.record(this.sql.table, [created({ row, by })]);
  }

  private async insertGroup(group: readonly Creation<E>[]): Promise<(undefined | Failed)[]> {
    if (this.careful > 0 && group.length > 1) {
      this.careful--;
      return this.database.transaction((transaction) => this.insertEach(group, transaction));
    }
    try {
      await this.database.transaction((transaction) => this.insertTogether(group, transaction));
      return group.map(() => undefined);
    } catch (error) {
      if (group.length === 1 || !isOfOneRow(error)) throw error;
      this.careful = CAREFUL_GROUPS;
      return this.database.transaction((transaction) => this.insertEach(group, transaction));
    }
  }

  private async insertTogether(group: readonly Creation<E>[], transaction: Transaction): Promise<void> {
    const records = await this.changes.statements(this.sql.table, group.map(created));
    await transaction.executeAll([...this.sql.inserts(group.map(({ row }) => row)), ...records]);
  }

  private async insertEach(group: readonly Creation<E>[], transaction: Transaction): Promise<(undefined | Failed)[]> {
    const outcomes = await transaction.executeEach(group.flatMap(({ row }) => this.sql.inserts([row])));
    // A server that takes no writes, or has no space: true of all, and some of what went well may be lost with it.
    const general = outcomes.find((outcome) => outcome instanceof Failed && !isOfOneRow(outcome.error));
    if (general instanceof Failed) throw general.error;
    const stored = group.filter((_creation, n) => !(outcomes[n] instanceof Failed));
    if (stored.length > 0) await this.changes.record(this.sql.table, stored.map(created));
    return outcomes.map((outcome) => (outcome instanceof Failed ? outcome : undefined));
  }
}

function created<E extends CrudEntity>({ row, by }: Creation<E>): RowChange {
  return { op: 'created', before: null, after: row, by };
}
