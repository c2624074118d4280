import type { FastifyReply, FastifyRequest } from 'fastify';

/** Headers that a page may read of an answer, beside those that the Fetch standard always lets it. */
const EXPOSED = [
  'Content-Disposition',
  'ETag',
  'Link',
  'Location',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'Idempotency-Replayed',
  'Preference-Applied',
  'Deprecation',
  'Sunset',
].join(', ');
const TAKEN = [
  'Accept',
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Prefer',
  'traceparent',
].join(', ');
const PREFLIGHT_SECONDS = '600';

/**
 * Lets pages of named origins call the API (https://fetch.spec.whatwg.org/#http-cors-protocol). Credentials are never
 * the browser's own: there are no cookies, so nothing is sent on a page's behalf that the page does not hold itself.
 */
export class Cors {
  private readonly origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  /** Sets what an answer needs; of a preflight request, all but the methods. */
  apply(request: FastifyRequest, reply: FastifyReply): void {
    if (this.origins.size === 0) return;
    const { origin } = request.headers;
    if (origin === undefined || !this.origins.has(origin)) return;
    void reply.header('access-control-allow-origin', origin);
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
      void reply.header('access-control-expose-headers', EXPOSED);
      return;
    }
    void reply.header('access-control-allow-headers', TAKEN).header('access-control-max-age', PREFLIGHT_SECONDS);
  }
}
