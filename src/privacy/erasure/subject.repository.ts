import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { SqlValue } from '../../database/session.js';
import type { ChangeEntity } from '../../rows/change.entity.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import { EntitySql } from '../../rows/entity.sql.js';
import type { Snapshot, SubjectModel } from './subject-model.js';

const ROWS_AT_ONCE = 100;
const ASKER = { caller: 'system:privacy', hasBegun: true };
/** Change records that are looked through by one statement. */
const WINDOW = 1_000;

export type ChangeRecord = Pick<
  ChangeEntity,
  'id' | 'resource_id' | 'version' | 'op' | 'before' | 'after' | 'actor' | 'at'
>;

/** A place among the change records of a module. */
interface Mark {
  readonly at: string;
  readonly id: string;
}

/** The rows of a subject, and what the log says of them. */
@Injectable()
export class SubjectRepository {
  private readonly built = new Map<SubjectModel, EntitySql<CrudEntity>>();

  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  /** Rows that are about a subject, in parts of at most a hundred and as many as fit. */
  async *rows(model: SubjectModel, subject: string): AsyncGenerator<CrudEntity[]> {
    const { codec, table } = this.sqlOf(model);
    const columns = codec.columns.map((name) => codec.select(name)).join(', ');
    const sql = `SELECT ${columns} FROM \`${table}\` WHERE \`${model.subject}\` = ? AND \`id\` > ? ORDER BY \`id\` LIMIT ${ROWS_AT_ONCE}`;
    for (let after = ''; ;) {
      const statement = { sql, params: [subject, after], mostBytes: this.config.http.pageBytes };
      // There may be no index.
      const part = await this.database.inCostlyTurn(ASKER, () => this.database.queryPart(statement));
      const rows = part.rows.map((row) => codec.decode(row));
      if (rows.length > 0) yield rows;
      if (rows.length < ROWS_AT_ONCE && !part.isCut) return;
      after = rows.at(-1)!.id;
    }
  }

  /** In the transaction that is under way: nobody else changes the row until that ends. */
  async lock(model: SubjectModel, id: string): Promise<CrudEntity | undefined> {
    const { codec, lock } = this.sqlOf(model);
    const [row] = await this.database.query(lock, [id]);
    return row && codec.decode(row);
  }

  async replace(model: SubjectModel, before: CrudEntity, after: CrudEntity): Promise<void> {
    const { sql, params } = this.sqlOf(model).updateOf({ before, after });
    await this.database.execute(sql, params);
  }

  async remove(model: SubjectModel, { id }: CrudEntity): Promise<void> {
    await this.database.execute(`DELETE FROM \`${this.sqlOf(model).table}\` WHERE \`id\` = ?`, [id]);
  }

  /** Ids of the change records of one row, the newest last. */
  async recordsOf(module: string, row: string): Promise<string[]> {
    const sql = 'SELECT `id` FROM `change_log` WHERE `module` = ? AND `resource_id` = ? ORDER BY `version`, `id`';
    return this.ids(sql, [module, row]);
  }

  /** Ids of the records of a module in which a row is about a subject, whatever it is about now; in parts. */
  async *recordsNaming({ name, subject: member }: SubjectModel, subject: string): AsyncGenerator<string[]> {
    if (member === 'id') {
      yield await this.recordsOf(name, subject);
      return;
    }
    // As the log writes it; in a document it may be nested, and is looked at again by who reads the record.
    const text = `${JSON.stringify(member)}:${JSON.stringify(subject)}`;
    const after = '(`at` > ? OR (`at` = ? AND `id` > ?))';
    const bound = `SELECT \`at\`, \`id\` FROM \`change_log\` WHERE \`module\` = ? AND ${after} ORDER BY \`at\`, \`id\` LIMIT 1 OFFSET ${WINDOW - 1}`;
    const named = '(INSTR(`after`, ?) > 0 OR INSTR(`before`, ?) > 0)';
    const find = `SELECT \`id\` FROM \`change_log\` WHERE \`module\` = ? AND ${after} AND (\`at\` < ? OR (\`at\` = ? AND \`id\` <= ?)) AND ${named} ORDER BY \`at\`, \`id\``;
    for (let from: Mark = { at: '1970-01-02 00:00:00.000', id: '' }; ;) {
      const place = [name, from.at, from.at, from.id];
      const [end] = await this.database.query<{ at: string; id: string }>(bound, place);
      const upTo = end ?? { at: '2038-01-01 00:00:00.000', id: '' };
      const params = [...place, upTo.at, upTo.at, upTo.id, text, text];
      const ids = await this.database.inCostlyTurn(ASKER, () => this.ids(find, params));
      if (ids.length > 0) yield ids;
      if (!end) return;
      from = end;
    }
  }

