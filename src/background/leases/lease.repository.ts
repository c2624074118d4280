import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { LeaseSql } from '../../database/lease.sql.js';

export interface Lease {
  readonly name: string;
  readonly holder: string | null;
  /** Nobody holds it, or the holder's term is over. */
  readonly isFree: boolean;
}

/** The leases of work, by name. */
@Injectable()
export class LeaseRepository {
  private readonly sql: LeaseSql;

  constructor(
    private readonly database: Database,
    { background }: Config,
  ) {
    this.sql = new LeaseSql(database.engine === 'sqlite', background.leaseMs);
  }

  /** Begins those that are not there yet. */
  async find(names: readonly string[]): Promise<Lease[]> {
    const sql = `SELECT \`name\`, \`holder\`, ${this.sql.isFree} AS \`free\` FROM \`plinth_lease\` WHERE \`name\` IN (${places(names)})`;
    const rows = await this.database.query<{ name: string; holder: string | null; free: number }>(sql, [...names]);
    if (rows.length === names.length)
      return rows.map(({ name, holder, free }) => ({ name, holder, isFree: Boolean(free) }));
    for (const name of names) await this.database.execute(this.sql.insert, [name]);
    return this.find(names);
  }

  /** @returns false where somebody else was faster */
  async take(name: string, holder: string): Promise<boolean> {
    return (await this.database.execute(this.sql.take, [holder, name, holder])) > 0;
  }

  /** For one more term, all in one statement. */
  async renew(names: readonly string[], holder: string): Promise<void> {
    const sql = `UPDATE \`plinth_lease\` SET ${this.sql.prolong} WHERE \`holder\` = ? AND \`name\` IN (${places(names)})`;
    await this.database.execute(sql, [holder, ...names]);
  }

  async release(name: string, holder: string): Promise<void> {
    await this.database.execute(LeaseSql.release, [holder, name]);
  }
}

function places(names: readonly string[]): string {
  return names.map(() => '?').join(', ');
}
