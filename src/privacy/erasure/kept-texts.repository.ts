import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { fromInstant } from '../../runtime/instant.js';
import type { Found } from './found.js';

const READ_AT_ONCE = 100;
export const ERASED_ERROR = 'The text of this error was erased: it may have had personal values.';

/** Texts that a table keeps without saying whose they are: stored answers, and errors of consumers and jobs. */
@Injectable()
export class KeptTextsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  /**
   * Takes what was found out of the answers that are kept for idempotency keys. A replay gives the rest.
   * @param since leaves out answers from before
   * @returns how many had something in them
   */
  async cleanAnswers(found: Found, isDry: boolean, since = '1970-01-02T00:00:00.000Z'): Promise<number> {
    const sql = `SELECT \`id\`, \`body\`, \`created_at\` FROM \`idempotency_key\` WHERE \`created_at\` > ? OR (\`created_at\` = ? AND \`id\` > ?) ORDER BY \`created_at\`, \`id\` LIMIT ${READ_AT_ONCE}`;
    let count = 0;
    for (let place = { created_at: fromInstant(since), id: '' }; ;) {
      const params = [place.created_at, place.created_at, place.id];
      const part = { sql, params, mostBytes: this.config.http.pageBytes };
      const { rows, isCut } = await this.database.queryPart<{ id: string; body: string | null; created_at: string }>(
        part,
      );
      for (const { id, body } of rows) {
        const before = body === null ? null : (JSON.parse(body) as unknown);
        const after = found.cleaned(before);
        if (after === before) continue;
        count++;
        if (!isDry) await this.keep(id, JSON.stringify(after));
      }
      if (rows.length < READ_AT_ONCE && !isCut) return count;
      place = rows.at(-1)!;
    }
  }

  /** Errors of jobs that have one of the values in them. */
  async cleanJobErrors(found: Found, isDry: boolean): Promise<number> {
    const sql = 'SELECT `name`, `error` FROM `plinth_job` WHERE `error` IS NOT NULL';
    const jobs = await this.database.query<{ name: string; error: string }>(sql);
    const some = jobs.filter(({ error }) => found.isIn(error));
    const set = 'UPDATE `plinth_job` SET `error` = ? WHERE `name` = ? AND `error` = ?';
    if (!isDry) for (const { name, error } of some) await this.database.execute(set, [ERASED_ERROR, name, error]);
    return some.length;
  }

  /** Errors of consumers that could not handle a change of the row. */
  async cleanSetAside(module: string, row: string, isDry: boolean): Promise<number> {
    const where = 'WHERE `module` = ? AND `resource_id` = ? AND `error` <> ?';
    const params = [module, row, ERASED_ERROR];
    if (isDry) return (await this.database.query(`SELECT \`id\` FROM \`plinth_set_aside\` ${where}`, params)).length;
    return this.database.execute(`UPDATE \`plinth_set_aside\` SET \`error\` = ? ${where}`, [ERASED_ERROR, ...params]);
  }

  private async keep(id: string, body: string): Promise<void> {
    await this.database.execute('UPDATE `idempotency_key` SET `body` = ? WHERE `id` = ?', [body, id]);
  }
}
