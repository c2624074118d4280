import type { ChangeOp } from './change.entity.js';
import type { ChangeAuthor, ChangeLog } from './change-log.js';
import { Batcher, Failed } from '../runtime/batcher.js';
import type { Database } from '../database/database.js';
import { now } from '../runtime/instant.js';
import { NoMatch, type Transaction } from '../database/session.js';
import { DomainError } from '../problems/domain-error.js';
import type { CrudEntity } from './crud.entity.js';
import type { Change, EntitySql } from './entity.sql.js';
import type { RowReads } from './row-reads.js';
import { eachAlone, isHeldUp, isOfOneRow, WRITE_GROUPS } from './write-groups.js';

/** A change of one row. */
export interface Edit<E> {
  readonly id: string;
  readonly by: ChangeAuthor;
  readonly op: ChangeOp;
  /**
   * The row as it shall be, of the row as it is; `before` itself where nothing changes. It is asked again where the row
   * has become another one by then. @throws why not, which it always does where there is no row
   */
  readonly apply: (before: E | null) => E;
}

/** A row as it was read, and as it shall be written. */
interface Swap<E> extends Change<E> {
  readonly op: ChangeOp;
  readonly by: ChangeAuthor;
}

/** Roughly in bytes; the rest of a group goes alone. A server takes 16 MiB in one statement by default. */
const HEAVIEST_GROUP = 2_000_000;
/**
 * The number of edits that are locked first after a group that met somebody else on one of its rows: where that is common,
 * each first try is lost.
 */
const CAREFUL_EDITS = 256;
const ALONE = Symbol('alone');
type Result<E> = E | Failed | typeof ALONE;
/** MySQL and MariaDB: a syntax error. */
const NOT_UNDERSTOOD = 1064;

/**
 * Changes of rows. Each is decided on its row as it was just read, and written where the row still is that version; those
 * that come at the same time are committed together, with their change records. Where somebody else was faster with one of
 * the rows, or holds it, nothing of that commit has happened, and its edits are decided again on rows that are locked.
 *
 * So are those of a row that is being changed here already: one after the other, in the order they came, and committed
 * together as well. Rows that others hold locked are passed over then (SKIP LOCKED), and wait for themselves.
 *
 * Each gets its own answer: one that is refused (its precondition, its body, a unique constraint) changes nothing for the
 * others. Nobody waits for a row that is not theirs, and every update compares the version and swaps it.
 */
export class RowChanges<E extends CrudEntity> {
  private readonly swaps: Batcher<Swap<E>, boolean>;
  private readonly lockers: Batcher<Edit<E>, E | typeof ALONE>;
  private canSkipLocked = true;
  /** The number of edits of each row that have not been answered. */
  private readonly underWay = new Map<string, number>();
  private careful = 0;

  constructor(
    private readonly database: Database,
    private readonly sql: EntitySql<E>,
    private readonly reads: RowReads<E>,
    private readonly changes: ChangeLog,
    private readonly isTogether: boolean,
  ) {
    const weight = { of: (swap: Swap<E>) => this.weigh(swap), most: HEAVIEST_GROUP };
    this.swaps = new Batcher((group) => this.commitGroup(group), { ...WRITE_GROUPS, weight });
    this.lockers = new Batcher((group) => this.editGroup(group), { atOnce: 2, most: 64 });
  }

  async edit(edit: Edit<E>): Promise<E> {
    if (this.database.currentTransaction()) return this.editHere(edit);
    const { id } = edit;
    const others = this.underWay.get(id) ?? 0;
    this.underWay.set(id, others + 1);
    try {
      const edited = others === 0 ? await this.editAsRead(edit) : null;
      return edited ?? (await this.editLocked(edit));
    } finally {
      const left = this.underWay.get(id)! - 1;
      if (left > 0) this.underWay.set(id, left);
      else this.underWay.delete(id);
    }
  }

  /** Writes a row that the ambient transaction has locked, or that nobody has changed since it was read. */
  async swap(swap: Swap<E>): Promise<E> {
    const written = { ...swap, after: this.next(swap.before, swap.after) };
    if (this.database.currentTransaction()) await this.swapHere(written);
    else {
      const { table } = this.sql;
      const writes = [this.sql.updateOf(written)];
      await this.changes.commit(table, [written], writes, 'waits', swap.by.since).catch(refuseUnmatched);
    }
    return written.after;
  }

  /** @returns null where it has to be decided again, on a row that is locked */
  private async editAsRead(edit: Edit<E>): Promise<E | null> {
    if (!this.database.commitsWithoutWaiting) return null;
    if (this.careful > 0) {
      this.careful--;
      return null;
    }
    const swap = this.swapOf(edit, await this.reads.find(edit.id));
    if (swap.after === swap.before) return swap.after;
    // One that is alone has nobody to wait for.
    const isOne = !this.isTogether || this.underWay.size === 1;
    const isDone = isOne ? (await this.commitGroup([swap]))[0] === true : await this.swaps.add(swap);
    return isDone ? swap.after : null;
  }

