import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';

/**
 * The client's address. Behind a proxy that is what the proxy says, which may be any text (a port with it, the client's
 * own header passed on): the connection's own address stands for that.
 */
export function addressOf({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return isIP(ip) === 0 ? (socket.remoteAddress ?? 'gone') : ip;
}
