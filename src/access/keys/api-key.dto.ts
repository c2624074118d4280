import { Matches } from 'class-validator';
import { Field, fieldOf } from '../../fields/field.decorator.js';
import type { FilterOperator } from '../../fields/field.js';
import { FieldSet } from '../../fields/field-set.js';
import { CLAIMS_FIELD, type Claims } from './claims.js';
import { NOT_BLANK, PRINTABLE } from './key-name.js';

/** `module:verb`, either of which may be `*`. */
export const SCOPE = /^(\*|[a-z][a-z0-9-]{0,39}):(\*|[a-z][a-z0-9-]{0,39})$/;
const DAYS = 86_400;
/** The columns are TIMESTAMPs, which end in 2038. */
const TIMESTAMP = { type: 'timestamp' } as const;

export class CreateApiKeyDto {
  @Field({ type: 'string', minLength: 1, maxLength: 100 })
  @Matches(NOT_BLANK, { message: '$property must not be blank' })
  @Matches(PRINTABLE, {
    message: '$property must not contain control characters, line breaks or invisible formatting',
  })
  name!: string;

  @Field({ type: 'list', items: { type: 'string', pattern: SCOPE }, minItems: 1, maxItems: 24, uniqueItems: true })
  scopes!: string[];

  @Field({ type: 'timestamp', column: TIMESTAMP, nullable: true })
  expires_at?: string | null;

  @Field(CLAIMS_FIELD)
  claims?: Claims | null;
}

export class RotateApiKeyDto {
  /** Seconds for which the old key still works. */
  @Field({ type: 'integer', minimum: 0, maximum: 30 * DAYS, default: DAYS })
  overlap_seconds?: number;
}

/** A key as people see it; `key` itself only in the answer that made it. */
export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly claims: Claims;
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
  readonly previous_until: string | null;
  readonly key?: string;
}

const RANGE: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'];

export const API_KEY_FIELDS = new FieldSet([
  fieldOf('id', { type: 'string', filterable: RANGE, sortable: true, unique: true }),
  fieldOf('name', { type: 'string' }),
  fieldOf('scopes', { type: 'string' }),
  fieldOf('claims', CLAIMS_FIELD),
  fieldOf('created_at', { type: 'timestamp', column: TIMESTAMP, filterable: RANGE, sortable: true }),
  fieldOf('created_by', { type: 'string' }),
  fieldOf('expires_at', { type: 'timestamp', column: TIMESTAMP, nullable: true }),
  fieldOf('revoked_at', { type: 'timestamp', column: TIMESTAMP, nullable: true }),
  fieldOf('last_used_at', { type: 'timestamp', column: TIMESTAMP, nullable: true }),
  fieldOf('previous_until', { type: 'timestamp', column: TIMESTAMP, nullable: true }),
]);