  /** Ids of the changes that one of these callers has made, some hundred at once. */
  actedBy(actors: readonly string[]): Promise<string[]> {
    const places = actors.map(() => '?').join(', ');
    return this.ids(`SELECT \`id\` FROM \`change_log\` WHERE \`actor\` IN (${places}) LIMIT 500`, actors);
  }

  /** The changes that one caller has made, in their order. */
  async *actsOf(actor: string): AsyncGenerator<Omit<ChangeRecord, 'before' | 'after'> & Pick<ChangeEntity, 'module'>> {
    const sql =
      'SELECT `id`, `module`, `resource_id`, `version`, `op`, `actor`, `at` FROM `change_log` WHERE `actor` = ? AND (`at` > ? OR (`at` = ? AND `id` > ?)) ORDER BY `at`, `id` LIMIT 500';
    for (let from: Mark = { at: '1970-01-02 00:00:00.000', id: '' }; ;) {
      const rows = await this.database.query<ChangeEntity>(sql, [actor, from.at, from.at, from.id]);
      yield* rows;
      if (rows.length === 0) return;
      from = rows.at(-1)!;
    }
  }

  async countActedBy(actors: readonly string[]): Promise<number> {
    const places = actors.map(() => '?').join(', ');
    const sql = `SELECT COUNT(*) AS \`count\` FROM \`change_log\` WHERE \`actor\` IN (${places})`;
    return (await this.database.query<{ count: number }>(sql, actors))[0]!.count;
  }

  async record(id: string): Promise<ChangeRecord | undefined> {
    const sql =
      'SELECT `id`, `resource_id`, `version`, `op`, `before`, `after`, `actor`, `at` FROM `change_log` WHERE `id` = ?';
    return (await this.database.query<ChangeRecord>(sql, [id]))[0];
  }

  /** The rows before and after, in records, one record in memory at a time. */
  async *snapshots(records: readonly string[]): AsyncGenerator<{ readonly row: string; readonly snapshot: Snapshot }> {
    for (const id of records) {
      const record = await this.record(id);
      for (const text of [record?.before, record?.after])
        if (text) yield { row: record!.resource_id, snapshot: JSON.parse(text) as Snapshot };
    }
  }

  /** Puts other rows into a record, whose number and place stay. */
  async rewrite(id: string, before: string | null, after: string): Promise<void> {
    await this.database.execute('UPDATE `change_log` SET `before` = ?, `after` = ? WHERE `id` = ?', [
      before,
      after,
      id,
    ]);
  }

  async setActor(id: string, actor: string): Promise<number> {
    return this.database.execute('UPDATE `change_log` SET `actor` = ? WHERE `id` = ?', [actor, id]);
  }

  private async ids(sql: string, params: readonly SqlValue[]): Promise<string[]> {
    return (await this.database.query<{ id: string }>(sql, params)).map(({ id }) => id);
  }

  private sqlOf(model: SubjectModel): EntitySql<CrudEntity> {
    let sql = this.built.get(model);
    if (!sql) {
      const metadata = this.database.modelOf(model.resource);
      const keys = [...metadata.uniques, ...metadata.indices.filter(({ isUnique }) => isUnique)];
      model.keepDistinct(keys.flatMap(({ columns }) => columns.map(({ databaseName }) => databaseName)));
      this.built.set(model, (sql = new EntitySql<CrudEntity>(metadata)));
    }
    return sql;
  }
}
