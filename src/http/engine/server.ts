import { createServer, type RequestListener, type Server } from 'node:http';
import type { HttpConfig } from '../../config/config.js';
import type { ClientErrors } from './client-errors.js';
import { Pipelines } from './pipelines.js';
import { notImplemented } from '../request-checks.js';
import { toOriginForm } from '../request-target.js';
import { PlinthRequest } from './body.js';
import { PlinthResponse } from './response.js';
import { UnreadAnswers } from './unread-answers.js';

const MAX_HEADER_BYTES = 16_384;
const SLASH = 0x2f;

/**
 * Node's server, with every limit set, and nothing that it answers by itself.
 * @param onUnread called when a connection is ended because its answer lay unread
 */
export function httpServer(
  config: HttpConfig,
  handle: RequestListener,
  errors: ClientErrors,
  onUnread: () => void,
): Server {
  const pipelines = new Pipelines();
  /**
   * One request of a connection after the other, as no one may overtake an unsafe one (RFC 9112 section 9.3.2). A response
   * has no socket as long as it is another one's turn.
   */
  const inTurn: RequestListener = (request, response) => {
    if (request.url!.charCodeAt(0) !== SLASH) toOriginForm(request);
    if (response.socket) handle(request, response);
    else pipelines.wait(request.socket, response, () => handle(request, response));
  };
  const server = createServer(
    {
      IncomingMessage: PlinthRequest,
      ServerResponse: PlinthResponse,
      keepAliveTimeout: config.keepAliveTimeoutMs,
      requestTimeout: config.requestTimeoutMs,
      headersTimeout: config.headersTimeoutMs,
      connectionsCheckingInterval: 500,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Most requests have no body: no stream is made for one (Node 24.12).
      optimizeEmptyRequests: true,
      // Checked with the rest of the head.
      requireHostHeader: false,
    } as Parameters<typeof createServer>[0] & object,
    inTurn as never,
  );
  server.maxConnections = config.maxConnections;
  server.maxHeadersCount = 0;
  // Nobody is told to go on before it is known that the body is wanted.
  server.on('checkContinue', inTurn).on('checkExpectation', inTurn);
  new UnreadAnswers(config.sendMs, onUnread).watch(server);
  server.on('connect', (_request, socket) => errors.refuse(notImplemented(), socket as never));
  return server;
}
