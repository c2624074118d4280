import type { Pool, PoolConnection } from 'mysql2';
import type { Socket } from 'node:net';
import type { PoolUsage } from '../session.js';
import type { Pipeline } from './mysql.pipeline.js';

// All that Plinth uses of mysql2 and mysql2 does not document; package.json names the version that it was seen in. Without it
// statements are sent one by one (`MysqlChannel.tryPipeline`), and usage is not measured.

/** A connection with the interface of mysql2's own commands: there is no other way to send several statements in one write. */
export interface Wire extends PoolConnection {
  sequenceId: number;
  readonly clientEncoding: string;
  addCommand(command: Pipeline): void;
  write(bytes: Buffer): void;
}

/** Whether a connection has that interface. */
export function isWire(connection: PoolConnection): connection is Wire {
  const { sequenceId, clientEncoding, addCommand, write } = connection as Partial<Wire>;
  return (
    typeof sequenceId === 'number' &&
    typeof clientEncoding === 'string' &&
    typeof addCommand === 'function' &&
    typeof write === 'function'
  );
}

/**
 * The socket of a connection, also of one with promises, which has another inside. To cut it is the only way to end a wait:
 * mysql2's `destroy` waits for what is under way.
 */
export function socketOf(outer: object): Socket | undefined {
  const { connection = outer } = outer as { connection?: object };
  return (connection as { stream?: Socket }).stream;
}

interface Queue<T> {
  readonly length: number;
  toArray(): T[];
}

interface Queues {
  readonly _allConnections?: Queue<PoolConnection>;
  readonly _freeConnections?: Queue<PoolConnection>;
  readonly _connectionQueue?: Queue<unknown>;
}

/** mysql2's events do not tell when a connection goes, nor when a queued request gets one. */
export function usageOf(pool: Pool): PoolUsage {
  const { _allConnections, _freeConnections, _connectionQueue } = pool as Queues;
  const idle = _freeConnections?.length ?? 0;
  return { used: (_allConnections?.length ?? 0) - idle, idle, waiting: _connectionQueue?.length ?? 0 };
}

export function connectionsOf(pool: Pool): PoolConnection[] {
  return (pool as Queues)._allConnections?.toArray() ?? [];
}
