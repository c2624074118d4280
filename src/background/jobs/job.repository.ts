import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { UniqueViolation } from '../../database/sql-errors.js';
import { fromInstant, toInstant } from '../../runtime/instant.js';
import type { JobEntity } from './job.entity.js';

const SELECT =
  'SELECT `name`, `schedule`, `due_at`, `began_at`, `starts`, `succeeded_at`, `duration_ms`, `failures`, `error` FROM `plinth_job`';

/** A run that has ended. */
export interface RunEnd {
  /** The time at which the run was due. */
  readonly dueAt: string;
  /** The time at which the next run is due. */
  readonly nextAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  /** Why it failed; null where it did not. */
  readonly error: string | null;
}

/** Instants are RFC 3339 here, and what rows have in the table. */
@Injectable()
export class JobRepository {
  constructor(private readonly database: Database) {}

  async find(name: string): Promise<JobEntity | undefined> {
    return (await this.database.query<JobEntity>(`${SELECT} WHERE \`name\` = ?`, [name])).map(decode)[0];
  }

  async all(): Promise<JobEntity[]> {
    return (await this.database.query<JobEntity>(`${SELECT} ORDER BY \`name\``)).map(decode);
  }

  async add(name: string, schedule: string, dueAt: string): Promise<void> {
    const sql = 'INSERT INTO `plinth_job` (`name`, `schedule`, `due_at`, `starts`, `failures`) VALUES (?, ?, ?, 0, 0)';
    try {
      await this.database.execute(sql, [name, schedule, fromInstant(dueAt)]);
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
    }
  }

  /** Another schedule from now on. */
  async plan(name: string, schedule: string, dueAt: string): Promise<void> {
    const sql = 'UPDATE `plinth_job` SET `schedule` = ?, `due_at` = ?, `starts` = 0 WHERE `name` = ?';
    await this.database.execute(sql, [schedule, fromInstant(dueAt), name]);
  }

  /** @param starts how often the run was begun by now. @returns false where another process has had that run meanwhile */
  async begin(name: string, dueAt: string, starts: number, beganAt: string): Promise<boolean> {
    const sql = 'UPDATE `plinth_job` SET `starts` = ?, `began_at` = ? WHERE `name` = ? AND `due_at` = ?';
    return (await this.database.execute(sql, [starts, fromInstant(beganAt), name, fromInstant(dueAt)])) > 0;
  }

  /** The run is taken back: it was dropped, and comes again. */
  async dropped(name: string, dueAt: string): Promise<void> {
    const sql = 'UPDATE `plinth_job` SET `starts` = 0 WHERE `name` = ? AND `due_at` = ?';
    await this.database.execute(sql, [name, fromInstant(dueAt)]);
  }

  async end(name: string, { dueAt, nextAt, endedAt, durationMs, error }: RunEnd): Promise<void> {
    const good = '`succeeded_at` = ?, `failures` = 0, `error` = NULL';
    const bad = '`error` = ?, `failures` = `failures` + 1';
    const sql = `UPDATE \`plinth_job\` SET \`due_at\` = ?, \`starts\` = 0, \`duration_ms\` = ?, ${error === null ? good : bad} WHERE \`name\` = ? AND \`due_at\` = ?`;
    const how = error ?? fromInstant(endedAt);
    await this.database.execute(sql, [fromInstant(nextAt), durationMs, how, name, fromInstant(dueAt)]);
  }
}

function decode(row: JobEntity): JobEntity {
  for (const name of ['due_at', 'began_at', 'succeeded_at'] as const)
    if (row[name] !== null) row[name] = toInstant(row[name]);
  return row;
}
