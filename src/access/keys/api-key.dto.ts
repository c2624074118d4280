import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { fieldOf } from '../../fields/field.decorator.js';
import type { FilterOperator } from '../../fields/field.js';
import { FieldSet } from '../../fields/field-set.js';

/** `module:verb`, either of which may be `*`. */
export const SCOPE = /^(\*|[a-z][a-z0-9-]{0,39}):(\*|[a-z][a-z0-9-]{0,39})$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;
const DAYS = 86_400;

export class CreateApiKeyDto {
  @IsString()
  @Length(1, 100)
  name!: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(24)
  @ArrayUnique()
  @Matches(SCOPE, { each: true, message: '$property must be scopes such as resource:read or *:read' })
  scopes!: string[];

  @IsOptional()
  @Matches(INSTANT, { message: '$property must be an instant in UTC such as 2027-01-31T00:00:00Z' })
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

const RANGE: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'];

export const API_KEY_FIELDS = new FieldSet([
  fieldOf('id', { type: 'string', filterable: RANGE, sortable: true, unique: true }),
  fieldOf('name', { type: 'string' }),
  fieldOf('scopes', { type: 'string' }),
  fieldOf('created_at', { type: 'timestamp', filterable: RANGE, sortable: true }),
  fieldOf('created_by', { type: 'string' }),
  fieldOf('expires_at', { type: 'timestamp', nullable: true }),
  fieldOf('revoked_at', { type: 'timestamp', nullable: true }),
  fieldOf('last_used_at', { type: 'timestamp', nullable: true }),
  fieldOf('previous_until', { type: 'timestamp', nullable: true }),
]);
