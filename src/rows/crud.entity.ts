import { getMetadataArgsStorage } from 'typeorm';
import { Field } from '../fields/field.decorator.js';
import { ID_PATTERN } from '../fields/id.js';
import { etagOf } from './etag.js';

/** As the specification has it. */
const TIMESTAMP = { type: 'timestamp' } as const;
/** The database's own clock, where a row is inserted by hand. */
const CLOCK = { ...TIMESTAMP, default: () => 'CURRENT_TIMESTAMP(3)' } as const;

/**
 * The fields of every resource: the specification's `id` and `created_at`, and the system fields behind conditional requests
 * and soft deletion, which are only sent when `fields=` names them. Values are as the API shows them: timestamps are RFC 3339
 * strings in UTC.
 */
export abstract class CrudEntity {
  @Field({
    type: 'string',
    minLength: 1,
    maxLength: 36,
    pattern: ID_PATTERN,
    filterable: ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'],
    sortable: true,
    unique: true,
    writable: 'create',
    description: 'Names the row; compared exactly. A lower-case UUIDv7 unless the client gives one of its own.',
    example: '0199f0a4-6e1c-7cc3-b0b5-4f1d4c2f9a11',
  })
  readonly id!: string;

  @Field({
    type: 'timestamp',
    column: CLOCK,
    filterable: true,
    sortable: true,
    description: 'When the row was made.',
    example: '2026-11-24T02:37:36.123Z',
  })
  readonly created_at!: string;

  @Field({
    type: 'timestamp',
    column: CLOCK,
    shown: false,
    filterable: true,
    sortable: true,
    description: 'When the row was last changed.',
  })
  readonly updated_at!: string;

  @Field({
    type: 'timestamp',
    column: TIMESTAMP,
    nullable: true,
    shown: false,
    filterable: true,
    sortable: true,
    description: 'When the row was soft-deleted, or null.',
  })
  readonly deleted_at!: string | null;

  /** One half of the ETag, and what every update is compared and swapped by. */
  @Field({
    type: 'integer',
    column: { default: 1 },
    shown: false,
    description: 'Counts the changes of the row, from 1.',
  })
  readonly version!: number;

  @Field({
    type: 'string',
    derived: { from: ['version', 'updated_at'], value: etagOf },
    shown: false,
    description: 'The entity tag that If-Match takes, quotes included.',
  })
  readonly etag?: string;
}

/** The one word for a resource: its table, route, scope, metric label and feed. @throws TypeError without `@Entity('name')` */
export function nameOf(resource: abstract new () => CrudEntity): string {
  const declared = getMetadataArgsStorage().tables.find(({ target }) => target === resource);
  if (!declared?.name) throw new TypeError(`${resource.name} needs @Entity('name'), the resource's name`);
  return declared.name;
}

/** A resource's own class. */
export type EntityClass<E extends CrudEntity = CrudEntity> = new () => E;
