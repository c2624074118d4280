/** One fault and its place: a JSON pointer into the body, a line and column of it, a query parameter, or a header. */
export interface ProblemItem {
  readonly code: string;
  readonly detail: string;
  readonly pointer?: string;
  readonly parameter?: string;
  /** The character of a parameter where it goes wrong, from 0. */
  readonly position?: number;
  readonly header?: string;
  /** The line of a body that is no JSON, from 1. */
  readonly line?: number;
  /** The character of the line, from 1. */
  readonly column?: number;
}

export interface DomainErrorOptions {
  readonly errors?: readonly ProblemItem[];
  /** Sent with the answer: Retry-After, Allow, WWW-Authenticate and the like, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** Details for the security log, and never for the caller: a missing scope, the limit that was met. */
  readonly log?: Readonly<Record<string, string>>;
  /** The status, where the code stands for several. */
  readonly status?: number;
}

/** A failure in the caller's terms. `code` is stable and in the catalogue; no SQL, host or column is ever in it. */
export class DomainError extends Error {
  readonly errors: readonly ProblemItem[];
  readonly headers: Readonly<Record<string, string>>;
  readonly log: Readonly<Record<string, string>>;
  readonly status: number | undefined;

  constructor(
    readonly code: string,
    readonly detail: string,
    { errors = [], headers = {}, cause, log = {}, status }: DomainErrorOptions = {},
  ) {
    super(`${code}: ${detail}`, { cause });
    this.errors = errors;
    this.headers = headers;
    this.log = log;
    this.status = status;
  }
}
