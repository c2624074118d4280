import { parser } from '@prometheus-io/lezer-promql';

/** A metric that an expression names, and what it wants of its labels. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly isNegative: boolean; readonly values: string[] }[];
}

export interface Expression {
  readonly selectors: Selector[];
  /** The names in `by (…)` and the like. */
  readonly groupedBy: string[];
}

/** The names in a PromQL expression, as Prometheus' own grammar reads it. @throws Error where it is none */
export function readPromql(text: string): Expression {
  const selectors: { metric: string; matchers: { label: string; isNegative: boolean; values: string[] }[] }[] = [];
  const groupedBy: string[] = [];
  let isGrouping = false;
  parser.parse(text).iterate({
    enter(node) {
      const said = text.slice(node.from, node.to);
      if (node.type.isError) throw new Error(`No PromQL at ${node.from}: ${text}`);
      if (node.name === 'VectorSelector') selectors.push({ metric: '', matchers: [] });
      if (node.name === 'Identifier') selectors.at(-1)!.metric = said;
      if (node.name === 'GroupingLabels') isGrouping = true;
      if (node.name === 'LabelName') {
        if (isGrouping) groupedBy.push(said);
        else selectors.at(-1)!.matchers.push({ label: said, isNegative: false, values: [] });
      }
      const matcher = selectors.at(-1)?.matchers.at(-1);
      if (node.name === 'MatchOp') matcher!.isNegative = said.startsWith('!');
      if (node.name === 'StringLiteral' && matcher) matcher.values = (JSON.parse(said) as string).split('|');
    },
    leave(node) {
      if (node.name === 'GroupingLabels') isGrouping = false;
    },
  });
  return { selectors, groupedBy };
}
