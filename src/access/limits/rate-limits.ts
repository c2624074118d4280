import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/config.js';
import { addressOf } from '../../http/address.js';
import type { Caller } from '../caller.js';
import { DomainError } from '../../problems/domain-error.js';
import { networkOf } from './network.js';
import { SharedCounts } from './shared-counts.js';
import { SlidingCount, type Standing } from './sliding-count.js';

const WINDOW_SECONDS = 60;

/**
 * Limits the requests of callers and addresses in a minute, and tells them by draft-ietf-httpapi-ratelimit-headers-10. A
 * bucket library with a database behind it was no choice: it would make a statement of every request.
 */
@Injectable()
export class RateLimits {
  private readonly isOff: boolean;
  private readonly callers: SlidingCount;
  private readonly addresses: SlidingCount;
  private readonly failures: SlidingCount;
  private readonly policy: string;

  constructor({ access: { limits } }: Config, shared: SharedCounts) {
    this.isOff = limits.scope === 'off';
    this.callers = new SlidingCount(limits.caller);
    this.addresses = new SlidingCount(limits.address);
    this.failures = new SlidingCount(limits.failures);
    this.policy = `"caller";q=${limits.caller};w=${WINDOW_SECONDS}`;
    if (limits.scope !== 'database') return;
    shared.share('caller', this.callers);
    shared.share('address', this.addresses);
    shared.share('failure', this.failures);
  }

  /** @throws DomainError `rate-limited` */
  admitAddress(address: string): void {
    if (this.isOff) return;
    const standing = this.addresses.take(networkOf(address));
    if (standing.left < 0) throw refused('address', this.addresses.quota, standing);
  }

  /** @throws DomainError `rate-limited` */
  admitCaller({ id }: Caller, reply: FastifyReply): void {
    if (this.isOff) return;
    const standing = this.callers.take(id);
    void reply.header('ratelimit-policy', this.policy);
    if (standing.left < 0) throw refused('caller', this.callers.quota, standing);
    void reply.header('ratelimit', `"caller";r=${standing.left};t=${standing.resetSeconds}`);
  }

  /** Callers who are known still get in: behind one address there may be many. @throws DomainError `rate-limited` */
  refuseAfterFailures(request: FastifyRequest): void {
    if (this.isOff) return;
    const standing = this.failures.look(networkOf(addressOf(request)));
    const detail = 'Too many requests with bad credentials came from this address.';
    if (standing.left <= 0) throw limited(detail, 'failures', standing);
  }

  countFailure(request: FastifyRequest): void {
    if (!this.isOff) this.failures.take(networkOf(addressOf(request)));
  }
}

function refused(policy: string, quota: number, standing: Standing): DomainError {
  return limited(`This ${policy} has asked more than it may in a minute.`, policy, standing, {
    'ratelimit-policy': `"${policy}";q=${quota};w=${WINDOW_SECONDS}`,
    ratelimit: `"${policy}";r=0;t=${standing.resetSeconds}`,
  });
}

function limited(
  detail: string,
  limit: string,
  { resetSeconds }: Standing,
  headers: Record<string, string> = {},
): DomainError {
  const all = { ...headers, 'retry-after': String(resetSeconds) };
  return new DomainError('rate-limited', detail, { headers: all, log: { limit } });
}
