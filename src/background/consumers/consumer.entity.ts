import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TextColumn, TimestampColumn } from '../../database/columns.js';

/** How far a consumer is. */
@Entity('plinth_consumer')
export class ConsumerEntity {
  @PrimaryColumn({ type: 'varchar', length: 40 })
  name!: string;

  @TextColumn({ length: 40 })
  module!: string;

  /** With `seq`: the position up to which all is done. */
  @TextColumn({ length: 12 })
  epoch!: string;

  @Column({ type: 'bigint' })
  seq!: number;

  /** The id of the change at the position, which tells whether the history is still the same one; null before the first. */
  @TextColumn({ length: 36, nullable: true })
  change_id!: string | null;

  /** How often the next change was begun without an end that is good. */
  @Column({ type: 'int', default: 0 })
  tries!: number;

  /** Why it goes no further until an operator says so; null while it goes on. */
  @TextColumn({ length: 1000, nullable: true })
  stopped!: string | null;

  @TimestampColumn({ default: true })
  moved_at!: string;
}
