import type { Span } from '@opentelemetry/api';
import { endSpan, tracer } from '../runtime/tracing.js';
import type { Engine, Statement, StatementMode } from './session.js';
import { beginStatementSpan, textOf } from './statement-span.js';
import { RepeatedLines } from '../runtime/repeated-lines.js';
import { classify } from './sql-errors.js';
import type { SqlFailure } from './sql-failures.js';

/** Of a transaction: one that is known from the start, or its end, is a commit. */
export const STATEMENT_KINDS = ['read', 'costly read', 'write', 'transaction', 'commit'] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

/** The ways in which requests are put together. */
export const BATCHES = ['reads', 'lists', 'creates', 'changes'] as const;

/** Statements that went to the database together, and have no answer yet. */
export interface Sent {
  readonly kind: StatementKind;
  readonly statements: readonly Statement[];
  /** By `performance.now()`. */
  readonly at: number;
  /** Undefined where nobody traces. */
  readonly span: Span | undefined;
}

/** A shared read is one of several that go together. */
export function kindOf(mode: StatementMode): StatementKind {
  return mode === 'shared read' ? 'read' : mode;
}

type Listener = (sent: Sent, ms: number, failure: SqlFailure | undefined) => void;

/** Tells whoever wants to know what is sent to the database, and how long that waits for a connection and for its answer. */
export class StatementTimes {
  private readonly slow = new RepeatedLines('Database');
  private readonly slowMs: number;

  /** @param slowMs from how long on they are logged; 0: never */
  constructor(
    private readonly engine: Engine = 'sqlite',
    slowMs = 0,
  ) {
    this.slowMs = slowMs || Infinity;
  }

  onAnswer: Listener = () => undefined;
  /** @param ms until there was a connection (on SQLite: until it was a writer's turn) */
  onWait: (ms: number) => void = () => undefined;
  /** Nobody got one: too many waited, or for too long. */
  onNoConnection: () => void = () => undefined;
  /** @param size how many are asked for together */
  onBatch: (of: (typeof BATCHES)[number], size: number) => void = () => undefined;

  begin(kind: StatementKind, statements: readonly Statement[]): Sent {
    const span = tracer && beginStatementSpan(this.engine, kind, statements);
    return { kind, statements, at: performance.now(), span };
  }

  end(sent: Sent, failure?: SqlFailure): void {
    if (sent.span) endSpan(sent.span, failure);
    const ms = performance.now() - sent.at;
    this.onAnswer(sent, ms, failure);
    if (ms >= this.slowMs) this.tellSlow(sent, ms, failure);
  }

  /** Before the process ends. */
  flush(): void {
    this.slow.flush();
  }

  private tellSlow({ kind, statements, span }: Sent, ms: number, failure: SqlFailure | undefined): void {
    const statement = textOf(statements);
    this.slow.write('warn', statement, {
      msg: 'Slow statement',
      class: kind,
      statement,
      ms: Math.round(ms),
      ...(failure && { failure }),
      ...(span && { trace_id: span.spanContext().traceId }),
    });
  }

  /** Times work that is done at once, on this thread. */
  now<T>(kind: StatementKind, statements: readonly Statement[], work: () => T): T {
    const sent = this.begin(kind, statements);
    try {
      const result = work();
      this.end(sent);
      return result;
    } catch (error) {
      this.end(sent, classify(error));
      throw error;
    }
  }

  async later<T>(kind: StatementKind, statements: readonly Statement[], work: () => Promise<T>): Promise<T> {
    const sent = this.begin(kind, statements);
    try {
      const result = await work();
      this.end(sent);
      return result;
    } catch (error) {
      this.end(sent, classify(error));
      throw error;
    }
  }
}
