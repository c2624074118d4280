import { Column } from 'typeorm';
import { IdColumn, TimestampColumn } from '../database/columns.js';

/**
 * The columns that every module's table has: the specification's `id` and `created_at`, and the system columns behind
 * conditional requests and soft deletion. Values are what the API shows: timestamps are RFC 3339 strings in UTC.
 */
export abstract class CrudEntity {
  @IdColumn()
  id!: string;

  @TimestampColumn({ default: true })
  created_at!: string;

  @TimestampColumn({ default: true })
  updated_at!: string;

  /** When the row was soft-deleted; null while it lives. */
  @TimestampColumn({ nullable: true })
  deleted_at!: string | null;

  /** Counts the changes of the row, from 1. One half of the ETag, and what every update is compared and swapped by. */
  @Column({ type: 'int', default: 1 })
  version!: number;
}

/** A module's own entity, known by its class. */
export type EntityClass<E extends CrudEntity = CrudEntity> = new () => E;
