import { DomainError } from '../problems/domain-error.js';
import type { Field } from '../fields/field.js';
import type { FieldSet } from '../fields/field-set.js';

export const MAX_SORT_KEYS = 3;

export interface SortKey {
  readonly field: Field;
  readonly descending: boolean;
}

/** `sort=-created_at,name`. `id` is the last key unless another one is unique, so that the order is total. @throws DomainError `invalid-parameter` */
export function parseSort(value: string | undefined, fields: FieldSet): SortKey[] {
  const id = fields.find('id')!;
  if (value === undefined) return [{ field: id, descending: false }];
  const keys = value.split(',').map((part): SortKey => {
    const descending = part.startsWith('-');
    const name = descending ? part.slice(1) : part;
    const field = fields.find(name);
    if (!field?.sortable) throw invalidSort(`There is no field "${name.slice(0, 64).toWellFormed()}" to sort by.`);
    return { field, descending };
  });
  if (keys.length > MAX_SORT_KEYS) throw invalidSort(`At most ${MAX_SORT_KEYS} fields can be sorted by.`);
  if (new Set(keys.map(({ field }) => field)).size < keys.length) throw invalidSort('A field can be sorted by once.');
  // Nothing after a key that no two rows share could make a difference; and with it in the way, MariaDB was seen to sort
  // what it had read in order from the unique index.
  const uniqueAt = keys.findIndex(({ field }) => field.unique);
  return uniqueAt === -1 ? [...keys, { field: id, descending: keys.at(-1)!.descending }] : keys.slice(0, uniqueAt + 1);
}

/** Whether it is the order of an index: each field that can be sorted by has one, with the id after it. */
export function isOfOneIndex([first, second, ...others]: readonly SortKey[]): boolean {
  if (second === undefined) return true;
  return others.length === 0 && second.field.name === 'id' && second.descending === first!.descending;
}

function invalidSort(detail: string): DomainError {
  return new DomainError('invalid-parameter', detail, {
    errors: [{ code: 'invalid-sort', detail, parameter: 'sort' }],
  });
}

/** @param table by whose name columns are told from what the statement calls so */
export function orderBy(keys: readonly SortKey[], table: string): string {
  return keys.map(({ field, descending }) => `\`${table}\`.\`${field.name}\`${descending ? ' DESC' : ''}`).join(', ');
}
