import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { DigestColumn } from '../../database/columns.js';

/**
 * The counts of all processes for one key: requests of one minute; or records, and KiB, that were stored in a day, which stand
 * at its last minute.
 */
@Entity('rate_limit')
@Index('ix_rate_limit_minute', ['minute'])
export class RateLimitEntity {
  /** SHA-256 of the kind of limit and of the caller or address, base64url. */
  @DigestColumn({ primary: true })
  id!: string;

  /** Minutes since 1970. */
  @PrimaryColumn({ type: 'int' })
  minute!: number;

  @Column({ type: 'int' })
  requests!: number;
}
