import { canonicalInstant } from '../rfc3339.js';
import type { FieldSet } from './field-set.js';
import type { FilterNode, Literal, Predicate } from './filter.ast.js';

/** SQL's third truth value is null: a comparison with NULL is neither true nor false, and neither is its negation. */
type Truth = boolean | null;

/** The filter with instants spelt as rows spell them: whatever their time zone, text then compares as time does. */
export function canonical(node: FilterNode, fields: FieldSet): FilterNode {
  if (node.kind === 'not') return { kind: 'not', node: canonical(node.node, fields) };
  if (node.kind !== 'predicate') return { kind: node.kind, nodes: node.nodes.map((child) => canonical(child, fields)) };
  if (fields.find(node.field)?.type !== 'timestamp') return node;
  const values = node.values.map((value) => (typeof value === 'string' ? canonicalInstant(value) : value));
  return { ...node, values };
}

/** Whether a row of the API matches a filter, with the same outcome as the compiled SQL has in the database. */
export function matches(node: FilterNode, row: Readonly<Record<string, unknown>>): boolean {
  return evaluate(node, row) === true;
}

function evaluate(node: FilterNode, row: Readonly<Record<string, unknown>>): Truth {
  switch (node.kind) {
    case 'predicate':
      return predicate(node, row[node.field] as Literal | undefined);
    case 'not': {
      const truth = evaluate(node.node, row);
      return truth === null ? null : !truth;
    }
    case 'and':
      return combine(node.nodes, row, false);
    case 'or':
      return combine(node.nodes, row, true);
  }
}

function combine(nodes: readonly FilterNode[], row: Readonly<Record<string, unknown>>, decisive: boolean): Truth {
  let truth: Truth = !decisive;
  for (const node of nodes) {
    const one = evaluate(node, row);
    if (one === decisive) return decisive;
    if (one === null) truth = null;
  }
  return truth;
}

function predicate({ operator, values }: Predicate, value: Literal | undefined): Truth {
  const [first] = values as [Literal];
  if (first === null && operator !== 'in') return (value === null) === (operator === 'eq');
  if (value === null || value === undefined) return null;
  switch (operator) {
    case 'in':
      return values.some((one) => order(value, one!) === 0);
    case 'contains':
      return String(value).includes(String(first));
    case 'startswith':
      return String(value).startsWith(String(first));
    default:
      return COMPARE[operator](order(value, first!));
  }
}

const COMPARE = {
  eq: (sign: number) => sign === 0,
  ne: (sign: number) => sign !== 0,
  gt: (sign: number) => sign > 0,
  ge: (sign: number) => sign >= 0,
  lt: (sign: number) => sign < 0,
  le: (sign: number) => sign <= 0,
} as const;

/** Text by code point, as the databases' binary collations order it; JavaScript's own `<` goes by UTF-16 units. */
function order(a: string | number | boolean, b: string | number | boolean): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  return Number(a) - Number(b);
}
