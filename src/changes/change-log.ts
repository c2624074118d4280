import { Injectable } from '@nestjs/common';
import type { CrudEntity } from '../crud/crud.entity.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import { uuidv7 } from '../crud/uuid.js';
import { Database } from '../database/database.js';
import { fromInstant } from '../database/instant.js';
import { RowsInsert } from '../database/rows-insert.js';
import type { Statement } from '../database/session.js';
import type { ChangeOp } from './change.entity.js';
import { ChangeSignal } from './change-signal.js';
import { FeedRepository } from './feed.repository.js';

/** Who changes something, and in which request. */
export type ChangeAuthor = Pick<RequestContext, 'caller' | 'traceId'>;

export interface RowChange {
  readonly op: ChangeOp;
  readonly before: CrudEntity | null;
  readonly after: CrudEntity;
  readonly by: ChangeAuthor;
}

const INSERT = new RowsInsert('change_log', [
  'id',
  'module',
  'resource_id',
  'version',
  'op',
  'before',
  'after',
  'actor',
  'at',
  'trace_id',
  'seq',
]);

/** Records what changed, in the transaction that changes it, after the row itself: so the order of each row's changes holds. */
@Injectable()
export class ChangeLog {
  constructor(
    private readonly database: Database,
    private readonly feeds: FeedRepository,
    private readonly signal: ChangeSignal,
  ) {}

  async record(module: string, changes: readonly RowChange[]): Promise<void> {
    for (const { sql, params } of await this.statements(module, changes)) await this.database.execute(sql, params);
  }

  /** What records the changes: to be executed in the transaction that is under way. */
  async statements(module: string, changes: readonly RowChange[]): Promise<Statement[]> {
    this.database.currentTransaction()?.afterCommit(() => this.signal.committed(module));
    // On SQLite writers come one after the other anyway, and the numbers are given in the write itself. Elsewhere a
    // counter in the transaction would make everybody wait for the slowest: numbers are given after the commit.
    const first = this.database.engine === 'sqlite' ? await this.feeds.next(module, changes.length) : null;
    return INSERT.of(
      changes.map(({ op, before, after, by }, n) => [
        uuidv7(),
        module,
        after.id,
        after.version,
        op,
        before && JSON.stringify(before),
        JSON.stringify(after),
        by.caller.id,
        fromInstant(after.updated_at),
        by.traceId,
        first === null ? null : first + n,
      ]),
    );
  }
}
