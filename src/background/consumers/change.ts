import type { ChangeOp } from '../../rows/change.entity.js';
import type { CrudEntity } from '../../rows/crud.entity.js';

/** One change of one row, as a consumer is given it. Members are as they were recorded: one that was declared since is missing. */
export interface Change<E extends CrudEntity> {
  readonly op: ChangeOp;
  /** The id of the row. */
  readonly id: string;
  /** The row's version after the change. */
  readonly version: number;
  /** Null for a row that was made, and for an erased one that is still there: nobody knows any more what it was. */
  readonly before: E | null;
  /** The row afterwards; a deleted one has its `deleted_at`. */
  readonly after: E;
  /** RFC 3339 in UTC. */
  readonly at: string;
  /** The caller's id; the consumer's own writes have `system:consumer:{name}`. */
  readonly actor: string;
  readonly traceId: string;
  /** The number of the change in its module's feed, dense from 1. A change that comes again has the same one. */
  readonly seq: number;
  /** Names the change among all of them, for whoever must not do the same twice. */
  readonly changeId: string;
  /** Aborted when the time limit is over, or another process goes on: stop then, nobody waits any longer. */
  readonly signal: AbortSignal;
}
