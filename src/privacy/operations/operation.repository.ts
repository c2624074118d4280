import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { UniqueViolation } from '../../database/sql-errors.js';
import { newToken, PLAIN_TEXT, pseudonymOf } from '../../fields/pseudonym.js';
import { fromInstant, now, toInstant } from '../../runtime/instant.js';
import { uuidv7 } from '../../runtime/uuid.js';
import type { OperationEntity, OperationKind, OperationState } from './operation.entity.js';

const SELECT =
  'SELECT `id`, `kind`, `subject`, `token`, `state`, `module`, `rows`, `counts`, `error`, `asked_by`, `created_at`, `began_at`, `ended_at` FROM `plinth_privacy`';
/** An export that is not fetched by then is gone. */
const KEPT_MS = 3_600_000;

/** Operations, the oldest first. The subject stands in the table as long as it is needed, and nowhere else. */
@Injectable()
export class OperationRepository {
  constructor(private readonly database: Database) {}

  /** @returns the one that is under way for the subject, where there is one: the database lets no second one in */
  async begin(kind: OperationKind, subject: string, askedBy: string): Promise<OperationEntity> {
    const sql =
      'INSERT INTO `plinth_privacy` (`id`, `kind`, `subject`, `token`, `state`, `rows`, `counts`, `asked_by`, `created_at`) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)';
    const id = uuidv7();
    try {
      await this.database.execute(sql, [id, kind, subject, newToken(), 'queued', '{}', askedBy, fromInstant(now())]);
      return (await this.find(id))!;
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
      const [other] = await this.read(`${SELECT} WHERE \`kind\` = ? AND \`subject\` = ?`, [kind, subject]);
      // It has just ended.
      return other ?? this.begin(kind, subject, askedBy);
    }
  }

  async find(id: string): Promise<OperationEntity | undefined> {
    return (await this.read(`${SELECT} WHERE \`id\` = ?`, [id]))[0];
  }

  /** The one to go on with. */
  async next(): Promise<OperationEntity | undefined> {
    const sql = `${SELECT} WHERE \`state\` IN ('queued', 'running') ORDER BY \`state\` DESC, \`id\` LIMIT 1`;
    return (await this.read(sql, []))[0];
  }

  async start(id: string): Promise<void> {
    const sql =
      "UPDATE `plinth_privacy` SET `state` = 'running', `began_at` = COALESCE(`began_at`, ?) WHERE `id` = ? AND `state` IN ('queued', 'running')";
    await this.database.execute(sql, [fromInstant(now()), id]);
  }

  async progress(id: string, module: string, rows: number, counts: string): Promise<void> {
    const sql = 'UPDATE `plinth_privacy` SET `module` = ?, `rows` = ?, `counts` = ? WHERE `id` = ?';
    await this.database.execute(sql, [module, rows, counts, id]);
  }

  /** The subject is forgotten, unless its data are still to be fetched. */
  async end(
    { id, kind, subject, token }: OperationEntity,
    state: OperationState,
    rows: number,
    counts: string,
    error: string | null,
  ): Promise<void> {
    await this.database.transaction(async () => {
      const kept = kind === 'export' && state === 'done' ? subject : null;
      const sql =
        'UPDATE `plinth_privacy` SET `state` = ?, `subject` = ?, `module` = NULL, `rows` = ?, `counts` = ?, `error` = ?, `ended_at` = ? WHERE `id` = ?';
      await this.database.execute(sql, [state, kept, rows, counts, error, fromInstant(now()), id]);
      if (kind !== 'erase' || state !== 'done') return;
      // Exports that nobody has fetched, and what the subject has asked for.
      const gone =
        "UPDATE `plinth_privacy` SET `state` = 'gone', `subject` = NULL WHERE `subject` = ? AND `state` = 'done'";
      await this.database.execute(gone, [subject]);
      const asked = 'UPDATE `plinth_privacy` SET `asked_by` = ? WHERE `asked_by` IN (?, ?)';
      await this.database.execute(asked, [pseudonymOf(PLAIN_TEXT, token), subject, `user:${subject}`]);
    });
  }

  /** Takes the subject of an export that is done, once; undefined for who comes later. */
  async take(id: string): Promise<string | undefined> {
    return this.database.transaction(async () => {
      const lock = this.database.engine === 'sqlite' ? '' : ' FOR UPDATE';
      const [row] = await this.read(`${SELECT} WHERE \`id\` = ? AND \`state\` = 'done'${lock}`, [id]);
      if (!row?.subject) return undefined;
      const gone = "UPDATE `plinth_privacy` SET `state` = 'gone', `subject` = NULL WHERE `id` = ?";
      await this.database.execute(gone, [id]);
      return isOld(row) ? undefined : row.subject;
    });
  }

  /** Forgets the subjects of exports that nobody has fetched. */
  async expire(): Promise<void> {
    const sql =
      "UPDATE `plinth_privacy` SET `state` = 'gone', `subject` = NULL WHERE `kind` = 'export' AND `state` = 'done' AND `ended_at` < ?";
    await this.database.execute(sql, [fromInstant(new Date(Date.now() - KEPT_MS).toISOString())]);
  }

  /** By kind and state; and when the oldest one was asked for that has not ended. */
  async standing(): Promise<{ kind: OperationKind; state: OperationState; count: number; oldest_at: string }[]> {
    const sql =
      'SELECT `kind`, `state`, COUNT(*) AS `count`, MIN(`created_at`) AS `oldest_at` FROM `plinth_privacy` GROUP BY `kind`, `state`';
    const rows = await this.database.query<Awaited<ReturnType<OperationRepository['standing']>>[number]>(sql);
    return rows.map((row) => ({ ...row, oldest_at: toInstant(row.oldest_at) }));
  }

  private async read(sql: string, params: readonly string[]): Promise<OperationEntity[]> {
    const rows = await this.database.query<OperationEntity>(sql, params);
    for (const row of rows)
      for (const name of ['created_at', 'began_at', 'ended_at'] as const)
        if (row[name] !== null) row[name] = toInstant(row[name]);
    return rows;
  }
}

function isOld({ ended_at: at }: OperationEntity): boolean {
  return Date.parse(at!) < Date.now() - KEPT_MS;
}
