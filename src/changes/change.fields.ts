import { fieldOf } from '../fields/field.decorator.js';
import type { FilterOperator } from '../fields/field.js';
import { FieldSet } from '../fields/field-set.js';

const RANGE: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'];
const EQUAL: readonly FilterOperator[] = ['eq', 'ne', 'in'];

/** Fields by which the log can be filtered: caller, module, time. The rows before and after come as objects. */
export const CHANGE_FIELDS = new FieldSet([
  fieldOf('id', { type: 'string', filterable: RANGE, sortable: true, unique: true }),
  fieldOf('module', { type: 'string', filterable: EQUAL }),
  fieldOf('resource_id', { type: 'string' }),
  fieldOf('version', { type: 'integer' }),
  fieldOf('op', { type: 'string', filterable: EQUAL }),
  fieldOf('actor', { type: 'string', filterable: EQUAL }),
  fieldOf('at', { type: 'timestamp', column: { type: 'timestamp' }, filterable: RANGE, sortable: true }),
  fieldOf('trace_id', { type: 'string' }),
  fieldOf('before', { type: 'text', nullable: true }),
  fieldOf('after', { type: 'text' }),
]);
