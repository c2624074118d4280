import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type {} from '../fastify-types.js';
import { NO_ROUTE } from '../route.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where nobody traces. */
    span: Span | undefined;
  }
}

/**
 * Runs a request in a span of its own (https://opentelemetry.io/docs/specs/semconv/http/http-spans/), below the caller's. It
 * has the route's template, and no path: ids and filters are in that.
 */
export function inRequestSpan(tracer: Tracer, request: FastifyRequest, work: () => void): void {
  const { template, isProbe } = request.routeOptions.config.route ?? NO_ROUTE;
  if (isProbe) return work();
  const { method } = request;
  const caller = propagation.extract(ROOT_CONTEXT, request.headers);
  const attributes = {
    'http.request.method': method,
    'url.scheme': request.protocol,
    ...(template !== null && { 'http.route': template }),
  };
  const name = template === null ? method : `${method} ${template}`;
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, caller);
  request.span = span;
  context.with(trace.setSpan(caller, span), work);
}

export function endRequestSpan(span: Span, { caller }: FastifyRequest, { raw: { statusCode } }: FastifyReply): void {
  span.setAttributes({ 'http.response.status_code': statusCode, 'user.id': caller.id });
  if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
