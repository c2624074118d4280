import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TextColumn } from '../database/columns.js';

/** The ends of one module's feed. Its row is what sequencers lock. */
@Entity('change_feed')
export class FeedEntity {
  @PrimaryColumn({ type: 'varchar', length: 40 })
  module!: string;

  /** The last number that was given. */
  @Column({ type: 'bigint', default: 0 })
  head!: number;

  /** The first one that is still kept. */
  @Column({ type: 'bigint', default: 1 })
  min_seq!: number;

  /** Tells two histories apart: a restore from a backup has to change it. */
  @TextColumn({ length: 12 })
  epoch!: string;
}
