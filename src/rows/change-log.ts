import { Injectable } from '@nestjs/common';
import type { CrudEntity } from './crud.entity.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import { uuidv7 } from '../runtime/uuid.js';
import { Database } from '../database/database.js';
import { fromInstant } from '../runtime/instant.js';
import { RowsInsert } from './rows-insert.js';
import type { LockPolicy, SqlValue, Statement, Write } from '../database/session.js';
import type { ChangeOp } from './change.entity.js';
import { ChangeSignal } from './change-signal.js';
import { FeedHeads } from './feed-heads.js';
import { StorageBudget, type Stored } from './storage-budget.js';

/** The author of a change, and the request in which it is made. */
export type ChangeAuthor = Pick<RequestContext, 'caller' | 'traceId' | 'since'>;

export interface RowChange {
  readonly op: ChangeOp;
  readonly before: CrudEntity | null;
  readonly after: CrudEntity;
  readonly by: ChangeAuthor;
}

interface ChangeRecord extends Stored {
  /** Values in the order of the columns. */
  readonly values: readonly SqlValue[];
}

const COLUMNS = ['id', 'module', 'resource_id', 'version', 'op', 'before', 'after', 'actor', 'at', 'trace_id', 'seq'];
/**
 * Inserts a change without a number, which is given after the commit: a counter in the transaction would make all wait for the
 * slowest.
 */
const INSERT = new RowsInsert('change_log', COLUMNS, { seq: 'NULL' });
/** Numbers a change in the write itself on SQLite, where writers come one after the other anyway. */
const NUMBER = 'UPDATE `change_feed` SET `head` = `head` + ? WHERE `module` = ?';
const NUMBERED_INSERT = new RowsInsert('change_log', COLUMNS, {
  seq: '(SELECT `head` FROM `change_feed` WHERE `module` = ?) - ?',
});

/** Records what changed, in the transaction that changes it, after the row itself: so the order of each row's changes holds. */
@Injectable()
export class ChangeLog {
  /** Modules that are known to have a feed. */
  private readonly begun = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly feeds: FeedHeads,
    private readonly signal: ChangeSignal,
    private readonly budget: StorageBudget,
  ) {}

  /** @throws DomainError `storage-budget-spent` for a caller who may cause no more changes today */
  refuseSpent(caller: string): void {
    this.budget.refuseSpent(caller);
  }

  /** Leaves of the changes of a row, in the transaction that is under way, what says nothing of its values. */
  async forget(module: string, id: string): Promise<void> {
    const fact = (version: string) => `JSON_OBJECT('id', \`resource_id\`, 'version', ${version})`;
    const before = `CASE WHEN \`before\` IS NULL THEN NULL ELSE ${fact('`version` - 1')} END`;
    const sql = `UPDATE \`change_log\` SET \`before\` = ${before}, \`after\` = ${fact('`version`')} WHERE \`module\` = ? AND \`resource_id\` = ?`;
    await this.database.execute(sql, [module, id]);
  }

  async record(module: string, changes: readonly RowChange[]): Promise<void> {
    for (const { sql, params } of await this.statements(module, changes)) await this.database.execute(sql, params);
  }

  /** The statements that record changes, to be executed in the transaction that is under way. */
  async statements(module: string, changes: readonly RowChange[]): Promise<Statement[]> {
    const records = changes.map((change) => recordOf(module, change));
    const settle = this.budget.charge(records);
    this.database.currentTransaction()!.onEnd((isCommitted) => {
      settle(isCommitted);
      if (isCommitted) this.signal.committed(module);
    });
    return this.inserts(module, records);
  }

  /** Commits writes to a module's rows and what they change there, as a transaction of its own. @throws NoMatch */
  async commit(
    module: string,
    changes: readonly RowChange[],
    writes: readonly Write[],
    onLock?: LockPolicy,
    since?: number,
  ): Promise<void> {
    const records = changes.map((change) => recordOf(module, change));
    const settle = this.budget.charge(records);
    try {
      await this.database.commit([...writes, ...(await this.inserts(module, records))], onLock, since);
    } catch (error) {
      settle(false);
      throw error;
    }
    settle(true);
    this.signal.committed(module);
  }

  private async inserts(module: string, records: readonly ChangeRecord[]): Promise<Statement[]> {
    if (this.database.engine !== 'sqlite') return INSERT.of(records.map(({ values }) => values));
    if (!this.begun.has(module)) await this.begin(module);
    const numbered = records.map(({ values }, n) => [...values, module, records.length - 1 - n]);
    return [{ sql: NUMBER, params: [records.length, module] }, ...NUMBERED_INSERT.of(numbered)];
  }

  private async begin(module: string): Promise<void> {
    await this.feeds.get(module);
    // A feed that a transaction has begun may be rolled back with it.
    if (!this.database.currentTransaction()) this.begun.add(module);
  }
}

function recordOf(module: string, { op, before, after, by }: RowChange): ChangeRecord {
  const caller = by.caller.id;
  const was = before && JSON.stringify(before);
  const is = JSON.stringify(after);
  const at = fromInstant(after.updated_at);
  return {
    kind: 'change',
    caller,
    bytes: (was === null ? 0 : Buffer.byteLength(was)) + Buffer.byteLength(is),
    values: [uuidv7(), module, after.id, after.version, op, was, is, caller, at, by.traceId],
  };
}
