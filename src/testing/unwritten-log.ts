import mysql, { type Connection } from 'mysql2/promise';

/** A piece of the server's redo log that is not on disk: it is of a transaction that nobody has committed. */
export class UnwrittenLog {
  private constructor(
    private readonly connection: Connection,
    private readonly end: number,
  ) {}

  static async begin(url: string): Promise<UnwrittenLog> {
    const connection = await mysql.createConnection({ uri: url.replace('mariadb:', 'mysql:') });
    await connection.query('START TRANSACTION');
    await connection.query("INSERT INTO change_feed (module, head, min_seq, epoch) VALUES ('unwritten', 0, 1, '')");
    return new UnwrittenLog(connection, await position(connection, CURRENT));
  }

  /** Whether somebody has written it since, which a commit does; the server itself does it once a second. Ends it. */
  async wasWritten(): Promise<boolean> {
    const flushed = await position(this.connection, FLUSHED);
    this.connection.destroy();
    return flushed >= this.end;
  }
}

const CURRENT = /^Log sequence number +(\d+)/m;
const FLUSHED = /^Log flushed up to +(\d+)/m;

/** MySQL's status variables are up to a second old; what it tells in this text is not. */
async function position(connection: Connection, which: RegExp): Promise<number> {
  const [rows] = await connection.query('SHOW ENGINE INNODB STATUS');
  return Number(which.exec((rows as { Status: string }[])[0]!.Status)![1]);
}
