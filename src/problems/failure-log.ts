import { RepeatedLines } from '../runtime/repeated-lines.js';
import type { DomainError } from './domain-error.js';
import { valuesIn, without } from './error-words.js';

/** Logs the failures that callers are told of by a 5xx. They come in thousands when the database is away. */
export class FailureLog {
  private readonly lines = new RepeatedLines('Problem');

  /** @param asked what the request says: an error's words may repeat it */
  write(problem: DomainError, traceId: string, asked: readonly unknown[] = []): void {
    const { code } = problem;
    const cause = (problem.cause ?? problem) as Error & { code?: string };
    const line = { msg: 'Request failed', code, trace_id: traceId };
    if (code === 'internal-error') {
      this.lines.write('error', `${code} ${cause.name} ${placeOf(cause)}`, {
        ...line,
        err: without(valuesIn(asked), cause),
      });
      return;
    }
    // An expected failure needs no stack: the code and its cause say all.
    this.lines.write('warn', code, { ...line, ...(cause !== problem && { cause: cause.code ?? cause.name }) });
  }

  flush(): void {
    this.lines.flush();
  }
}

/** The place in the code that threw: a fault of the code is at one place, whatever its message says. */
function placeOf({ stack = '' }: Error): string {
  return /^\s+at (.+)$/m.exec(stack)?.[1] ?? '';
}
