import { Column, Entity, Index, Unique } from 'typeorm';
import { IdColumn, TextColumn, TimestampColumn } from '../../database/columns.js';

/**
 * A row whose changes a consumer does not get any more: one of them could not be handled, and the later ones wait behind it in the
 * log.
 */
@Entity('plinth_set_aside')
@Unique('uq_plinth_set_aside_row', ['consumer', 'resource_id'])
@Index('ix_plinth_set_aside_at', ['at', 'id'])
export class SetAsideEntity {
  @IdColumn()
  id!: string;

  @TextColumn({ length: 40 })
  consumer!: string;

  @TextColumn({ length: 40 })
  module!: string;

  @TextColumn({ length: 36 })
  resource_id!: string;

  /** The change that could not be handled. */
  @TextColumn({ length: 36 })
  change_id!: string;

  @Column({ type: 'bigint' })
  seq!: number;

  @Column({ type: 'int' })
  tries!: number;

  @TextColumn({ length: 1000 })
  error!: string;

  @TextColumn({ length: 10 })
  state!: SetAsideState;

  /** When it was set aside last. */
  @TimestampColumn({ default: true })
  at!: string;
}

/** For an operator; to be tried again; to be left out, so that the row's later changes come. */
export type SetAsideState = 'waiting' | 'retry' | 'skip';
