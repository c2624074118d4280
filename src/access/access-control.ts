import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback } from '../config/settings.js';
import type { CrudModel } from '../crud/crud.model.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import { checkStage } from '../crud/stage.js';
import type { Caller } from './caller.js';
import { DomainError } from '../problems/domain-error.js';
import type { Gate } from '../http/http-services.js';
import type { AccessVerb } from '../http/fastify-types.js';
import { scopeOf } from '../http/route.js';
import { Authenticator } from './authenticator.js';
import { Pages } from './pages.js';
import { RateLimits } from './limits/rate-limits.js';
import { insufficientScope } from './unauthenticated.js';

/**
 * Authenticates, authorises and limits each request: after its route is known, and before anything else of it is looked at,
 * its body least of all. Answers at once for callers that it remembers.
 */
@Injectable()
export class AccessControl implements Gate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly limits: RateLimits,
    private readonly registry: ModuleRegistry,
    private readonly pages: Pages,
  ) {}

  admit(request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const model = this.modelOf(request);
    if (this.authenticator.isOpen) {
      refuseForeignNames(request);
      this.pages.refuseCrossSite(request);
      return this.enter(request, this.authenticator.anybody, model);
    }
    if (!request.route.isUnlimited) this.limits.admitAddress(request.ip);
    // A public route has no callers: credentials are not even looked at.
    if ('isPublic' in request.route.access!) return;
    const { authorization } = request.headers;
    const known = this.authenticator.recall(authorization);
    if (known) return this.enter(request, known, model, reply);
    const last = this.authenticator.lastKnown(authorization);
    if (!last) this.limits.refuseAfterFailures(request);
    return this.authenticator.authenticate(authorization).then(
      (caller) => this.enter(request, caller, model, reply),
      (error: unknown) => {
        // An outage is when operators want metrics most.
        if (last && request.route.isUnlimited && isOutage(error)) return this.enter(request, last, model, reply);
        if (error instanceof DomainError && error.code === 'unauthenticated') this.limits.countFailure(request);
        throw error;
      },
    );
  }

  /** Pages and paths with nothing at them cost less than what needs credentials, but not nothing. */
  admitAnybody(address: string): void {
    if (!this.authenticator.isOpen) this.limits.admitAddress(address);
  }

  get knowsCallers(): boolean {
    return !this.authenticator.isOpen;
  }

  private enter(request: FastifyRequest, caller: Caller, model: CrudModel | undefined, reply?: FastifyReply): void {
    request.caller = caller;
    if (reply && !request.route.isUnlimited) this.limits.admitCaller(caller, reply);
    if ('isPublic' in request.route.access!) return;
    const { access, scope = scopeOf(model!.name, (access as { verb: AccessVerb }).verb) } = request.route;
    if (!caller.can(scope)) throw insufficientScope(scope);
    if (model) checkStage(model.name, model.stage, caller);
  }

  /** The module that a route is about. @throws DomainError `route-not-found` where the path names none */
  private modelOf({ route, params }: FastifyRequest): CrudModel | undefined {
    if (!('verb' in route.access!)) return undefined;
    return this.registry.get(route.module ?? (params as { module: string }).module).model;
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof DomainError && error.code.startsWith('database-');
}

/**
 * A service that asks nobody who they are is only for this machine, whose browsers can be led here under another name
 * (DNS rebinding): it answers to its own names alone.
 */
function refuseForeignNames({ headers }: FastifyRequest): void {
  // Not Fastify's `host`: that may be X-Forwarded-Host, which a page chooses freely.
  const name = (headers.host ?? '').toLowerCase().replace(/:\d*$/, '');
  if (name === '' || isLoopback(name)) return;
  throw new DomainError('misdirected-request', 'Without authentication the service answers to localhost only.');
}
