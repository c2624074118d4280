import { Injectable } from '@nestjs/common';
import type { CrudEntity } from '../crud/crud.entity.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import { uuidv7 } from '../crud/uuid.js';
import { Database } from '../database/database.js';
import { fromInstant } from '../database/instant.js';
import type { ChangeOp } from './change.entity.js';
import { ChangeSignal } from './change-signal.js';
import { FeedRepository } from './feed.repository.js';

export interface RowChange {
  readonly module: string;
  readonly op: ChangeOp;
  readonly before: CrudEntity | null;
  readonly after: CrudEntity;
}

/** Who changes something, and in which request. */
export type ChangeAuthor = Pick<RequestContext, 'caller' | 'traceId'>;

const INSERT =
  'INSERT INTO `change_log` (`id`, `module`, `resource_id`, `version`, `op`, `before`, `after`, `actor`, `at`, `trace_id`, `seq`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** Records what changed, in the transaction that changes it, after the row itself: so the order of each row's changes holds. */
@Injectable()
export class ChangeLog {
  constructor(
    private readonly database: Database,
    private readonly feeds: FeedRepository,
    private readonly signal: ChangeSignal,
  ) {}

  async record({ module, op, before, after }: RowChange, { caller, traceId }: ChangeAuthor): Promise<void> {
    // On SQLite writers come one after the other anyway, and the number is given in the write itself. Elsewhere a
    // counter in the transaction would make everybody wait for the slowest: numbers are given after the commit.
    const seq = this.database.engine === 'sqlite' ? await this.feeds.next(module) : null;
    const [was, is] = [before && JSON.stringify(before), JSON.stringify(after)];
    const at = fromInstant(after.updated_at);
    await this.database.execute(INSERT, [
      uuidv7(),
      module,
      after.id,
      after.version,
      op,
      was,
      is,
      caller.id,
      at,
      traceId,
      seq,
    ]);
    this.database.currentTransaction()?.afterCommit(() => this.signal.committed(module));
  }
}
