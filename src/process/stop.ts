import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import type {} from '../http/engine/management.js';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Draining } from '../runtime/draining.js';
import { closeListener } from './close-listener.js';

/**
 * Ends the service without cutting anything off: first not ready but serving, so that whoever routes to it can notice;
 * then no new connections while what is in flight finishes; then the database.
 */
export async function stop(
  app: NestFastifyApplication,
  draining: Draining,
  { drainMs, inFlightMs }: { readonly drainMs: number; readonly inFlightMs: number },
): Promise<void> {
  draining.begin();
  await sleep(drainMs);
  const server = app.getHttpServer();
  await closeListener(server);
  const cutOff = setTimeout(() => server.closeAllConnections(), inFlightMs);
  await app.close();
  clearTimeout(cutOff);
  // Last: until here whoever asks whether the process lives is told so.
  managementOf(app)?.close().closeAllConnections();
}

/** The server of probes and metrics, where they have one of their own. */
export function managementOf(app: NestFastifyApplication): Server | null {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  return fastify.management;
}
