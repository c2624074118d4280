import type { components } from './openapi.js';
import { retryAfterMs } from './retry-policy.js';

type Schemas = components['schemas'];

/** One fault of several, with where it is: a JSON `pointer`, a `parameter` or a `header`. */
export type ProblemItem = Schemas['ProblemItem'];

type CodesOf<Schema> = Schema extends { code?: infer Code } ? Code : never;

/** The codes that every Plinth service has; `docs/errors.md` explains each. A module may have others. */
export type ProblemCode = {
  [Name in keyof Schemas]: Name extends `${string}Problem`
    ? Name extends 'Problem'
      ? never
      : CodesOf<Schemas[Name]>
    : never;
}[keyof Schemas];

/** An answer that says that the request failed (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  /** What kind of failure it is, stable; `unknown` where the answer is not the service's, but that of a proxy. */
  readonly code: string;
  readonly type: string;
  readonly title: string;
  readonly detail: string | undefined;
  /** By which the service's log names the request. */
  readonly traceId: string | undefined;
  readonly errors: readonly ProblemItem[];
  /** What Retry-After asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    body: unknown,
    readonly response: Response,
  ) {
    const problem = isProblemBody(body) ? body : { code: 'unknown', title: `HTTP ${response.status}` };
    super(problem.detail ?? problem.title);
    this.status = response.status;
    this.code = problem.code;
    this.type = problem.type ?? 'about:blank';
    this.title = problem.title;
    this.detail = problem.detail;
    this.traceId = problem.trace_id;
    this.errors = problem.errors ?? [];
    this.retryAfterMs = retryAfterMs(response.headers);
  }

  static async from(response: Response): Promise<ProblemError> {
    return new ProblemError(await problemBody(response), response);
  }
}

/** Whether it is a problem, and one of these codes where some are given. */
export function isProblem<Code extends string>(
  error: unknown,
  ...codes: readonly Code[]
): error is ProblemError & { readonly code: Code } {
  return error instanceof ProblemError && (codes.length === 0 || codes.some((code) => code === error.code));
}

type ProblemBody = Pick<Schemas['Problem'], 'code' | 'title'> & Partial<Schemas['Problem']>;

/** The body of an answer that failed, without taking it; undefined where it is not JSON. */
export async function problemBody(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await response.clone().text()) as unknown;
  } catch {
    return undefined;
  }
}

function isProblemBody(body: unknown): body is ProblemBody {
  const { code, title } = (body ?? {}) as Partial<ProblemBody>;
  return typeof code === 'string' && typeof title === 'string';
}
