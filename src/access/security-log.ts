import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { addressOf } from '../http/address.js';
import { ProblemListener } from '../problems/problem-listener.js';
import type { DomainError } from '../problems/domain-error.js';

/** Alarms go by these names: they stay as they are. */
export const SECURITY_EVENTS = [
  'unauthenticated',
  'ended-key-used',
  'forbidden',
  'misdirected',
  'rate-limited',
  'key-created',
  'key-rotated',
  'key-revoked',
] as const;
export type SecurityEvent = (typeof SECURITY_EVENTS)[number];

const BY_STATUS: Readonly<Record<number, SecurityEvent>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  421: 'misdirected',
  429: 'rate-limited',
};
/** Lines for each event in a second; one more line tells how many others there were. */
const LINES = 10;
const SECOND_MS = 1_000;

type Facts = Readonly<Record<string, unknown>>;

/** Tells who was refused what, and who has changed which key: bounded, so that an attack fills no disk. Never a secret. */
@Injectable()
export class SecurityLog extends ProblemListener implements OnApplicationShutdown {
  /** Is told of every event, also where there is no line for it. */
  onEvent: (event: SecurityEvent) => void = () => undefined;
  private readonly logger = new Logger('Security');
  private readonly counts = new Map<SecurityEvent, number>();
  private timer: NodeJS.Timeout | undefined;

  answered(request: FastifyRequest, status: number, problem: DomainError): void {
    if (BY_STATUS[status] !== undefined) this.refused(request, status, problem);
  }

  /** A request that is refused by who sends it, from where, or how many: 401, 403, 421 or 429. */
  refused(request: FastifyRequest, status: number, { code, log }: DomainError): void {
    const event = log.key === undefined ? BY_STATUS[status]! : 'ended-key-used';
    this.tell(event, 'Refused', request, { status, code, ...log });
  }

  /** @param key its id */
  keyChanged(
    event: `key-${'created' | 'rotated' | 'revoked'}`,
    request: FastifyRequest,
    key: string,
    facts?: Facts,
  ): void {
    this.tell(event, 'Key changed', request, { key, ...facts });
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.tellSuppressed();
  }

  private tell(event: SecurityEvent, msg: string, request: FastifyRequest, facts: Facts): void {
    this.onEvent(event);
    const count = (this.counts.get(event) ?? 0) + 1;
    this.counts.set(event, count);
    this.timer ??= setTimeout(() => this.tellSuppressed(), SECOND_MS).unref();
    if (count > LINES) return;
    const { caller, method, route, traceId } = request;
    const who = { caller: caller.id, address: addressOf(request) };
    this.logger.warn({ msg, event, ...who, method, route: route.template, ...facts, trace_id: traceId });
  }

  private tellSuppressed(): void {
    for (const [event, count] of this.counts)
      if (count > LINES) this.logger.warn({ msg: 'Not told one by one', event, suppressed: count - LINES });
    this.counts.clear();
    this.timer = undefined;
  }
}
