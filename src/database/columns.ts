import { Column, PrimaryColumn } from 'typeorm';
import { instants } from '../fields/instants.js';

/** The id of a row: VARCHAR(36), made by the application. The migration gives it an exact collation. */
export function IdColumn(): PropertyDecorator {
  return PrimaryColumn({ type: 'varchar', length: 36 });
}

/** Text of at most `length` code points, compared exactly: the migration gives it a binary collation without padding. */
export function TextColumn({ length, nullable = false }: { length: number; nullable?: boolean }): PropertyDecorator {
  return Column({ type: 'varchar', length, nullable });
}

/** SHA-256 in base64url. */
export function DigestColumn({ primary = false }: { primary?: boolean } = {}): PropertyDecorator {
  return primary ? PrimaryColumn({ type: 'varchar', length: 43 }) : Column({ type: 'varchar', length: 43 });
}

/** Text that the service writes and reads whole, up to 16 MiB; never searched. */
export function DocumentColumn({ nullable = false }: { nullable?: boolean } = {}): PropertyDecorator {
  return Column({ type: 'mediumtext', nullable });
}

/** An instant to the millisecond, in UTC. `default`: the database's clock, where a row is inserted by hand. */
export function TimestampColumn(options: { nullable?: boolean; default?: boolean } = {}): PropertyDecorator {
  return Column({
    type: 'timestamp',
    precision: 3,
    nullable: options.nullable ?? false,
    ...(options.default && { default: () => 'CURRENT_TIMESTAMP(3)' }),
    transformer: instants,
  });
}
