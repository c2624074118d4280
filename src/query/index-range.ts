import type { Condition } from './condition.js';
import { isOfOneIndex, type SortKey } from './sort.js';

/** A part of a conjunction that leaves one range of an index of its field. */
type Range = Extract<Condition, { kind: 'compare' | 'text' }>;

/**
 * The column in whose index the rows of a list stand side by side, in their order: then a page is read from its first row to
 * its last, whatever the size of the table. Beside the order, conditions may be about its first field; in the order of ids
 * one may say what another field is equal to, as each index has the id after its own field.
 * @param conditions all of which a row has to satisfy
 * @param isIndexed whether a column has an index of its own, with the id after it
 * @returns undefined where there is no such index
 */
export function rangeOf(
  sort: readonly SortKey[],
  conditions: readonly (Condition | undefined)[],
  isIndexed: (column: string) => boolean,
): string | undefined {
  if (!isOfOneIndex(sort)) return undefined;
  const ranges: Range[] = [];
  for (const condition of conditions) if (condition && !gather(condition, ranges)) return undefined;
  const order = sort[0]!.field.name;
  const [other, ...more] = ranges.filter(({ field }) => field.name !== order);
  if (!other) return order;
  const isEqual = other.kind === 'compare' && other.operator === 'eq';
  return order === 'id' && more.length === 0 && isEqual && isIndexed(other.field.name) ? other.field.name : undefined;
}

/** @returns false for what is no range, or may be one with a second one of NULLs beside it */
function gather(condition: Condition, into: Range[]): boolean {
  if (condition.kind === 'and') return condition.nodes.every((node) => gather(node, into));
  if (condition.kind !== 'compare' && condition.kind !== 'text') return false;
  const { field, operator } = condition;
  if (field.nullable || operator === 'ne' || operator === 'contains' || operator === 'endswith') return false;
  into.push(condition);
  return true;
}
