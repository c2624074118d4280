// The thread behind `SqliteThread`: answers each order with one message, in their order.
import { parentPort, workerData } from 'node:worker_threads';
import { packOutcomes, type Answer, type Order, type Start, type Thrown } from './sqlite.messages.ts';
import { openReader, openWriter, Statements, type Table } from './sqlite.statements.ts';

const { path, cacheKib, isReader } = workerData as Start;
// A writer does both: what it has read stays known after it has written.
const statements = new Statements((isReader ? openReader : openWriter)(path, cacheKib));
const port = parentPort!;

port.on('message', (order: Order) => {
  if (order.kind === 'close') {
    statements.close();
    port.close();
  } else port.postMessage(order.kind === 'read' ? read(order) : commit(order));
});
port.postMessage('ready');

function read({ statements: asked, limitMs = Infinity }: Extract<Order, { kind: 'read' }>): Answer {
  const outcomes = asked.map(({ sql, params, mostBytes }): Table | Thrown => {
    try {
      return statements.limit.within(limitMs, () => statements.read(sql, params, mostBytes));
    } catch (error) {
      return thrown(error);
    }
  });
  return packOutcomes(outcomes);
}

function commit({ writes }: Extract<Order, { kind: 'commit' }>): Answer {
  try {
    return statements.commit(writes);
  } catch (error) {
    return thrown(error);
  }
}

function thrown(error: unknown): Thrown {
  const { message, code } = error as { message: string; code?: string };
  return { message, code };
}
