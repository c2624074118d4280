import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TextColumn, TimestampColumn } from '../../database/columns.js';

/** When a job runs next, and how its last run went. */
@Entity('plinth_job')
export class JobEntity {
  @PrimaryColumn({ type: 'varchar', length: 40 })
  name!: string;

  /** The schedule from which `due_at` was worked out. */
  @TextColumn({ length: 200 })
  schedule!: string;

  @TimestampColumn()
  due_at!: string;

  /** The beginning of the run that is under way, or was last. */
  @TimestampColumn({ nullable: true })
  began_at!: string | null;

  /** How often the run that is due was begun and never ended. */
  @Column({ type: 'int', default: 0 })
  starts!: number;

  @TimestampColumn({ nullable: true })
  succeeded_at!: string | null;

  /** The time that the last run took which ended, in milliseconds. */
  @Column({ type: 'int', nullable: true })
  duration_ms!: number | null;

  /** Runs that failed since the last good one. */
  @Column({ type: 'int', default: 0 })
  failures!: number;

  /** Why the last one failed. */
  @TextColumn({ length: 1000, nullable: true })
  error!: string | null;
}
