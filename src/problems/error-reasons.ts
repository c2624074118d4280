import type { DomainError } from './domain-error.js';

/** Knows what an error is about that does not say it itself; bound to a class of a higher floor. */
export abstract class ErrorReasons {
  /** Undefined where it is what it looks like. */
  abstract reasonOf(error: unknown): DomainError | undefined;
}
