import { Column, Entity, Index } from 'typeorm';
import { DigestColumn, DocumentColumn, TextColumn, TimestampColumn } from '../../database/columns.js';

/** A key that a caller has used, with the answer of its write; kept for 24 h, in the write's own transaction. */
@Entity('idempotency_key')
@Index('ix_idempotency_key_created_at', ['created_at'])
export class IdempotencyKeyEntity {
  /** SHA-256 of caller and key, base64url. */
  @DigestColumn({ primary: true })
  id!: string;

  /** SHA-256 of all that makes two requests the same. */
  @DigestColumn()
  request!: string;

  @Column({ type: 'int' })
  status!: number;

  /** JSON of the answer's headers. */
  @TextColumn({ length: 2000 })
  headers!: string;

  @DocumentColumn({ nullable: true })
  body!: string | null;

  @TimestampColumn({ default: true })
  created_at!: string;
}
