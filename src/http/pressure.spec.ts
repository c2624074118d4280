import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pressure } from './pressure.js';

describe('pressure', () => {
  it('is said once when requests begin to be refused, and once when that is over', async () => {
    const said: unknown[] = [];
    for (const level of ['warn', 'log'] as const)
      import.meta.jest
        .spyOn(Logger.prototype, level)
        .mockImplementation(((line: unknown) => void said.push(line)) as never);
    const pressure = new Pressure({ shedDelayMs: 40, shedHeapPercent: 0, shedMemoryPercent: 0 }, { total: 0 });
    pressure.start();
    const refused = () => {
      try {
        pressure.check();
        return undefined;
      } catch (error) {
        return (error as { log: object }).log;
      }
    };
    const holdUp = async () => {
      for (const end = performance.now() + 1_000; !refused() && performance.now() < end; await sleep(1))
        for (const until = performance.now() + 150; performance.now() < until;);
    };
    await holdUp();
    expect(refused()).toEqual({ limit: 'event-loop' });
    // To and fro.
    for (const end = performance.now() + 3_000; refused() && performance.now() < end;) await sleep(20);
    await holdUp();
    for (const end = performance.now() + 20_000; said.length < 2 && performance.now() < end;) await sleep(50);
    pressure.stop();
    import.meta.jest.restoreAllMocks();
    expect(said).toEqual([
      { msg: 'Requests are refused', reason: 'event-loop' },
      { msg: 'All requests are taken again', refused_ms: expect.any(Number) as number },
    ]);
  }, 40_000);
});
