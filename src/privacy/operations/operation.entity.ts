import { Column, Entity, Index, Unique } from 'typeorm';
import { DocumentColumn, IdColumn, TextColumn, TimestampColumn } from '../../database/columns.js';

/** One request for the personal data of a subject. */
@Entity('plinth_privacy')
@Unique('uq_plinth_privacy_subject', ['kind', 'subject'])
@Index('ix_plinth_privacy_state', ['state', 'id'])
export class OperationEntity {
  @IdColumn()
  id!: string;

  @TextColumn({ length: 10 })
  kind!: OperationKind;

  /** Null as soon as it is not needed any more: it is a personal value. */
  @TextColumn({ length: 255, nullable: true })
  subject!: string | null;

  /** The random part of the pseudonyms. */
  @TextColumn({ length: 22 })
  token!: string;

  @TextColumn({ length: 10 })
  state!: OperationState;

  /** The module that is under way. */
  @TextColumn({ length: 40, nullable: true })
  module!: string | null;

  /** Rows that it has found so far. */
  @Column({ type: 'int', default: 0 })
  rows!: number;

  /** JSON of `Counts`. */
  @DocumentColumn()
  counts!: string;

  /** The code of what failed, and where; never a message, which may have values. */
  @TextColumn({ length: 100, nullable: true })
  error!: string | null;

  @TextColumn({ length: 255 })
  asked_by!: string;

  @TimestampColumn({ default: true })
  created_at!: string;

  @TimestampColumn({ nullable: true })
  began_at!: string | null;

  @TimestampColumn({ nullable: true })
  ended_at!: string | null;
}

export type OperationKind = 'export' | 'erase' | 'dry-run';
/** `gone`: an export that was fetched, or left too long, or whose subject was erased. */
export type OperationState = 'queued' | 'running' | 'done' | 'failed' | 'gone';
