import { sqlNow } from './clock.js';

/**
 * The statements of leases: rows that say who does some work, and until when unless the holder renews it. GET_LOCK is granted on
 * two Galera nodes at once, and a lock dies silently with its connection. Times are by the database's clock: those of the
 * processes differ.
 */
export class LeaseSql {
  static readonly table =
    'CREATE TABLE IF NOT EXISTS `plinth_lease` (`name` VARCHAR(40) PRIMARY KEY, `holder` VARCHAR(36) NULL, `expires_at` BIGINT NOT NULL)';
  /** Bound to the holder and the name. */
  static readonly release =
    'UPDATE `plinth_lease` SET `holder` = NULL, `expires_at` = 0 WHERE `holder` = ? AND `name` = ?';
  /** Bound to the name. */
  readonly insert: string;
  /** Bound to the name and who asks: a row where they may take the lease. */
  readonly look: string;
  /** Bound to the holder, the name and the holder again: matches where `look` finds a row. */
  readonly take: string;
  /** An expression: whether the lease of a row can be had by anybody. */
  readonly isFree: string;
  /** An assignment: longer by one term from now on. */
  readonly prolong: string;

  /** @param ms the term of a lease */
  constructor(isSqlite: boolean, ms: number) {
    const now = sqlNow(isSqlite);
    const ignore = isSqlite ? 'OR IGNORE' : 'IGNORE';
    this.insert = `INSERT ${ignore} INTO \`plinth_lease\` (\`name\`, \`holder\`, \`expires_at\`) VALUES (?, NULL, 0)`;
    this.isFree = `(\`holder\` IS NULL OR \`expires_at\` < ${now})`;
    this.prolong = `\`expires_at\` = ${now} + ${ms}`;
    const open = `\`name\` = ? AND (\`holder\` = ? OR ${this.isFree})`;
    this.look = `SELECT 1 FROM \`plinth_lease\` WHERE ${open}`;
    this.take = `UPDATE \`plinth_lease\` SET \`holder\` = ?, ${this.prolong} WHERE ${open}`;
  }
}
