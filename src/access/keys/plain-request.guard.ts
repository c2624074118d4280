import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../problems/domain-error.js';

/**
 * For routes without query parameters whose answers are never stored: of those that show an API key the key would be, too. An
 * Idempotency-Key is better refused than ignored.
 */
@Injectable()
export class PlainRequest implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const { query, headers } = execution.switchToHttp().getRequest<FastifyRequest>();
    const unknown = Object.keys(query as object).map((name) => {
      const parameter = name.slice(0, 64).toWellFormed();
      return { code: 'unknown-parameter', detail: `There is no parameter "${parameter}" here.`, parameter };
    });
    if (unknown.length > 0) throw new DomainError('unknown-parameter', unknown[0]!.detail, { errors: unknown });
    if (headers['idempotency-key'] === undefined) return true;
    const detail = 'The answers of this route are not stored: no Idempotency-Key here.';
    throw new DomainError('invalid-parameter', detail, {
      errors: [{ code: 'not-here', detail, header: 'idempotency-key' }],
    });
  }
}
