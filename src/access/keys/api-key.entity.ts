import { Column, Entity, Index } from 'typeorm';
import { CLAIMS_BYTES } from './claims.js';
import { DigestColumn, IdColumn, TextColumn, TimestampColumn } from '../../database/columns.js';

/** A key as it is kept: never the key itself. */
@Entity('api_key')
@Index('ix_api_key_created_at', ['created_at', 'id'])
export class ApiKeyEntity {
  @IdColumn()
  id!: string;

  /** A note for people: whose key it is, and what for. */
  @TextColumn({ length: 100 })
  name!: string;

  @DigestColumn()
  digest!: string;

  /** The digest of the key before the last rotation, which still works until `previous_until`. */
  @TextColumn({ length: 43, nullable: true })
  previous_digest!: string | null;

  @TimestampColumn({ nullable: true })
  previous_until!: string | null;

  /** Scopes, with spaces between. */
  @TextColumn({ length: 2000 })
  scopes!: string;

  /** A JSON object, for row rules. */
  @TextColumn({ length: CLAIMS_BYTES, nullable: true })
  claims!: string | null;

  @TimestampColumn({ default: true })
  created_at!: string;

  /** The caller who made it. */
  @TextColumn({ length: 255 })
  created_by!: string;

  @TimestampColumn({ nullable: true })
  expires_at!: string | null;

  @TimestampColumn({ nullable: true })
  revoked_at!: string | null;

  /** The last use, to the hour. */
  @TimestampColumn({ nullable: true })
  last_used_at!: string | null;

  @Column({ type: 'int', default: 1 })
  version!: number;
}
