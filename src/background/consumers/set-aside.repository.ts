import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { Row } from '../../database/session.js';
import type { ListQuery, Part } from '../../query/list-query.js';
import { ListReads } from '../../query/list-reads.js';
import { plainTable } from '../../query/list-sql.js';
import type { ChangeEntity } from '../../rows/change.entity.js';
import { fromInstant, now, toInstant } from '../../runtime/instant.js';
import { uuidv7 } from '../../runtime/uuid.js';
import type { SetAsideEntity, SetAsideState } from './set-aside.entity.js';

const COLUMNS = ['id', 'consumer', 'module', 'resource_id', 'change_id', 'seq', 'tries', 'error', 'state', 'at'];
const SELECT = `SELECT ${COLUMNS.map((name) => `\`${name}\``).join(', ')} FROM \`plinth_set_aside\``;
const DUE_AT_ONCE = 50;
/** The size of a row in bytes; the error is most of it. */
const MOST_BYTES = 8_192;

/** The change that can't be handled, how often it was tried, and why it failed. */
export interface Failure {
  readonly change: Pick<ChangeEntity, 'id' | 'seq' | 'resource_id'>;
  readonly tries: number;
  readonly error: string;
}

@Injectable()
export class SetAsideRepository {
  private readonly lists: ListReads<SetAsideEntity>;

  constructor(
    private readonly database: Database,
    { http }: Config,
  ) {
    const listed = { ...plainTable('plinth_set_aside', database.engine), decode, mostOf: () => MOST_BYTES };
    this.lists = new ListReads(database, listed, http.pageBytes);
  }

  page(query: ListQuery, caller: string): Promise<Part<SetAsideEntity>> {
    return this.lists.page({ ...query, columns: COLUMNS, includeDeleted: true }, caller);
  }

  /** Ids of the rows whose changes are set aside. */
  async rowsOf(consumer: string): Promise<string[]> {
    const sql = 'SELECT `resource_id` FROM `plinth_set_aside` WHERE `consumer` = ?';
    const rows = await this.database.query<{ resource_id: string }>(sql, [consumer]);
    return rows.map(({ resource_id: id }) => id);
  }

  /** Rows about which an operator has decided, the oldest first. */
  async due(consumer: string): Promise<SetAsideEntity[]> {
    const sql = `${SELECT} WHERE \`consumer\` = ? AND \`state\` <> 'waiting' ORDER BY \`seq\` LIMIT ${DUE_AT_ONCE}`;
    return (await this.database.query(sql, [consumer])).map(decode);
  }

  async add(consumer: string, module: string, { change, tries, error }: Failure): Promise<void> {
    const places = COLUMNS.map(() => '?').join(', ');
    const sql = `INSERT INTO \`plinth_set_aside\` (${COLUMNS.map((name) => `\`${name}\``).join(', ')}) VALUES (${places})`;
    const { id, seq, resource_id: row } = change;
    const values = [uuidv7(), consumer, module, row, id, seq, tries, error, 'waiting', fromInstant(now())];
    await this.database.execute(sql, values);
  }

  /** It stands at another change of the row from now on. */
  async stand(id: string, state: SetAsideState, { change, tries, error }: Failure): Promise<void> {
    const sql =
      'UPDATE `plinth_set_aside` SET `change_id` = ?, `seq` = ?, `tries` = ?, `error` = ?, `state` = ?, `at` = ? WHERE `id` = ?';
    await this.database.execute(sql, [change.id, change.seq, tries, error, state, fromInstant(now()), id]);
  }

  /** @returns false where there is none */
  async mark(id: string, state: SetAsideState): Promise<boolean> {
    return (await this.database.execute('UPDATE `plinth_set_aside` SET `state` = ? WHERE `id` = ?', [state, id])) > 0;
  }

  async find(id: string): Promise<SetAsideEntity | undefined> {
    return (await this.database.query(`${SELECT} WHERE \`id\` = ?`, [id])).map(decode)[0];
  }

  async remove(id: string): Promise<void> {
    await this.database.execute('DELETE FROM `plinth_set_aside` WHERE `id` = ?', [id]);
  }

  /** For a consumer that begins anew. */
  async clear(consumer: string): Promise<void> {
    await this.database.execute('DELETE FROM `plinth_set_aside` WHERE `consumer` = ?', [consumer]);
  }
}

function decode(row: Row): SetAsideEntity {
  const entity = row as unknown as SetAsideEntity;
  if (entity.at !== undefined) entity.at = toInstant(entity.at);
  return entity;
}
