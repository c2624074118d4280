import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { DomainError } from '../problems/domain-error.js';

const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
/** Origins of a request (`Sec-Fetch-Site`) that a page of the service, or a person, has sent. */
const OWN_SITES: readonly unknown[] = [undefined, 'same-origin', 'none'];

/**
 * Tells the pages that a browser sends requests for: where nobody is asked who they are, the browser's being on this machine
 * is all that lets them in.
 */
@Injectable()
export class Pages {
  private readonly origins: ReadonlySet<string>;

  constructor({ http }: Config) {
    this.origins = new Set(http.corsOrigins);
  }

  /**
   * Any page can send a POST that a browser does not ask about first (no preflight: a form's, or one without a body).
   * @throws DomainError `cross-site-request` for what changes something, of a page that is not let in
   */
  refuseCrossSite({ method, headers }: FastifyRequest): void {
    if (SAFE.includes(method)) return;
    const { origin, host, 'sec-fetch-site': site } = headers;
    if (origin === undefined) {
      // Pages on other ports of this machine are of the same site, and not the service's own.
      if (OWN_SITES.includes(site)) return;
    } else if (origin === `http://${host}` || origin === `https://${host}` || this.origins.has(origin)) return;
    throw new DomainError('cross-site-request', 'A page of this origin may not change anything here.');
  }
}
