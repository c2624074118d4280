import { Field, fieldOf } from '../fields/field.decorator.js';
import type { FilterOperator } from '../fields/field.js';
import { FieldSet } from '../fields/field-set.js';
import type { Beginning } from './consumers/on-change.decorator.js';

export class RestartConsumerDto {
  /** Where it goes on: at what is committed from now on, or at all that the feed has. */
  @Field({ type: 'enum', words: ['now', 'beginning'] })
  from!: Beginning;
}

/** A consumer as operators see it. */
export interface ConsumerView {
  readonly name: string;
  readonly module: string;
  /** As the module's event stream has it. */
  readonly position: string;
  readonly moved_at: string;
  readonly lag_changes: number;
  readonly lag_seconds: number;
  readonly set_aside: number;
  readonly stopped: string | null;
}

/** A job as operators see it. */
export interface JobView {
  readonly name: string;
  readonly schedule: string;
  readonly due_at: string;
  readonly began_at: string | null;
  readonly succeeded_at: string | null;
  readonly duration_ms: number | null;
  readonly failures: number;
  readonly error: string | null;
}

const EQUAL: readonly FilterOperator[] = ['eq', 'ne', 'in'];
const RANGE: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'];

/** The queryable fields of rows that are set aside; all of them are shown as they are. */
export const SET_ASIDE_FIELDS = new FieldSet([
  fieldOf('id', { type: 'string', filterable: RANGE, sortable: true, unique: true }),
  fieldOf('consumer', { type: 'string', filterable: EQUAL }),
  fieldOf('module', { type: 'string', filterable: EQUAL }),
  fieldOf('resource_id', { type: 'string', filterable: EQUAL }),
  fieldOf('change_id', { type: 'string' }),
  fieldOf('seq', { type: 'integer' }),
  fieldOf('tries', { type: 'integer' }),
  fieldOf('error', { type: 'string' }),
  fieldOf('state', { type: 'string', filterable: EQUAL }),
  fieldOf('at', { type: 'timestamp', column: { type: 'timestamp' }, filterable: RANGE, sortable: true }),
]);
