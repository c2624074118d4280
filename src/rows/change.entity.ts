import { Column, Entity, Index, Unique } from 'typeorm';
import { DocumentColumn, IdColumn, TextColumn, TimestampColumn } from '../database/columns.js';

/**
 * One change of one row, written in the transaction that made it: outbox, audit trail and feed in one table. Append-only;
 * `seq` is given after the commit (see `FeedRepository.number`).
 */
@Entity('change_log')
@Unique('uq_change_log_seq', ['module', 'seq'])
@Index('ix_change_log_resource', ['module', 'resource_id', 'version'])
@Index('ix_change_log_at', ['at', 'id'])
@Index('ix_change_log_module', ['module', 'at', 'id'])
@Index('ix_change_log_actor', ['actor', 'at', 'id'])
export class ChangeEntity {
  @IdColumn()
  id!: string;

  @TextColumn({ length: 40 })
  module!: string;

  @TextColumn({ length: 36 })
  resource_id!: string;

  /** The row's version after the change: within one row, the order of its changes. */
  @Column({ type: 'int' })
  version!: number;

  @TextColumn({ length: 10 })
  op!: ChangeOp;

  /** JSON of the row's columns; null for a row that was made, and for an erased one that is still there. */
  @DocumentColumn({ nullable: true })
  before!: string | null;

  @DocumentColumn()
  after!: string;

  /** The caller's id. */
  @TextColumn({ length: 255 })
  actor!: string;

  @TimestampColumn({ default: true })
  at!: string;

  @TextColumn({ length: 32 })
  trace_id!: string;

  /** Position in the module's feed, dense from 1; null until it is given. */
  @Column({ type: 'bigint', nullable: true })
  seq!: number | null;
}

export type ChangeOp = 'created' | 'updated' | 'deleted' | 'restored' | 'erased';
