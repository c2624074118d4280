import { Logger } from '@nestjs/common';
import { ActiveTransaction } from './active-transaction.js';
import type { OpenTransaction } from './session.js';

/** A connection that answers everything, and remembers how it was ended. */
function fakeConnection(failure?: object): OpenTransaction & { ends: string[] } {
  const ends: string[] = [];
  const run = () =>
    failure ? Promise.reject(Object.assign(new Error('driver'), failure)) : Promise.resolve({ rows: [], affected: 1 });
  const end = (how: string) => () => Promise.resolve(void ends.push(how));
  return {
    isOver: false,
    run,
    runEach: async () => [await run()],
    commit: end('commit'),
    rollback: end('rollback'),
    ends,
  };
}

describe('ActiveTransaction', () => {
  it('stays committed, and calls the others back, when a callback throws', async () => {
    const logged: unknown[] = [];
    const ignore = () => undefined;
    Logger.overrideLogger({ log: ignore, warn: ignore, error: (error: unknown) => logged.push(error) });
    const transaction = new ActiveTransaction(fakeConnection());
    const called: number[] = [];
    transaction.onEnd(() => {
      throw new Error('mine');
    });
    transaction.onEnd((isCommitted) => called.push(isCommitted ? 2 : 0));
    await expect(transaction.commit()).resolves.toBeUndefined();
    expect(called).toEqual([2]);
    expect(logged).toHaveLength(1);
  });

  it.each([{ errno: 1213 }, { errno: 1205 }, { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }])(
    'can not be committed after %j, even if its work did not mind',
    async (failure) => {
      const connection = fakeConnection(failure);
      const transaction = new ActiveTransaction(connection);
      await transaction.execute('UPDATE').catch(() => undefined);
      await expect(transaction.execute('UPDATE')).rejects.toMatchObject(failure);
      await expect(transaction.commit()).rejects.toMatchObject(failure);
      expect(connection.ends).toEqual(['rollback']);
    },
  );
});
