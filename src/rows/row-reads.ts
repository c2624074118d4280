import { setImmediate } from 'node:timers/promises';
import { Batcher, FEW_LARGE, type Tell } from '../runtime/batcher.js';
import type { Database } from '../database/database.js';
import type { Statement } from '../database/session.js';
import type { CrudEntity } from './crud.entity.js';
import type { EntitySql } from './entity.sql.js';

const BATCHES = { ...FEW_LARGE, isEager: true };

/**
 * Reads of single rows: those that come at the same time are one statement.
 *
 * A row that a caller may not see is taken out afterwards, for each of them: what is read is the same for all.
 */
export class RowReads<E extends CrudEntity> {
  private readonly batcher: Batcher<string, E | null>;
  /** Ids of large rows that one statement asks for. */
  private fitting = BATCHES.most;

  constructor(
    private readonly database: Database,
    private readonly sql: EntitySql<E>,
    private readonly isTogether: boolean,
    /** Bytes of rows that are in memory at once; one group may have more. */
    private readonly mostBytes: number,
  ) {
    const isSmall = BATCHES.most * sql.mostOf() <= mostBytes;
    this.batcher = new Batcher(
      isSmall ? (ids) => this.readAll(ids) : (ids, tell) => this.readLarge(ids, tell),
      BATCHES,
    );
  }

  find(id: string): Promise<E | null> {
    // Inside of a transaction a row is read as that sees it.
    if (!this.isTogether || this.database.currentTransaction()) return this.read(this.sql.find, id);
    return this.batcher.add(id);
  }

  /** Reads the row and keeps everybody else from changing it until the transaction ends. */
  lock(id: string): Promise<E | null> {
    return this.read(this.sql.lock, id);
  }

  /** Locks those of the rows that nobody else has locked, by their ids, as many as can be in memory; as `lock`. */
  async lockFree(ids: readonly string[]): Promise<Map<string, E>> {
    if (ids.length * this.sql.mostOf() <= this.mostBytes) return this.readSome(this.sql.lockSome(ids));
    return (await this.readPart(this.sql.lockSome(ids))).rows;
  }

  /** As `lock`, of several: in the order of their ids, so that those who lock the same rows can't wait for each other. */
  async lockInOrder(ids: readonly string[]): Promise<void> {
    const statement = this.sql.lockInOrder(ids);
    if (statement) await this.database.query(statement.sql, statement.params);
  }

  private async read(sql: string, id: string): Promise<E | null> {
    const [row] = await this.database.query(sql, [id]);
    return row ? this.sql.codec.decode(row) : null;
  }

  private async readAll(asked: readonly string[]): Promise<(E | null)[]> {
    this.database.times.onBatch('reads', asked.length);
    if (asked.length === 1) return [await this.read(this.sql.find, asked[0]!)];
    const ids = [...new Set(asked)];
    const rows = await this.readSome(this.sql.findSome(ids));
    const isShared = ids.length < asked.length;
    return asked.map((id) => {
      const row = rows.get(id);
      if (!row) return null;
      return isShared ? { ...row } : row;
    });
  }

  /** Reads part by part: a caller who is told of a row goes on with it, and it is in memory no longer than needed. */
  private async readLarge(asked: readonly string[], tell: Tell<E | null>): Promise<(E | null)[]> {
    if (asked.length === 1) return this.readAll(asked);
    this.database.times.onBatch('reads', asked.length);
    const left = new Set(asked);
    for (;;) {
      const ids = [...left].slice(0, this.fitting);
      const { rows, isCut } = await this.readPart(this.sql.findSome(ids));
      this.learn(ids.length, rows, isCut);
      const known = new Set(isCut ? rows.keys() : ids);
      const told = asked.map((id, n) => {
        const row = rows.get(id);
        const result = row ? { ...row } : null;
        if (known.has(id)) tell(n, result);
        return result;
      });
      for (const id of known) left.delete(id);
      if (left.size === 0) return told;
      // They have gone on with these by then.
      await setImmediate();
    }
  }

  /** SQLite stops at the row that has no room. A server sends all that was asked for: it is asked for as many as may fit. */
  private learn(asked: number, rows: ReadonlyMap<string, E>, isCut: boolean): void {
    if (this.database.engine === 'sqlite') return;
    if (isCut) this.fitting = rows.size;
    else if (asked === this.fitting && asked < BATCHES.most && 2 * this.bytesOf(rows) <= this.mostBytes)
      this.fitting *= 2;
  }

  private bytesOf(rows: ReadonlyMap<string, E>): number {
    let bytes = 0;
    for (const row of rows.values()) bytes += this.sql.weigh(row);
    return bytes;
  }

  private async readPart({ sql, params }: Statement): Promise<{ rows: Map<string, E>; isCut: boolean }> {
    const { rows, isCut } = await this.database.queryPart({ sql, params, mostBytes: this.mostBytes });
    const entities = rows.map((row) => this.sql.codec.decode(row));
    return { rows: new Map(entities.map((entity) => [entity.id, entity])), isCut };
  }

  /** Ids are compared here as text, which is how the columns' binary collation does it in the database. */
  private async readSome({ sql, params }: Statement): Promise<Map<string, E>> {
    const rows = new Map<string, E>();
    for (const row of await this.database.query(sql, params)) {
      const entity = this.sql.codec.decode(row);
      rows.set(entity.id, entity);
    }
    return rows;
  }
}
