import type { PoolConnection } from 'mysql2';
import { Failed } from '../../runtime/batcher.js';
import type { Outcome, Statement } from '../session.js';
import type { MysqlChannel } from './mysql.channel.js';
import { MysqlTransaction } from './mysql.transaction.js';

const OK: Outcome = { rows: [], affected: 1 };
const NOT_READY = Object.assign(new Error('WSREP has not yet prepared node for application use'), { errno: 1047 });
const INSERT = { sql: 'INSERT INTO `z` VALUES (1)', params: [] };

/** Answers by the text of a statement, and remembers what was sent and how the connection ended. */
function begin(answer: (sql: string) => Outcome, waits: () => number = () => 5) {
  const sent: string[] = [];
  const ends: string[] = [];
  const send = async (_connection: unknown, statements: readonly Statement[]) => {
    sent.push(statements.map(({ sql }) => sql).join('; '));
    return statements.map(({ sql }) => answer(sql));
  };
  const end = (how: string) => () => void ends.push(how);
  const connection = { release: end('released'), destroy: end('cut'), stream: { destroy: end('severed') } };
  const channel = { send } as unknown as MysqlChannel;
  return { transaction: new MysqlTransaction(connection as unknown as PoolConnection, channel, waits), sent, ends };
}

describe('MysqlTransaction', () => {
  it('runs nothing more when it could not begin: each statement would commit itself', async () => {
    const { transaction, sent, ends } = begin(() => new Failed(NOT_READY));
    await expect(transaction.run(INSERT)).rejects.toBe(NOT_READY);
    expect(transaction.isOver).toBe(true);
    await expect(transaction.run(INSERT)).rejects.toBe(NOT_READY);
    await transaction.rollback();
    expect(sent).toEqual([`SET autocommit = 0; ${INSERT.sql}`]);
    expect(ends).toContain('cut');
  });

  it('does not know the outcome of what went through without a transaction', async () => {
    const { transaction } = begin((sql) => (sql === INSERT.sql ? OK : new Failed(NOT_READY)));
    await expect(transaction.run(INSERT)).rejects.toMatchObject({ code: 'commit-outcome-unknown' });
    expect(transaction.isOver).toBe(true);
  });

  it.each([{ errno: 1969 }, { errno: 3024 }, { errno: 1317 }, { errno: 2013 }])(
    'does not know the outcome of a COMMIT that ended with %j',
    async (members) => {
      const error = Object.assign(new Error('driver'), members);
      const { transaction, ends } = begin((sql) => (sql === 'COMMIT' ? new Failed(error) : OK));
      await transaction.run(INSERT);
      await expect(transaction.commit()).rejects.toMatchObject({ code: 'commit-outcome-unknown' });
      expect(ends).toContain('cut');
    },
  );

  it('waits for locks as long as time is left, and gives the connection back as it was', async () => {
    const left = [5, 5, 2, 2];
    const { transaction, sent, ends } = begin(
      () => OK,
      () => left.shift()!,
    );
    for (let n = 0; n < 4; n++) await transaction.run(INSERT);
    await transaction.commit();
    expect(sent).toEqual([
      `SET autocommit = 0; ${INSERT.sql}`,
      INSERT.sql,
      `SET innodb_lock_wait_timeout = 2, lock_wait_timeout = 2; ${INSERT.sql}`,
      INSERT.sql,
      'COMMIT',
      'SET innodb_lock_wait_timeout = 5, lock_wait_timeout = 5; SET autocommit = 1',
    ]);
    expect(ends).toEqual(['released']);
  });

  it('does not meet one lock after the other where none is to be waited for, and yet is for a second (MySQL)', async () => {
    const held = Object.assign(new Error('Lock wait timeout exceeded'), { errno: 1205 });
    const { transaction, sent } = begin(
      (sql) => (sql === 'second' ? new Failed(held) : OK),
      () => 1,
    );
    const statements = ['first', 'second', 'third', 'fourth'].map((sql) => ({ sql, params: [] }));
    const outcomes = await transaction.runEach(statements, 'does not wait');
    expect(outcomes.map((outcome) => outcome instanceof Failed)).toEqual([false, true, true, true]);
    expect(sent).toEqual([
      'SET autocommit = 0; SET innodb_lock_wait_timeout = 1, lock_wait_timeout = 1; first',
      'second',
    ]);
  });
});
