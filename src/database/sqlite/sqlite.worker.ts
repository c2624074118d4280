// The thread behind `SqliteThread`: answers each order with one message, in their order.
import { parentPort, workerData } from 'node:worker_threads';
import type { SqlValue } from '../session.js';
import type { Answer, Order, Start, Thrown } from './sqlite.thread.js';
import { openWriter, Statements, type Table } from './sqlite.statements.ts';

const { path, cacheKib } = workerData as Start;
// One that does both: what it has read stays known after it has written.
const statements = new Statements(openWriter(path, cacheKib));
const port = parentPort!;

port.on('message', (order: Order) => {
  if (order.kind === 'close') {
    statements.close();
    port.close();
  } else port.postMessage(order.kind === 'read' ? read(order) : commit(order));
});
port.postMessage('ready');

function read(order: Extract<Order, { kind: 'read' }>): Answer {
  const outcomes = order.statements.map(({ sql, params }): Table | Thrown => {
    try {
      return statements.read(sql, params);
    } catch (error) {
      return thrown(error);
    }
  });
  // One string is copied at once, where rows are value by value; to read it is faster than to put those together.
  return outcomes.every(isJson) ? JSON.stringify(outcomes) : outcomes;
}

function commit({ writes }: Extract<Order, { kind: 'commit' }>): Answer {
  try {
    return statements.commit(writes);
  } catch (error) {
    return thrown(error);
  }
}

/** Whether there is nothing in it that JSON has no word for: bytes, infinite numbers, a zero below zero. */
function isJson(outcome: Table | Thrown): boolean {
  if (!('rows' in outcome)) return true;
  return outcome.rows.every((row) => row.every(isJsonValue));
}

function isJsonValue(value: SqlValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === 'string' || value === null;
}

function thrown(error: unknown): Thrown {
  const { message, code } = error as { message: string; code?: string };
  return { message, code };
}
