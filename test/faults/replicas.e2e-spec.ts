import { createClient } from 'plinth-client';
import type { paths } from 'plinth-client/openapi';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverKinds } from '../../src/testing/mariadb.js';
import { ready } from '../support/ready.js';
import type { Service } from '../support/service.js';
import { KeepAliveCallers } from './support/keep-alive.js';
import { closedAfterwards, Place } from './support/place.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { IN_FULL } from './support/under-load.js';

/** Of each replica. */
const RESTARTS = IN_FULL ? 10 : 2;
const CALLERS = 60;
const STOP = { SHUTDOWN_DRAIN_MS: '1000' };

const portOf = ({ origin }: Service): number => Number(new URL(origin).port);

describe.each(serverKinds())('callers of two replicas on %s', (kind) => {
  let place: Place;
  beforeAll(async () => void (place = await Place.make(kind)), 60_000);

  it(`that are restarted ${RESTARTS} times each, in turn: lose no request, and no change of a stream`, async () => {
    const replicas = [await place.service(STOP), await place.service(STOP)];
    await Promise.all(replicas.map(ready));
    // Half of the callers come by a balancer that knows nothing of readiness: it takes who accepts a connection.
    const balancer = closedAfterwards(await TcpProxy.to(...replicas.map(portOf)));
    const blind = `http://127.0.0.1:${balancer.port}`;
    const routed = new Set(replicas);
    const originOf = (caller: number) => (caller % 2 === 0 ? blind : [...routed][(caller >> 1) % routed.size]!.origin);

    const leave = new AbortController();
    const seen: string[][] = [[], []];
    const watching = Promise.allSettled(
      seen.map(async (names) => {
        const rows = createClient<paths>({ origin: blind, retry: { capMs: 200 } }).module('resource');
        for await (const event of rows.watch({ signal: leave.signal }))
          if (event.type === 'created') names.push((event.row as { name: string }).name);
      }),
    );
    await sleep(500);

    const callers = new KeepAliveCallers(CALLERS, originOf);
    for (let turn = 0; turn < 2 * RESTARTS; turn++) {
      const replica = replicas[turn % 2]!;
      replica.signal('SIGTERM');
      await replica.until('/health/ready', 503);
      routed.delete(replica);
      expect(await replica.ended()).toBe(0);
      const next = (replicas[turn % 2] = await place.service(STOP));
      await ready(next);
      balancer.targets = replicas.map(portOf);
      routed.add(next);
      await sleep(200);
    }
    await callers.end();

    const made = [...callers.made].sort();
    for (const end = Date.now() + 10_000; seen.some(({ length }) => length < made.length) && Date.now() < end;)
      await sleep(50);
    leave.abort();
    await watching;
    await Promise.all(replicas.map((one) => one.kill()));
    expect(callers.lost).toEqual([]);
    expect(made.length).toBeGreaterThan(200);
    expect((await place.stored()).rows.map(({ name }) => name).sort()).toEqual(made);
    for (const names of seen) expect([...names].sort()).toEqual(made);
  }, 600_000);
});
