import { setTimeout as sleep } from 'node:timers/promises';
import { Batcher, Failed, type BatchLimits } from './batcher.js';

/** One turn of the event loop: what was added in it has been sent. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a batcher', () => {
  /** Batches that were sent, each of which is ended by hand. */
  function gated(limits: Partial<BatchLimits> = {}) {
    const sent: { items: readonly string[]; end(): void }[] = [];
    const run = (items: readonly string[]) =>
      new Promise<string[]>((resolve) => {
        sent.push({ items, end: () => resolve(items.map((item) => `${item}!`)) });
      });
    const batcher = new Batcher<string, string>(run, { atOnce: 1, most: 10, ...limits });
    return { batcher, sent, batches: () => sent.map(({ items }) => items.join('')) };
  }

  it('sends what came in one turn together, in its order, before that turn is over', async () => {
    const { batcher, sent, batches } = gated();
    const results = ['a', 'b', 'c'].map((item) => batcher.add(item));
    expect(batches()).toEqual([]);
    await turn();
    expect(batches()).toEqual(['abc']);
    sent[0]!.end();
    expect(await Promise.all(results)).toEqual(['a!', 'b!', 'c!']);
  });

  it('lets nothing join what was sent', async () => {
    const { batcher, sent, batches } = gated();
    const first = batcher.add('a');
    await turn();
    const second = batcher.add('a');
    await turn();
    expect(batches()).toEqual(['a']);
    let isAnswered = false;
    void second.then(() => (isAnswered = true));
    sent[0]!.end();
    await first;
    await turn();
    expect({ batches: batches(), isAnswered }).toEqual({ batches: ['a', 'a'], isAnswered: false });
    sent[1]!.end();
    await second;
  });

  it('sends one who comes alone at once where it is told to, until others come as well', async () => {
    const { batcher, sent, batches } = gated({ atOnce: 9, isEager: true });
    const add = (items: string) => [...items].forEach((item) => void batcher.add(item));
    add('a');
    expect(batches()).toEqual(['a']);
    await turn();
    // One of several goes alone, the others together; after that nobody does, until one came alone again.
    add('bcd');
    expect(batches()).toEqual(['a', 'b']);
    await turn();
    expect(batches()).toEqual(['a', 'b', 'cd']);
    add('ef');
    expect(batches()).toHaveLength(3);
    await turn();
    add('g');
    expect(batches()).toEqual(['a', 'b', 'cd', 'ef']);
    await turn();
    add('h');
    expect(batches()).toEqual(['a', 'b', 'cd', 'ef', 'g', 'h']);
    for (const { end } of sent) end();
  });

  it('makes batches of a power of two where it is told to, and sends the rest at once if it may', async () => {
    const { batcher, sent, batches } = gated({ atOnce: 2, most: 8, isShaped: true });
    for (const item of 'abcdefghijklmno') void batcher.add(item);
    await turn();
    expect(batches()).toEqual(['abcdefgh', 'ijkl']);
    sent[1]!.end();
    await turn();
    expect(batches()).toEqual(['abcdefgh', 'ijkl', 'mn']);
    sent[0]!.end();
    await turn();
    expect(batches()).toEqual(['abcdefgh', 'ijkl', 'mn', 'o']);
  });

  it('has no more under way at once than it may, and gathers meanwhile', async () => {
    const { batcher, sent, batches } = gated({ atOnce: 2 });
    for (const item of ['a', 'b', 'c', 'd']) {
      void batcher.add(item);
      await turn();
    }
    expect(batches()).toEqual(['a', 'b']);
    sent[1]!.end();
    await turn();
    expect(batches()).toEqual(['a', 'b', 'cd']);
    void batcher.add('e');
    await turn();
    expect(batches()).toHaveLength(3);
    sent[0]!.end();
    sent[2]!.end();
    await turn();
    expect(batches()).toEqual(['a', 'b', 'cd', 'e']);
    sent[3]!.end();
    await turn();
    // And is idle again.
    void batcher.add('f');
    await turn();
    expect(batches()).toHaveLength(5);
  });

  it('sends the next batch before it tells what became of the last one, however far that is from being sent', async () => {
    const told: string[] = [];
    const run = async (items: readonly string[]) => {
      for (let hop = 0; hop < 20; hop++) await Promise.resolve();
      told.push(`sent ${items.join('')}`);
      await turn();
      if (items.includes('c')) throw new Error('c');
      return items;
    };
    const batcher = new Batcher<string, string>(run, { atOnce: 1, most: 4 });
    const results = [...'abcdef'].map((item) =>
      batcher.add(item).then(
        () => told.push(item),
        () => told.push(`not ${item}`),
      ),
    );
    await Promise.all(results);
    expect(told).toEqual(['sent abcd', 'sent ef', 'not a', 'not b', 'not c', 'not d', 'e', 'f']);
  });

  it('gathers while one is under way, not all of many, and loses onLock with one that is stuck', async () => {
    const patienceMs = 20;
    const { batcher, sent, batches } = gated({ atOnce: 2, most: 8, patienceMs });
    const add = (items: string) => [...items].forEach((item) => void batcher.add(item));
    add('abcdefgh');
    await turn();
    // Some are left, to be made ready meanwhile.
    expect(batches()).toEqual(['abcd']);
    add('ij');
    await turn();
    expect(batches()).toEqual(['abcd']);
    sent[0]!.end();
    await turn();
    expect(batches()).toEqual(['abcd', 'efgh']);
    await sleep(2 * patienceMs);
    expect(batches()).toEqual(['abcd', 'efgh', 'ij']);
    add('kl');
    sent[2]!.end();
    await turn();
    // The one that is stuck stands in nobody's way any more, but counts.
    expect(batches()).toEqual(['abcd', 'efgh', 'ij', 'kl']);
    add('m');
    await sleep(2 * patienceMs);
    expect(batches()).toHaveLength(4);
    sent[1]!.end();
    sent[3]!.end();
    await turn();
    expect(batches()).toEqual(['abcd', 'efgh', 'ij', 'kl', 'm']);
    add('no');
    await turn();
    expect(batches()).toHaveLength(5);
    sent[4]!.end();
    await turn();
    sent[5]!.end();
  });

  it('sends a full one beside another one where that is wanted, and no third', async () => {
    const { batcher, sent, batches } = gated({ atOnce: 2, most: 4, patienceMs: 60_000, isReadyWhenFull: true });
    const add = (items: string) => [...items].forEach((item) => void batcher.add(item));
    add('ab');
    await turn();
    add('c');
    await turn();
    expect(batches()).toEqual(['ab']);
    add('d');
    await turn();
    expect(batches()).toEqual(['ab', 'cd']);
    add('efgh');
    await turn();
    expect(batches()).toEqual(['ab', 'cd']);
    for (const { end } of sent) {
      end();
      await turn();
    }
    expect(batches()).toEqual(['ab', 'cd', 'ef', 'gh']);
    // Before the turn is over: that has more to come.
    add('ijk');
    expect(batches().slice(4)).toEqual(['ij']);
    await turn();
    expect(batches().slice(4)).toEqual(['ij']);
    add('l');
    await turn();
    expect(batches().slice(4)).toEqual(['ij', 'kl']);
  });

  it('keeps to the most items, and to their weight, of which one alone may be more', async () => {
    const { batcher, sent, batches } = gated({ most: 3, weight: { of: (item: string) => Number(item), most: 10 } });
    const results = ['1', '1', '1', '1', '9', '1', '99', '5', '6'].map((item) => batcher.add(item));
    await turn();
    for (const { end } of sent) {
      end();
      await turn();
    }
    expect(batches()).toEqual(['111', '19', '1', '99', '5', '6']);
    expect(await Promise.all(results)).toEqual(['1!', '1!', '1!', '1!', '9!', '1!', '99!', '5!', '6!']);
  });

  it('gives each item its own failure, and all of them one that was thrown, and goes on', async () => {
    let runs = 0;
    const run = async (items: readonly number[]) => {
      if (++runs === 2) throw new Error('all');
      return items.map((item) => (item % 2 === 0 ? item : new Failed(new Error(String(item)))));
    };
    const batcher = new Batcher<number, number>(run, { atOnce: 1, most: 3 });
    const outcomes = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7].map((item) => batcher.add(item)));
    const told = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message,
    );
    expect(told).toEqual([0, '1', 2, 'all', 'all', 'all', 6, '7']);
  });

  describe('that is told of results', () => {
    /** Each batch is told of and ended by hand, as by a driver: in a turn of its own, with promises on the way. */
    function driven() {
      const log: string[] = [];
      const sent: { tell(n: number, result: string | Failed): void; end(results: (string | Failed)[]): void }[] = [];
      const batcher = new Batcher<string, string>(
        async (items, tell) => {
          log.push(`sent ${items.join('')}`);
          const outcome = new Promise<(string | Failed)[]>((resolve) => sent.push({ tell, end: resolve }));
          return (async () => [...(await outcome)])();
        },
        { atOnce: 1, most: 10 },
      );
      const add = (item: string) => {
        const settled = (result: string) => log.push(`${item}: ${result}`);
        void batcher.add(item).then(settled, (error: unknown) => settled((error as Error).message));
      };
      const input = (work: () => void) => new Promise<void>((resolve) => void setImmediate(() => resolve(work())));
      return { log, sent, add, input };
    }

    it('passes each on while the others are under way, failures too, and each once', async () => {
      const { log, sent, add, input } = driven();
      for (const item of ['a', 'b', 'c', 'd']) add(item);
      await turn();
      await input(() => {
        sent[0]!.tell(2, 'first');
        sent[0]!.tell(0, new Failed(new Error('second')));
      });
      await turn();
      expect(log).toEqual(['sent abcd', 'c: first', 'a: second']);
      await input(() => sent[0]!.tell(1, 'third'));
      await turn();
      expect(log).toEqual(['sent abcd', 'c: first', 'a: second', 'b: third']);
      await input(() => sent[0]!.end([new Failed(new Error('second')), 'third', 'first', 'last']));
      await turn();
      expect(log).toEqual(['sent abcd', 'c: first', 'a: second', 'b: third', 'd: last']);
    });

    it('sends the next batch first where all have come at once', async () => {
      const { log, sent, add, input } = driven();
      for (const item of ['a', 'b']) add(item);
      await turn();
      add('c');
      await input(() => {
        sent[0]!.tell(0, '1');
        sent[0]!.tell(1, '2');
        sent[0]!.end(['1', '2']);
      });
      await turn();
      expect(log).toEqual(['sent ab', 'sent c', 'a: 1', 'b: 2']);
    });
  });

  it('sets no negative timeout where the event loop is held up for longer than its onLock', async () => {
    const timeouts = import.meta.jest.spyOn(globalThis, 'setTimeout');
    const run = (items: readonly string[]) => {
      for (const end = performance.now() + 10; performance.now() < end;);
      return Promise.resolve(items);
    };
    await new Batcher<string, string>(run, { atOnce: 2, most: 10, patienceMs: 5 }).add('a');
    const delays = timeouts.mock.calls.map(([, ms]) => ms);
    timeouts.mockRestore();
    expect(delays).toEqual([0]);
  });
});
