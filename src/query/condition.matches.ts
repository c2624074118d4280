import type { Comparison, Condition } from './condition.js';

/** SQL's third truth value is null: a comparison with NULL is neither true nor false, and neither is its negation. */
type Truth = boolean | null;
type Row = Readonly<Record<string, unknown>>;

/** Whether a row in memory meets a condition, with the same outcome as `conditionSql` has in the database. */
export function matches(condition: Condition, row: Row): boolean {
  return evaluate(condition, row) === true;
}

function evaluate(condition: Condition, row: Row): Truth {
  switch (condition.kind) {
    case 'not': {
      const truth = evaluate(condition.node, row);
      return truth === null ? null : !truth;
    }
    case 'and':
      return combine(condition.nodes, row, false);
    case 'or':
      return combine(condition.nodes, row, true);
    case 'null':
      return ((row[condition.field.name] ?? null) === null) === condition.isNull;
    default: {
      const value = row[condition.field.name] ?? null;
      return value === null ? null : ofValue(condition, value);
    }
  }
}

function combine(nodes: readonly Condition[], row: Row, decisive: boolean): Truth {
  let truth: Truth = !decisive;
  for (const node of nodes) {
    const one = evaluate(node, row);
    if (one === decisive) return decisive;
    if (one === null) truth = null;
  }
  return truth;
}

function ofValue(
  condition: Extract<Condition, { kind: 'any' | 'compare' | 'in' | 'text' | 'folded' }>,
  value: unknown,
): boolean {
  const { field } = condition;
  switch (condition.kind) {
    case 'any':
      return condition.isTrue;
    case 'compare':
      return COMPARE[condition.operator](field.order(value, condition.value));
    case 'in':
      return condition.values.some((one) => field.order(value, one) === 0);
    case 'folded':
      return condition.pattern.test(value as string);
    case 'text': {
      const { operator, text } = condition;
      if (operator === 'contains') return (value as string).includes(text);
      return operator === 'startswith' ? (value as string).startsWith(text) : (value as string).endsWith(text);
    }
  }
}

const COMPARE: Readonly<Record<Comparison, (sign: number) => boolean>> = {
  eq: (sign) => sign === 0,
  ne: (sign) => sign !== 0,
  gt: (sign) => sign > 0,
  ge: (sign) => sign >= 0,
  lt: (sign) => sign < 0,
  le: (sign) => sign <= 0,
};
