import { Column, Entity, Index } from 'typeorm';
import { IdColumn, TextColumn, TimestampColumn } from '../../database/columns.js';

/** One row that was erased: by its id, which is no personal value, so that it can be erased again in a restored backup. */
@Entity('plinth_erasure')
@Index('ix_plinth_erasure_operation', ['operation', 'id'])
export class ErasureEntity {
  @IdColumn()
  id!: string;

  @TextColumn({ length: 36 })
  operation!: string;

  /** A resource's name, `api-key`, or `changes` for the actor of one change. */
  @TextColumn({ length: 40 })
  module!: string;

  @TextColumn({ length: 36 })
  row_id!: string;

  /** The last version of the row that was about the subject; 0 for what is no row of a resource. */
  @Column({ type: 'int' })
  version!: number;

  @TextColumn({ length: 10 })
  how!: ErasureKind;

  /** The random part of the pseudonyms that stand for the subject. */
  @TextColumn({ length: 22 })
  token!: string;

  @TimestampColumn({ default: true })
  at!: string;
}

/** Its values were replaced, it was removed, only its past was about the subject, or the subject had made the change. */
export type ErasureKind = 'replaced' | 'removed' | 'past' | 'actor';
