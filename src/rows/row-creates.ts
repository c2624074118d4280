import type { ChangeAuthor, ChangeLog, RowChange } from './change-log.js';
import { Batcher, Failed } from '../runtime/batcher.js';
import type { Database } from '../database/database.js';
import type { Statement, Transaction } from '../database/session.js';
import { UniqueViolation } from '../database/sql-errors.js';
import type { CrudEntity } from './crud.entity.js';
import type { EntitySql } from './entity.sql.js';
import { eachAlone, isHeldUp, isOfOneRow, WRITE_GROUPS } from './write-groups.js';

/** A row of another table that is stored with a new one, or neither is: a request's idempotency key. */
export interface Companion {
  readonly insert: Statement;
  /** Takes it away again, where the row beside it was refused. */
  readonly remove: Statement;
}

export class CompanionTaken extends Error {}

export interface Creation<E> {
  readonly row: E;
  readonly by: ChangeAuthor;
  /** The time when it was asked for, by `performance.now()`. */
  readonly since: number;
  readonly companion?: Companion | undefined;
}

/**
 * The number of groups that are inserted row by row after a row that failed: where bad rows are common, each first try is
 * lost.
 */
const CAREFUL_GROUPS = 8;

/** Whether a row was stored; false where somebody else has its companion. */
type Result = boolean | Failed;

/**
 * New rows: those that come at the same time are committed together, with one insert for all of them, one for all their
 * change records, and one durable commit.
 *
 * Nobody is answered before the commit that holds their row. When one row of an insert is refused nothing of it was
 * stored, and nobody was told so: the group is then inserted row by row, still in one commit, each row by itself. After a
 * deadlock it is run again as a whole, and where that is of no use each goes alone. Where nobody knows whether a commit
 * happened, or the database is away, that is the answer of all.
 */
export class RowCreates<E extends CrudEntity> {
  private readonly batcher: Batcher<Creation<E>, boolean>;
  /** Creates with a companion are groups of their own, so that there are few shapes of statements. */
  private readonly accompanied: Batcher<Creation<E>, boolean>;
  private careful = 0;

  constructor(
    private readonly database: Database,
    private readonly sql: EntitySql<E>,
    private readonly changes: ChangeLog,
    private readonly isTogether: boolean,
  ) {
    const weight = { of: ({ row }: Creation<E>) => this.sql.weigh(row), most: 1_000_000 };
    // SQLite's second thread takes the next group without being told that it may; MariaDB would do two at once, each slower.
    // SQLite's groups can be over within the turn: if a lone one were sent at once there, others would never come together.
    const isSqlite = database.engine === 'sqlite';
    const limits = { ...WRITE_GROUPS, weight, isReadyWhenFull: isSqlite, isEager: !isSqlite };
    this.batcher = new Batcher((group) => this.insertGroup(group), limits);
    this.accompanied = new Batcher((group) => this.insertGroup(group), limits);
  }

  /** @returns false, and nothing is stored, where somebody else has the companion */
  async insert(creation: Creation<E>): Promise<boolean> {
    if (this.database.currentTransaction()) return this.insertHere(creation);
    if (this.isTogether) return (creation.companion ? this.accompanied : this.batcher).add(creation);
    const [result] = await this.insertOrSeparate([creation]);
    if (result instanceof Failed) throw result.error;
    return result!;
  }

  /** Inserts in a transaction of the module, which may go on after a failure: nothing may be left of a row that was refused. */
  private async insertHere(creation: Creation<E>): Promise<boolean> {
    const { companion, row } = creation;
    try {
      if (companion) await this.database.execute(companion.insert.sql, companion.insert.params);
    } catch (error) {
      if (error instanceof UniqueViolation) return false;
      throw error;
    }
    for (const { sql, params } of this.sql.inserts([row])) await this.database.execute(sql, params);
    await this.changes.record(this.sql.table, [created(creation)]);
    return true;
  }

  /**
   * Inserts a group. A create that is alone waits for what is left of its time: after a group that has waited for a lock, for
   * nothing more.
   */
  private async insertGroup(group: readonly Creation<E>[]): Promise<Result[]> {
    const isOne = group.length === 1;
    this.database.times.onBatch('creates', group.length);
    try {
      if (this.careful === 0 || isOne) return await this.insertOrSeparate(group);
      this.careful--;
      return await this.insertSeparately(group);
    } catch (error) {
      if (isOne || !isHeldUp(error, this.database.engine)) throw error;
      return eachAlone(group, (one) => this.insertGroup(one));
    }
  }

  private async insertOrSeparate(group: readonly Creation<E>[]): Promise<Result[]> {
    try {
      await this.insertTogether(group);
      return group.map(() => true);
    } catch (error) {
      const isOne = group.length === 1;
      if (!isOfOneRow(error) || (isOne && !group[0]!.companion)) throw error;
      if (!isOne) this.careful = CAREFUL_GROUPS;
      return this.insertSeparately(group);
    }
  }

  private insertSeparately(group: readonly Creation<E>[]): Promise<Result[]> {
    const work = (transaction: Transaction) => this.insertEach(group, transaction);
    return this.database.transaction(work, { since: oldest(group) });
  }

  private insertTogether(group: readonly Creation<E>[]): Promise<void> {
    const companions = group.flatMap(({ companion }) => companion?.insert ?? []);
    const inserts = this.sql.inserts(group.map(({ row }) => row));
    const writes = [...inserts, ...companions];
    return this.changes.commit(this.sql.table, group.map(created), writes, 'waits', oldest(group));
  }

  /** Companions first: a row whose companion is taken is not even tried. */
  private async insertEach(group: readonly Creation<E>[], transaction: Transaction): Promise<Result[]> {
    const { sql } = this;
    // Row by row the waits for locks would add up.
    const onLock = group.length === 1 ? 'waits' : 'does not wait';
    const keyed = group.filter(({ companion }) => companion);
    const inserts = keyed.map(({ companion }) => companion!.insert);
    const claims = await transaction.executeEach(inserts, onLock);
    refuseGeneral(claims);
    const taken = new Set(keyed.filter((_creation, n) => claims[n] instanceof Failed));
    const tried = group.filter((creation) => !taken.has(creation));
    const rows = tried.flatMap(({ row }) => sql.inserts([row]));
    const outcomes = await transaction.executeEach(rows, onLock);
    refuseGeneral(outcomes);
    const stored = tried.filter((_creation, n) => !(outcomes[n] instanceof Failed));
    const left = tried.flatMap(({ companion }, n) =>
      outcomes[n] instanceof Failed && companion ? [companion.remove] : [],
    );
    const records = stored.length > 0 ? await this.changes.statements(sql.table, stored.map(created)) : [];
    await transaction.executeAll([...records, ...left]);
    const results = new Map<Creation<E>, Result>(tried.map((creation, n) => [creation, isStored(outcomes[n]!)]));
    return group.map((creation) => results.get(creation) ?? false);
  }
}

/** A server that takes no writes, or has no space: true of all, and some of what went well may be lost with it. */
function refuseGeneral(outcomes: readonly (number | Failed)[]): void {
  for (const outcome of outcomes) if (outcome instanceof Failed && !isOfOneRow(outcome.error)) throw outcome.error;
}

function isStored(outcome: number | Failed): Result {
  return outcome instanceof Failed ? outcome : true;
}

function oldest(group: readonly Creation<CrudEntity>[]): number {
  let oldest = Infinity;
  for (const { since } of group) if (since < oldest) oldest = since;
  return oldest;
}

function created<E extends CrudEntity>({ row, by }: Creation<E>): RowChange {
  return { op: 'created', before: null, after: row, by };
}
