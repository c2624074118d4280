import { Catch, type ArgumentsHost, type ExceptionFilter, type OnApplicationShutdown } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tracer } from '../runtime/tracing.js';
import { ErrorReasons } from './error-reasons.js';
import { ProblemListener } from './problem-listener.js';
import { FailureLog } from './failure-log.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';
import { toDomainError } from './to-domain-error.js';

/** The one place where an error becomes an answer. The log has the cause of a 5xx, the caller has its trace id. */
@Catch()
export class ProblemFilter implements ExceptionFilter, OnApplicationShutdown {
  private readonly failures = new FailureLog();

  constructor(
    private readonly listener: ProblemListener,
    private readonly reasons: ErrorReasons,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = toDomainError(this.reasons.reasonOf(error) ?? error);
    const body = problemBody(problem, request.traceId, request.url.split(/[?#]/, 1)[0]!.slice(0, 200));
    this.listener.answered(request, body.status, problem);
    this.listener.onProblem(problem);
    if (tracer)
      trace.getActiveSpan()?.setAttribute(body.status >= 500 ? 'error.type' : 'plinth.problem.code', body.code);
    if (body.status >= 500) this.failures.write(problem, body.trace_id, [request.body, request.query]);
    if (reply.sent || reply.raw.headersSent) {
      // The answer had begun: cutting it off is the only way left to say that it is not whole.
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, body.status, JSON.stringify(body), problem.headers);
  }

  onApplicationShutdown(): void {
    this.failures.flush();
  }
}

export function sendProblem(
  reply: FastifyReply,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  for (const name of ['etag', 'location', 'link']) if (!(name in headers)) reply.removeHeader(name);
  void reply
    .code(status)
    .headers({ ...headers, 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store' })
    .send(body);
}
