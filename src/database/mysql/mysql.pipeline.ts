import { Failed, type Tell } from '../../runtime/batcher.js';
import type { Outcome, Row, SqlValue, StatementResult } from '../session.js';
import type { Wire } from './mysql.internals.js';
import { executionSize, queryPacket, writeExecution } from './mysql.packets.js';
import { RowsTaken } from '../row-bytes.js';
import { HEADER, RowReader, type Packet } from './mysql.rows.js';
import type { PreparedStatement } from './mysql.statements.js';
import type { Watched } from './mysql.watchdog.js';

export interface Piped {
  /** Undefined for one that is sent as text. */
  readonly statement: PreparedStatement | undefined;
  readonly sql: string;
  readonly params: readonly SqlValue[];
  readonly mostBytes?: number | undefined;
}

const [OK, LOCAL_FILE, END, ERROR] = [0x00, 0xfb, 0xfe, 0xff];
const MORE_RESULTS = 0x08;
type Expected = 'answer' | 'column' | 'end of columns' | 'row';

/**
 * A command of mysql2 that sends several statements in one write and takes their answers as they come: what mysql2 lacks.
 * The server works on them one after the other, each succeeds or fails by itself, and neither side has to be woken for
 * each of them, which is most of what a statement costs.
 */
export class Pipeline {
  private readonly outcomes: Outcome[] = [];
  /** Which statement is being answered. */
  private at = -1;
  private expected: Expected = 'answer';
  private reader = new RowReader();
  private column = 0;
  private columns = 0;
  /** Rows of the statement that is being answered, where it has any. */
  private taken: RowsTaken<Row> | undefined;
  /** Whether this is a further result of a procedure, whose first one counts. */
  private isFurther = false;

  /**
   * @param watched is told of each answer: the server is alive
   * @param done with the outcome of each statement, in their order
   * @param tell of the outcome of a statement, by its place, as soon as it is known
   */
  constructor(
    private readonly statements: readonly Piped[],
    private readonly watched: Pick<Watched, 'answered'>,
    private readonly done: (outcomes: readonly Outcome[]) => void,
    private readonly tell?: Tell<StatementResult>,
  ) {}

  /** Called by mysql2 when it is the command's turn, then with each packet. @returns whether it is over */
  execute(packet: Packet | undefined, wire: Wire): boolean {
    return packet ? this.receive(packet, wire) : this.send(wire);
  }

  /** Called by mysql2 when the connection is lost, or was before anything could be sent. */
  onResult(error: Error): void {
    for (let n = 0; n < this.statements.length; n++) this.outcomes[n] ??= new Failed(error);
    this.done(this.outcomes);
  }

  private send(wire: Wire): boolean {
    let size = 0;
    for (const { statement, sql, params } of this.statements)
      size += statement ? executionSize(params) : HEADER + 1 + 3 * sql.length;
    const bytes = Buffer.allocUnsafe(size);
    let end = 0;
    this.statements.forEach(({ statement, sql, params }, n) => {
      const failure = statement && failureOf(statement, params);
      if (failure) this.settle(n, new Failed(failure));
      else if (statement) end = writeExecution(bytes, end, statement.id, params);
      else end += queryPacket(sql).copy(bytes, end);
    });
    if (end > 0) wire.write(bytes.subarray(0, end));
    return this.next(wire);
  }

  private receive(packet: Packet, wire: Wire): boolean {
    const { buffer, start, end } = packet;
    const first = buffer[start + HEADER]!;
    if (this.expected === 'column') {
      this.learn(packet);
      return false;
    }
    if (first === ERROR) return this.answered(new Failed(packet.asError(wire.clientEncoding)), wire);
    if (this.expected === 'row') {
      if (first !== END || end - start - HEADER >= 9) {
        if (!this.isFurther) this.take(packet);
        return false;
      }
      this.expected = 'answer';
      this.isFurther = (buffer[end - 2]! & MORE_RESULTS) !== 0;
      if (this.isFurther) return false;
      const { rows, isCut } = this.taken!;
      return this.answered({ rows, affected: 0, isCut }, wire);
    }
    if (this.expected === 'end of columns') {
      this.expected = 'row';
      return false;
    }
    if (first === OK)
      return this.answered({ rows: this.taken?.rows ?? [], affected: lengthAt(buffer, start + HEADER + 1) }, wire);
    if (first === LOCAL_FILE) throw new Error('The server asked for a file.');
    this.columns = lengthAt(buffer, start + HEADER);
    this.column = 0;
    const { statement, mostBytes } = this.statements[this.at]!;
    this.reader = statement?.reader ?? new RowReader();
    if (!this.isFurther) this.taken = new RowsTaken(mostBytes);
    this.expected = 'column';
    return false;
  }

  private take(packet: Packet): void {
    // Rows that are left out are not even read.
    if (!this.taken!.hasRoom()) return;
    const row = this.statements[this.at]!.statement ? this.reader.read(packet) : this.reader.readText(packet);
    this.taken!.add(row, packet.end - packet.start);
  }

  private learn(packet: Packet): void {
    const { column, reader } = this;
    if (!reader.isSame(column, packet)) {
      if (column < reader.columns) this.reader = reader.upTo(column);
      this.reader.learn(packet);
    }
    this.column++;
    if (this.column < this.columns) return;
    if (this.reader.columns > this.columns) this.reader = this.reader.upTo(this.columns);
    const { statement } = this.statements[this.at]!;
    if (statement) statement.reader = this.reader;
    this.expected = 'end of columns';
  }

  private answered(outcome: Outcome, wire: Wire): boolean {
    this.settle(this.at, outcome);
    this.taken = undefined;
    this.isFurther = false;
    this.expected = 'answer';
    this.watched.answered();
    return this.next(wire);
  }

  private settle(n: number, outcome: Outcome): void {
    this.outcomes[n] = outcome;
    this.tell?.(n, outcome);
  }

  /** Goes on to the next statement that was sent. */
  private next(wire: Wire): boolean {
    do this.at++;
    while (this.at < this.statements.length && this.outcomes[this.at] !== undefined);
    if (this.at < this.statements.length) {
      // The packets of each answer are counted from the statement's own, which is 0.
      wire.sequenceId = 1;
      return false;
    }
    this.done(this.outcomes);
    return true;
  }
}

/** Why it can't be executed. With too few parameters the server would take what comes after them for the others. */
function failureOf({ failure, parameters }: PreparedStatement, { length }: readonly SqlValue[]): Error | undefined {
  if (failure || length === parameters) return failure;
  return new TypeError(`The statement takes ${parameters} parameters, and ${length} are given.`);
}

/** A length-encoded integer. */
function lengthAt(buffer: Buffer, at: number): number {
  const first = buffer[at]!;
  if (first < 0xfb) return first;
  if (first === 0xfc) return buffer.readUInt16LE(at + 1);
  if (first === 0xfd) return buffer.readUIntLE(at + 1, 3);
  return buffer.readUIntLE(at + 1, 6);
}
