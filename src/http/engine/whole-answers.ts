import type { FastifyInstance, FastifyReply } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';
import { LITTLE_BYTES, type HeldBytes } from '../held-bytes.js';

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Sends an answer that is all there. Its links come after those that the reply has already.
     * @param body text, or null for none
     * @throws DomainError where the caller leaves too many answers unread for a large one
     */
    sendWhole(status: number, headers: Readonly<Record<string, string>>, body: string | null): void;
  }
}

/**
 * Gives replies a way past what Fastify does for answers of any kind, which was a fiftieth of a read. As soon as anybody
 * wants to see answers before they are sent (`onSend`, of a plugin or a route), all go Fastify's own way.
 */
export function sendWholeAnswers(fastify: FastifyInstance, held: Pick<HeldBytes, 'check'>): void {
  let isLookedAt = false;
  const addHook = Object.getOwnPropertyDescriptor(fastify, 'addHook')!.value as (...args: unknown[]) => FastifyInstance;
  // Not bound: plugins call it on instances of their own.
  fastify.addHook = function (this: FastifyInstance, ...args: unknown[]): FastifyInstance {
    if (args[0] === 'onSend') isLookedAt = true;
    return addHook.apply(this, args);
  };
  fastify.addHook('onRoute', ({ method, onSend }) => {
    // To those for HEAD, which it makes by itself, Fastify gives one of its own.
    if (onSend && method !== 'HEAD') isLookedAt = true;
  });
  fastify.decorateReply('sendWhole', function (status, headers, body) {
    const { method } = this.request;
    // A read can be repeated; a write has to be answered.
    if (body !== null && body.length > LITTLE_BYTES && (method === 'GET' || method === 'HEAD'))
      held.check(this.request.caller, body.length);
    const own = withLinks(this, headers);
    if (body === null || isLookedAt || this.sent || method === 'HEAD') {
      void this.code(status)
        .headers(own)
        .send(body ?? undefined);
      return;
    }
    const before = this.getHeaders() as OutgoingHttpHeaders;
    const { raw } = this;
    raw.writeHead(status, { ...before, ...own, 'content-length': String(Buffer.byteLength(body)) });
    // Not before: where a header is none, the reply is still to be answered by whoever says so.
    this.hijack();
    raw.end(body);
  });
}

function withLinks(reply: FastifyReply, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const before = headers.link === undefined ? undefined : reply.getHeader('link');
  return before === undefined ? headers : { ...headers, link: `${String(before)}, ${headers.link!}` };
}
