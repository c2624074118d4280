import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import type { ListQuery, Part } from '../../query/list-query.js';
import { ListReads } from '../../query/list-reads.js';
import { plainTable } from '../../query/list-sql.js';
import { RowCodec } from '../../rows/row.codec.js';
import { Database } from '../../database/database.js';
import type { Row } from '../../database/session.js';
import { fromInstant } from '../../runtime/instant.js';
import { DomainError } from '../../problems/domain-error.js';
import { ApiKeyEntity } from './api-key.entity.js';

const HOUR_MS = 3_600_000;
/** The size of a row; scopes and claims are most of it. */
const MOST_BYTES = 8_192;

@Injectable()
export class ApiKeyRepository {
  private built?: RowCodec<ApiKeyEntity>;
  private readonly lists: ListReads<ApiKeyEntity>;

  constructor(
    private readonly database: Database,
    { http }: Config,
  ) {
    const listed = {
      ...plainTable('api_key', database.engine),
      decode: (row: Row) => this.codec.decode(row),
      mostOf: () => MOST_BYTES,
    };
    this.lists = new ListReads(database, listed, http.pageBytes);
  }

  atomically<T>(work: () => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  async find(id: string): Promise<ApiKeyEntity | null> {
    const [row] = await this.database.query(`SELECT ${this.columns()} FROM \`api_key\` WHERE \`id\` = ?`, [id]);
    return row ? this.codec.decode(row) : null;
  }

  page(query: ListQuery, caller: string): Promise<Part<ApiKeyEntity>> {
    return this.lists.page({ ...query, includeDeleted: true }, caller);
  }

  /** Every key, some hundred at once. */
  async *all(): AsyncGenerator<ApiKeyEntity> {
    const sql = `SELECT ${this.columns()} FROM \`api_key\` WHERE \`id\` > ? ORDER BY \`id\` LIMIT 200`;
    for (let rows, after = ''; (rows = await this.database.query(sql, [after])).length > 0;) {
      for (const row of rows) yield this.codec.decode(row);
      after = String(rows.at(-1)!.id);
    }
  }

  async insert(row: ApiKeyEntity): Promise<void> {
    const { columns } = this.codec;
    const sql = `INSERT INTO \`api_key\` (${this.columns()}) VALUES (${columns.map(() => '?').join(', ')})`;
    await this.database.execute(sql, this.codec.encode(row, columns));
  }

  /** Compared by version and swapped. @throws DomainError `conflict` */
  async update(before: ApiKeyEntity, changes: Partial<ApiKeyEntity>): Promise<ApiKeyEntity> {
    const row = { ...before, ...changes, version: before.version + 1 };
    const names = this.codec.columns.filter((name) => name !== 'id' && name !== 'last_used_at');
    const set = names.map((name) => `\`${name}\` = ?`).join(', ');
    const sql = `UPDATE \`api_key\` SET ${set} WHERE \`id\` = ? AND \`version\` = ?`;
    const params = [...this.codec.encode(row, names), before.id, before.version];
    if ((await this.database.execute(sql, params)) === 0)
      throw new DomainError('conflict', 'The key was changed by another request meanwhile.');
    return row;
  }

  /** Notes a use, to the hour: a write for each request would cost more than the note is worth. */
  async touch({ id, last_used_at: last }: ApiKeyEntity): Promise<void> {
    const now = Date.now();
    if (last !== null && Date.parse(last) >= now - HOUR_MS) return;
    const sql =
      'UPDATE `api_key` SET `last_used_at` = ? WHERE `id` = ? AND (`last_used_at` IS NULL OR `last_used_at` < ?)';
    const [at, before] = [now, now - HOUR_MS].map((ms) => fromInstant(new Date(ms).toISOString()));
    await this.database.execute(sql, [at!, id, before!]);
  }

  private columns(): string {
    return this.codec.columns.map((name) => `\`${name}\``).join(', ');
  }

  private get codec(): RowCodec<ApiKeyEntity> {
    return (this.built ??= new RowCodec(this.database.modelOf(ApiKeyEntity)));
  }
}
