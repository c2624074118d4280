import type { ChangeOp } from '../changes/change.entity.js';
import type { ChangeAuthor, ChangeLog } from '../changes/change-log.js';
import { Batcher, Failed } from '../database/batcher.js';
import type { Database } from '../database/database.js';
import { now } from '../database/instant.js';
import { NoMatch, type Row, type Transaction, type Write } from '../database/session.js';
import { DomainError } from '../http/domain-error.js';
import type { CrudEntity } from './crud.entity.js';
import type { EntitySql } from './entity.sql.js';
import { isOfOneRow } from './row-failures.js';

/** What becomes of a row. */
export interface Edit<E> {
  readonly id: string;
  readonly by: ChangeAuthor;
  readonly op: ChangeOp;
  /**
   * The row as it shall be, of the row as it is; `before` itself where nothing changes. It is asked again when the
   * transaction is run again. @throws why not, which it always does where there is no row
   */
  readonly apply: (before: E | null) => E;
}

/** A row that was read, locked and shall be written. */
interface Swap<E> {
  readonly before: E;
  readonly after: E;
  readonly op: ChangeOp;
  readonly by: ChangeAuthor;
}

/** Roughly in bytes; the rest of a group goes alone. A server takes 16 MiB in one statement by default. */
const HEAVIEST_GROUP = 2_000_000;
const ALONE = Symbol('alone');
type Result<E> = E | Failed | typeof ALONE;
/** MySQL and MariaDB: a syntax error. */
const NOT_UNDERSTOOD = 1064;

/**
 * Changes of rows. Those that come at the same time are committed together: the rows are locked, each change is decided
 * on its row as it is then, in the order they came, and all are written with their change records in one commit.
 *
 * Each gets its own answer: one that is refused (its precondition, its body, a unique constraint) changes nothing for the
 * others. Rows that others hold locked are passed over (SKIP LOCKED), and wait for themselves: nobody else waits with
 * them. Every update still compares the version and swaps it, and one that finds another version undoes the whole.
 */
export class RowChanges<E extends CrudEntity> {
  private readonly batcher: Batcher<Edit<E>, E | typeof ALONE>;
  private isUnderstood = true;
  /** Edits that have not been answered. */
  private underWay = 0;

  constructor(
    private readonly database: Database,
    private readonly sql: EntitySql<E>,
    private readonly changes: ChangeLog,
    private readonly isTogether: boolean,
  ) {
    this.batcher = new Batcher((group) => this.editGroup(group), { atOnce: 2, most: 64 });
  }

  async edit(edit: Edit<E>): Promise<E> {
    if (this.database.currentTransaction()) return this.editLocked(edit, (swap) => this.swapHere(swap));
    this.underWay++;
    try {
      const result = this.isTogether && this.isUnderstood ? await this.batcher.add(edit) : ALONE;
      return result === ALONE ? await this.editAlone(edit) : result;
    } finally {
      this.underWay--;
    }
  }

  /** Writes a row that the ambient transaction has locked, or that nobody has changed since it was read. */
  async swap(swap: Swap<E>): Promise<E> {
    const written = { ...swap, after: this.next(swap.before, swap.after) };
    if (this.database.currentTransaction()) await this.swapHere(written);
    else if (!(await this.commit(written))) throw changedMeanwhile();
    return written.after;
  }

  /** Decided on the row as it is, and written where it still is so by then; else decided again on one that is locked. */
  private async editAlone(edit: Edit<E>): Promise<E> {
    const swap = this.swapOf(edit, await this.database.query(this.sql.find, [edit.id]));
    if (swap.after === swap.before || (await this.commit(swap))) return swap.after;
    return this.database.transaction((transaction) =>
      this.editLocked(edit, (locked) => this.swapAll([locked], transaction)),
    );
  }

  private async editLocked(edit: Edit<E>, write: (swap: Swap<E>) => Promise<void>): Promise<E> {
    const swap = this.swapOf(edit, await this.database.query(this.sql.lock, [edit.id]));
    if (swap.after !== swap.before) await write(swap);
    return swap.after;
  }

  private swapOf({ apply, op, by }: Edit<E>, [row]: readonly Row[]): Swap<E> {
    const before = row ? this.sql.codec.decode(row) : null;
    const after = apply(before);
    if (before === null || after === before) return { before: after, after, op, by };
    return { before, after: this.next(before, after), op, by };
  }

  /** @returns false, and nothing was done, where the row is another one by now */
  private async commit(swap: Swap<E>): Promise<boolean> {
    try {
      await this.changes.commit(this.sql.table, [swap], [this.statement(swap)]);
      return true;
    } catch (error) {
      if (error instanceof NoMatch) return false;
      throw error;
    }
  }

  private async editGroup(group: readonly Edit<E>[]): Promise<Result<E>[]> {
    // Where others are under way as well, one that went alone would leave its place to the next one, and so would that.
    if (group.length === 1 && this.underWay === 1) return [ALONE];
    try {
      return await this.database.transaction((transaction) => this.editTogether(group, transaction));
    } catch (error) {
      if ((error as { errno?: number }).errno === NOT_UNDERSTOOD) this.isUnderstood = false;
      else if (!isOfOneRow(error)) throw error;
      // Which one it was they find out for themselves.
      return group.map(() => ALONE);
    }
  }

  private async editTogether(group: readonly Edit<E>[], transaction: Transaction): Promise<Result<E>[]> {
    const { sql, params } = this.sql.lockSome([...new Set(group.map(({ id }) => id))].sort());
    const rows = new Map<string, E>();
    for (const row of await transaction.query(sql, params)) {
      const entity = this.sql.codec.decode(row);
      rows.set(entity.id, entity);
    }
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
        // Its change record has both.
        weight += this.sql.weigh(before) + this.sql.weigh(after);
        if (weight > HEAVIEST_GROUP && swaps.length > 0) return ALONE;
        swaps.push({ before, after, op, by });
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
    const affected = await transaction.executeAll([...swaps.map((swap) => this.statement(swap)), ...records]);
    for (let n = 0; n < swaps.length; n++) if (affected[n] === 0) throw changedMeanwhile();
  }

  /** In a transaction of somebody else's, who may go on after a failure: nothing may be recorded that did not happen. */
  private async swapHere(swap: Swap<E>): Promise<void> {
    const { sql, params } = this.statement(swap);
    if ((await this.database.execute(sql, params)) === 0) throw changedMeanwhile();
    await this.changes.record(this.sql.table, [swap]);
  }

  private next(before: E, after: E): E {
    return { ...after, version: before.version + 1, updated_at: now() };
  }

  private statement({ before, after }: Swap<E>): Write {
    return { sql: this.sql.update, params: this.sql.updateParams(after, before), mustMatch: true };
  }
}

function changedMeanwhile(): DomainError {
  return new DomainError('precondition-failed', 'The row was changed by another request meanwhile.');
}
