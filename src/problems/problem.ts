import { DomainError, type ProblemItem } from './domain-error.js';
import { problemType } from './problem.catalogue.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The body of every failure (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The path that was asked for, without its query: that may hold what is private. */
  readonly instance?: string;
  readonly code: string;
  readonly trace_id: string;
  readonly errors?: readonly ProblemItem[];
}

export function problemBody(error: DomainError, traceId: string, instance?: string): Problem {
  const { code, detail, errors, status } = error;
  const type = problemType(code);
  if (!type) throw new TypeError(`The problem code "${code}" is not in the catalogue`);
  return {
    type: `/problems/${code}`,
    title: type.title,
    status: status ?? type.status,
    detail,
    ...(instance !== undefined && { instance }),
    code,
    trace_id: traceId,
    ...(errors.length > 0 && { errors }),
  };
}
