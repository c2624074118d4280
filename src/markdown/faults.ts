import { DomainError } from '../problems/domain-error.js';

/** From 1, in characters as JavaScript counts them. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

interface Fault extends Place {
  readonly code: string;
  readonly detail: string;
}

/** All that is wrong with a document. */
export class Faults {
  private readonly found: Fault[] = [];

  add({ line, column }: Place, code: string, detail: string): void {
    this.found.push({ code, detail: `${detail}.`, line, column });
  }

  /** @throws DomainError `malformed-document` with every fault, in the order of the text, where there are some */
  refuse(): void {
    if (this.found.length === 0) return;
    const errors = this.found.sort((a, b) => a.line - b.line || a.column - b.column);
    const [{ line, detail }] = errors as [Fault];
    throw new DomainError(
      'malformed-document',
      errors.length === 1 ? `Line ${line}: ${detail}` : `${errors.length} faults.`,
      {
        errors,
      },
    );
  }
}
