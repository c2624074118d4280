import { SpanKind, type Span } from '@opentelemetry/api';
import { beginSpan } from '../runtime/tracing.js';
import type { Engine, Statement } from './session.js';
import type { StatementKind } from './statement-times.js';

/** A group's commit may have some kilobytes. */
const LONGEST_TEXT = 1_000;
/** Values are parameters; whatever stands in a text all the same is nobody's business. */
const LITERAL = /'(?:[^'\\]|\\.|'')*'/g;
const TARGET = /\b(?:FROM|INTO|UPDATE|TABLE)\s+`?(\w+)/i;

/** https://opentelemetry.io/docs/specs/semconv/db/database-spans/: no value is in it, all of them are parameters. */
export function beginStatementSpan(
  engine: Engine,
  kind: StatementKind,
  statements: readonly Statement[],
): Span | undefined {
  const summary = kind === 'commit' ? 'COMMIT' : summaryOf(statements);
  const attributes = {
    'db.system.name': engine,
    'db.query.summary': summary,
    'db.query.text': textOf(statements),
    'plinth.statement.class': kind,
    ...(statements.length > 1 && { 'db.operation.batch.size': statements.length }),
  };
  return beginSpan(summary, attributes, SpanKind.CLIENT);
}

/** Of statements that went together, without what they are bound to. */
export function textOf(statements: readonly Statement[]): string {
  const [first] = statements;
  const all = statements.length === 1 ? first!.sql : statements.map(({ sql }) => sql).join('; ');
  const text = all.replaceAll(LITERAL, "'…'");
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/** The first that does something to a table: `SELECT loan`. */
function summaryOf(statements: readonly Statement[]): string {
  const { sql } = statements.find((statement) => TARGET.test(statement.sql)) ?? statements[0]!;
  const operation = /(?:FOR\s+)?\b(SELECT|INSERT|UPDATE|DELETE|REPLACE)\b/i.exec(sql)?.[1] ?? /^\w*/.exec(sql)![0];
  const target = TARGET.exec(sql)?.[1];
  return [operation.toUpperCase(), target].filter((word) => word !== undefined).join(' ');
}
