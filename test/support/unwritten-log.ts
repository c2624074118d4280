import mysql, { type Connection } from 'mysql2/promise';

/** A piece of MariaDB's redo log that is not on disk: it is of a transaction that nobody has committed. */
export class UnwrittenLog {
  private constructor(
    private readonly connection: Connection,
    private readonly end: number,
  ) {}

  static async begin(url: string): Promise<UnwrittenLog> {
    const connection = await mysql.createConnection({ uri: url.replace('mariadb:', 'mysql:') });
    await connection.query('START TRANSACTION');
    await connection.query("INSERT INTO change_feed (module, head, min_seq, epoch) VALUES ('unwritten', 0, 1, '')");
    return new UnwrittenLog(connection, await position(connection, 'current'));
  }

  /** Whether somebody has written it since, which a commit does; the server itself does it once a second. Ends it. */
  async wasWritten(): Promise<boolean> {
    const flushed = await position(this.connection, 'flushed');
    this.connection.destroy();
    return flushed >= this.end;
  }
}

async function position(connection: Connection, which: 'current' | 'flushed'): Promise<number> {
  const [rows] = await connection.query(`SHOW GLOBAL STATUS LIKE 'Innodb_lsn_${which}'`);
  return Number((rows as { Value: string }[])[0]!.Value);
}
