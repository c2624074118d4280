import type { Field, FieldType, FilterOperator } from '../crud/field.js';
import { FieldSet } from '../crud/query/field-set.js';

const RANGE: readonly FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in'];
const EQUAL: readonly FilterOperator[] = ['eq', 'ne', 'in'];

function field(name: string, type: FieldType, options: Partial<Field> = {}): Field {
  const { filterable = [], sortable = false, unique = false, nullable = false } = options;
  const rest = { readable: true, shown: true, writable: false, required: false } as const;
  return { name, type, filterable, sortable, unique, nullable, columns: [name], ...rest };
}

/** What can be asked of the log: by whom, of which module, when. The rows before and after come as objects. */
export const CHANGE_FIELDS = new FieldSet([
  field('id', 'string', { filterable: RANGE, sortable: true, unique: true }),
  field('module', 'string', { filterable: EQUAL }),
  field('resource_id', 'string'),
  field('version', 'integer'),
  field('op', 'string', { filterable: EQUAL }),
  field('actor', 'string', { filterable: EQUAL }),
  field('at', 'timestamp', { filterable: RANGE, sortable: true }),
  field('trace_id', 'string'),
  field('before', 'string', { nullable: true }),
  field('after', 'string'),
]);
