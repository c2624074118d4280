import type { FastifyRequest } from 'fastify';
import type { DomainError } from './domain-error.js';

/** Is told of each request that ends in a problem; bound to a class of a higher floor. */
export abstract class ProblemListener {
  /** For what wants to know of nothing but the problem. */
  onProblem: (problem: DomainError) => void = () => undefined;

  abstract answered(request: FastifyRequest, status: number, problem: DomainError): void;
}
