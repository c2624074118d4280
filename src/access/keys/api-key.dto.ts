import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsOptional,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import type { Field, FieldType, FilterOperator } from '../../crud/field.js';
import { Checked } from '../../crud/field.decorator.js';
import { compileRules } from '../../crud/field.rules.js';
import { FieldSet } from '../../crud/query/field-set.js';
import { violationOfName } from './key-name.js';

/** `module:verb`, either of which may be `*`. */
export const SCOPE = /^(\*|[a-z][a-z0-9-]{0,39}):(\*|[a-z][a-z0-9-]{0,39})$/;
const DAYS = 86_400;

export class CreateApiKeyDto {
  @Checked(violationOfName)
  name!: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(24)
  @ArrayUnique()
  @Matches(SCOPE, { each: true, message: '$property must be scopes such as resource:read or *:read' })
  scopes!: string[];

  @IsOptional()
  @Checked(compileRules({ type: 'timestamp' }))
  expires_at?: string | null;
}

export class RotateApiKeyDto {
  /** How long the old key still works, in seconds. Null is no number: IsOptional() would let it pass. */
  @ValidateIf(({ overlap_seconds: given }: RotateApiKeyDto) => given !== undefined)
  @IsInt()
  @Min(0)
  @Max(30 * DAYS)
  overlap_seconds?: number;
}

/** A key as people see it; `key` itself only in the answer that made it. */
export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
  readonly previous_until: string | null;
  readonly key?: string;
}

const field = (name: string, type: FieldType, options: Partial<Field> = {}): Field => ({
  name,
  type,
  filterable: [],
  sortable: false,
  unique: false,
  nullable: false,
  readable: true,
  shown: true,
  writable: false,
  required: false,
  columns: [name],
  ...options,
});

const RANGE: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'];

export const API_KEY_FIELDS = new FieldSet([
  field('id', 'string', { filterable: RANGE, sortable: true, unique: true }),
  field('name', 'string'),
  field('scopes', 'string'),
  field('created_at', 'timestamp', { filterable: RANGE, sortable: true }),
  field('created_by', 'string'),
  field('expires_at', 'timestamp', { nullable: true }),
  field('revoked_at', 'timestamp', { nullable: true }),
  field('last_used_at', 'timestamp', { nullable: true }),
  field('previous_until', 'timestamp', { nullable: true }),
]);