  private async editLocked(edit: Edit<E>): Promise<E> {
    const result = this.isTogether && this.canSkipLocked ? await this.lockers.add(edit) : ALONE;
    return result === ALONE ? this.database.transaction(() => this.editHere(edit), { since: edit.by.since }) : result;
  }

  /** Edits in the transaction that is under way, which may be the module's own. */
  private async editHere(edit: Edit<E>): Promise<E> {
    const swap = this.swapOf(edit, await this.reads.lock(edit.id));
    if (swap.after !== swap.before) await this.swapHere(swap);
    return swap.after;
  }

  private swapOf({ apply, op, by }: Edit<E>, before: E | null): Swap<E> {
    const after = apply(before);
    if (before === null || after === before) return { before: after, after, op, by };
    return { before, after: this.next(before, after), op, by };
  }

  private async commitGroup(group: readonly Swap<E>[]): Promise<(boolean | Failed)[]> {
    this.database.times.onBatch('changes', group.length);
    // The commit's, one for all of them.
    const at = now();
    for (const { after } of group) Object.assign(after, { updated_at: at });
    try {
      await this.changes.commit(this.sql.table, group, this.sql.updatesOf(group), 'does not wait');
      return group.map(() => true);
    } catch (error) {
      const isOne = group.length === 1;
      if (error instanceof NoMatch) {
        if (!isOne) this.careful = CAREFUL_EDITS;
        return group.map(() => false);
      }
      if (isOne || !isOfOneRow(error)) throw error;
      return eachAlone(group, (swap) => this.commitGroup(swap));
    }
  }

  private async editGroup(group: readonly Edit<E>[]): Promise<Result<E>[]> {
    this.database.times.onBatch('changes', group.length);
    try {
      const work = (transaction: Transaction) => this.editTogether(group, transaction);
      return await this.database.transaction(work);
    } catch (error) {
      if ((error as { errno?: number }).errno === NOT_UNDERSTOOD) this.canSkipLocked = false;
      else if (!isOfOneRow(error) && !isHeldUp(error, this.database.engine)) throw error;
      // Runs each alone, which shows the one that failed.
      return group.map(() => ALONE);
    }
  }

  private async editTogether(group: readonly Edit<E>[], transaction: Transaction): Promise<Result<E>[]> {
    const rows = await this.reads.lockFree([...new Set(group.map(({ id }) => id))].sort());
    const swaps: Swap<E>[] = [];
    let weight = 0;
    const results = group.map(({ id, apply, op, by }): Result<E> => {
      const before = rows.get(id);
      // Not there, or locked by somebody else: to be waited for.
      if (!before) return ALONE;
      try {
        const changed = apply(before);
        if (changed === before) return before;
        const after = this.next(before, changed);
        const swap = { before, after, op, by };
        weight += this.weigh(swap);
        if (weight > HEAVIEST_GROUP && swaps.length > 0) return ALONE;
        swaps.push(swap);
        rows.set(id, after);
        return after;
      } catch (error) {
        return new Failed(error);
      }
    });
    if (swaps.length > 0) await this.swapAll(swaps, transaction);
    return results;
  }

  private async swapAll(swaps: readonly Swap<E>[], transaction: Transaction): Promise<void> {
    const records = await this.changes.statements(this.sql.table, swaps);
    const statements = [...swaps.map((swap) => this.sql.updateOf(swap)), ...records];
    // Somebody else's lock may still be met, on a unique value; the waits of several would add up.
    const affected = await transaction.executeAll(statements, swaps.length === 1 ? 'waits' : 'does not wait');
    for (let n = 0; n < swaps.length; n++) if (affected[n] === 0) throw changedMeanwhile();
  }

  /** Writes in a transaction of the module, which may go on after a failure: nothing may be recorded that did not happen. */
  private async swapHere(swap: Swap<E>): Promise<void> {
    const { sql, params } = this.sql.updateOf(swap);
    if ((await this.database.execute(sql, params)) === 0) throw changedMeanwhile();
    await this.changes.record(this.sql.table, [swap]);
  }

  /** The bytes of a change: its record has both rows. */
  private weigh({ before, after }: Swap<E>): number {
    return this.sql.weigh(before) + this.sql.weigh(after);
  }

  private next(before: E, after: E): E {
    return { ...after, version: before.version + 1, updated_at: now() };
  }
}

function changedMeanwhile(): DomainError {
  return new DomainError('precondition-failed', 'The row was changed by another request meanwhile.');
}

function refuseUnmatched(error: unknown): never {
  throw error instanceof NoMatch ? changedMeanwhile() : error;
}
