import type { PoolConnection, QueryError } from 'mysql2';
import { Failed } from '../../runtime/batcher.js';
import type { Outcome, Row, SqlValue, Statement, StatementResult } from '../session.js';
import { bytesOf, RowsTaken } from '../row-bytes.js';
import { classify } from '../sql-errors.js';
import { goesAsText, isTooManyPrepared, noteUse } from './mysql.statements.js';
import type { Watched } from './mysql.watchdog.js';

/** Sends statements by what mysql2 documents and nothing else: each when the one before has been answered. */
export class OneByOne {
  private readonly outcomes: Outcome[] = [];

  constructor(
    private readonly connection: PoolConnection,
    private readonly statements: readonly Statement[],
    private readonly watched: Watched,
    private readonly done: (outcomes: readonly Outcome[]) => void,
    private readonly onTooManyPrepared: () => void,
  ) {
    this.next();
  }

  onResult(error: Error): void {
    this.done(this.statements.map((_statement, n) => this.outcomes[n] ?? new Failed(error)));
  }

  private next(): void {
    const statement = this.statements[this.outcomes.length];
    if (!statement) return this.done(this.outcomes);
    const answered = (error: QueryError | null, result?: unknown) => {
      this.watched.answered();
      this.outcomes.push(error ? new Failed(error) : toResult(result));
      if (error && isTooManyPrepared(error)) this.onTooManyPrepared();
      // Each of the others would wait as long for what is rolled back all the same.
      if (error && classify(error) === 'retry') this.onResult(error);
      else this.next();
    };
    const { sql, params, mostBytes } = statement;
    if (!goesAsText(statement)) noteUse(this.connection, statement);
    if (mostBytes !== undefined) readPart(this.connection, statement, mostBytes, answered);
    else if (goesAsText(statement)) this.connection.query(sql, answered);
    else this.connection.execute(sql, params as SqlValue[], answered);
  }
}

/** Reads a part of the result, row by row as they come. */
function readPart(
  connection: PoolConnection,
  { sql, params }: Statement,
  mostBytes: number,
  answered: (error: QueryError | null, result?: unknown) => void,
): void {
  const taken = new RowsTaken<Row>(mostBytes);
  const command = connection.execute(sql, params as SqlValue[]);
  command.on('result', (row) => {
    if (taken.hasRoom()) taken.add(row as Row, bytesOf(Object.values(row as Row)));
  });
  // After an error there may be an end or none.
  let isAnswered = false;
  const end = (error: QueryError | null) => {
    if (!isAnswered) answered(error, taken);
    isAnswered = true;
  };
  command.on('error', end);
  command.on('end', () => end(null));
}

function toResult(result: unknown): StatementResult {
  if (result instanceof RowsTaken) return { rows: result.rows as Row[], affected: 0, isCut: result.isCut };
  if (Array.isArray(result)) {
    // A procedure has several, the first of which is what counts.
    const rows = (Array.isArray(result[0]) ? result[0] : result) as Row[];
    return { rows, affected: 0 };
  }
  return { rows: [], affected: (result as { affectedRows: number }).affectedRows };
}
