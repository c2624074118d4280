import { Injectable } from '@nestjs/common';
import type { Position } from '../../changes/position.js';
import { Database } from '../../database/database.js';
import { UniqueViolation } from '../../database/sql-errors.js';
import { fromInstant, now, toInstant } from '../../runtime/instant.js';
import type { ConsumerEntity } from './consumer.entity.js';

/** A position with the id of the change that is there. */
export interface Place extends Position {
  readonly id: string | null;
}

/** A consumer, and how far behind its module it is. */
export interface ConsumerStanding extends Pick<ConsumerEntity, 'name' | 'module' | 'epoch' | 'seq' | 'stopped'> {
  readonly moved_at: string;
  /** Changes that it has not had yet. */
  readonly behind: number;
  /** When the first of those was made; null where there is none. */
  readonly oldest_at: string | null;
  /** Rows whose changes are set aside. */
  readonly set_aside: number;
}

@Injectable()
export class ConsumerRepository {
  constructor(private readonly database: Database) {}

  async find(name: string): Promise<ConsumerEntity | undefined> {
    const sql =
      'SELECT `name`, `module`, `epoch`, `seq`, `change_id`, `tries`, `stopped` FROM `plinth_consumer` WHERE `name` = ?';
    return (await this.database.query<ConsumerEntity>(sql, [name]))[0];
  }

  /** Where it has no position yet; that of another process stands. */
  async begin(name: string, module: string, { epoch, seq, id }: Place): Promise<void> {
    const sql =
      'INSERT INTO `plinth_consumer` (`name`, `module`, `epoch`, `seq`, `change_id`, `tries`, `stopped`, `moved_at`) VALUES (?, ?, ?, ?, ?, 0, NULL, ?)';
    try {
      await this.database.execute(sql, [name, module, epoch, seq, id, at()]);
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
    }
  }

  /** Compares and swaps, so that a process which was taken for dead moves nothing. @returns false where it is elsewhere by now */
  async move(name: string, from: Position, to: Place): Promise<boolean> {
    const sql =
      'UPDATE `plinth_consumer` SET `epoch` = ?, `seq` = ?, `change_id` = ?, `tries` = 0, `stopped` = NULL, `moved_at` = ? WHERE `name` = ? AND `epoch` = ? AND `seq` = ?';
    return (await this.database.execute(sql, [to.epoch, to.seq, to.id, at(), name, from.epoch, from.seq])) > 0;
  }

  async setTries(name: string, { epoch, seq }: Position, tries: number): Promise<void> {
    const sql = 'UPDATE `plinth_consumer` SET `tries` = ? WHERE `name` = ? AND `epoch` = ? AND `seq` = ?';
    await this.database.execute(sql, [tries, name, epoch, seq]);
  }

  async stop(name: string, { epoch, seq }: Position, why: string): Promise<void> {
    const sql = 'UPDATE `plinth_consumer` SET `stopped` = ? WHERE `name` = ? AND `epoch` = ? AND `seq` = ?';
    await this.database.execute(sql, [why, name, epoch, seq]);
  }

  async all(): Promise<ConsumerStanding[]> {
    const count = (table: string, where: string) => `(SELECT COUNT(*) FROM \`${table}\` \`x\` WHERE ${where})`;
    const ofModule = '`x`.`module` = `c`.`module`';
    const oldest = (seq: string) => `(SELECT MIN(\`x\`.\`at\`) FROM \`change_log\` \`x\` WHERE ${ofModule} AND ${seq})`;
    // Changes without a number yet come after all that have one.
    const unnumbered = '`x`.`seq` IS NULL';
    const rows = await this.database.query<ConsumerStanding & { head: number; unnumbered: number }>(
      `SELECT \`c\`.\`name\`, \`c\`.\`module\`, \`c\`.\`epoch\`, \`c\`.\`seq\`, \`c\`.\`stopped\`, \`c\`.\`moved_at\`, COALESCE(\`f\`.\`head\`, 0) AS \`head\`, ` +
        `${count('change_log', `${ofModule} AND ${unnumbered}`)} AS \`unnumbered\`, ` +
        `${count('plinth_set_aside', '`x`.`consumer` = `c`.`name`')} AS \`set_aside\`, ` +
        `COALESCE(${oldest('`x`.`seq` = `c`.`seq` + 1')}, ${oldest(unnumbered)}) AS \`oldest_at\` ` +
        'FROM `plinth_consumer` `c` LEFT JOIN `change_feed` `f` ON `f`.`module` = `c`.`module` ORDER BY `c`.`name`',
    );
    return rows.map(({ head, unnumbered: pending, ...row }) => ({
      ...row,
      moved_at: toInstant(row.moved_at),
      oldest_at: row.oldest_at === null ? null : toInstant(row.oldest_at),
      behind: Math.max(0, head - row.seq) + pending,
    }));
  }
}

function at(): string {
  return fromInstant(now());
}
