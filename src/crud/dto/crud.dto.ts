import { Field } from '../field.decorator.js';
import { ID_PATTERN } from './id.js';

/**
 * What every module's representation has. Only `id` and `created_at` (and the module's own fields) are sent by default;
 * the rest are system fields, sent when `fields=` names them.
 */
export abstract class CrudDto {
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
  id!: string;

  @Field({
    type: 'timestamp',
    filterable: true,
    sortable: true,
    description: 'When the row was made.',
    example: '2026-11-24T02:37:36.123Z',
  })
  created_at!: string;

  @Field({
    type: 'timestamp',
    shown: false,
    filterable: true,
    sortable: true,
    description: 'When the row was last changed.',
  })
  updated_at?: string;

  @Field({
    type: 'timestamp',
    nullable: true,
    shown: false,
    filterable: true,
    sortable: true,
    description: 'When the row was soft-deleted, or null.',
  })
  deleted_at?: string | null;

  @Field({ type: 'integer', shown: false, description: 'Counts the changes of the row, from 1.' })
  version?: number;

  @Field({
    type: 'string',
    shown: false,
    columns: ['version', 'updated_at'],
    description: 'The entity tag that If-Match takes, quotes included.',
  })
  etag?: string;
}
