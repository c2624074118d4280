import { setTimeout as sleep } from 'node:timers/promises';
import type { ThrowAwayServer } from '../../src/testing/mariadb.js';
import type { Service } from '../support/service.js';
import { Galera, hasGalera, together } from './support/galera.js';
import { closedAfterwards, Place } from './support/place.js';
import { IN_FULL, underLoad, type Setting } from './support/under-load.js';

/** Until a silent node is no longer waited for, and what a busy machine needs. */
const EVICTED_MS = 12_000;
const LOST = ['commit-outcome-unknown', 'database-unavailable', 'database-busy'];

if (!hasGalera) process.stderr.write('\nNOT RUN: Galera. Install mariadb-server, galera-4 and rsync.\n');

(hasGalera && IN_FULL ? describe : describe.skip)(
  'callers of a service that writes to one of three Galera nodes',
  () => {
    let place: Place;
    let service: Service;
    let setting: Setting;
    let nodes: readonly ThrowAwayServer[];
    const all = (node: ThrowAwayServer, size = 3) => together((sql) => place.query(sql, node), size);
    beforeAll(async () => {
      ({ nodes } = closedAfterwards(await Galera.start(3)));
      place = await Place.on(nodes[0]!);
      await Promise.all(nodes.map((node) => all(node)));
      service = await place.service();
      setting = { place, replicas: [service] };
    }, 180_000);
    // A node that is only just back has no vote yet.
    afterEach(() => Promise.all(nodes.map((node) => all(node))), 90_000);

    it('of which another one is killed: wait until it is no longer waited for, and lose nothing', async () => {
      await underLoad(setting, { codes: LOST, withinMs: EVICTED_MS, readiness: 'any' }, async () => {
        await nodes[2]!.signal('SIGKILL');
        await all(nodes[0]!, 2);
        await sleep(1_000);
      });
      await nodes[2]!.resume();
      await all(nodes[2]!);
    }, 120_000);

    it('of which another one is paused: wait until it is no longer waited for, and lose nothing', async () => {
      await underLoad(setting, { codes: LOST, withinMs: EVICTED_MS, readiness: 'any' }, async () => {
        await nodes[2]!.signal('SIGSTOP');
        await all(nodes[0]!, 2);
        await sleep(1_000);
        await nodes[2]!.signal('SIGCONT');
        await all(nodes[0]!);
      });
    }, 120_000);

    it('that loses its quorum: get 503 until it has one, reads too, and no replica says that it is ready', async () => {
      const promised = { codes: LOST, withinMs: EVICTED_MS, readiness: [200, 503, 200] };
      await underLoad(setting, promised, async (load) => {
        await Promise.all([nodes[1]!, nodes[2]!].map((node) => node.signal('SIGSTOP')));
        await service.until('/health/ready', 503);
        await sleep(6_000);
        const from = load.answers.length;
        await sleep(1_000);
        expect(load.codes(from)).not.toContain('ok');
        await Promise.all([nodes[1]!, nodes[2]!].map((node) => node.signal('SIGCONT')));
        await all(nodes[0]!);
      });
    }, 120_000);

    it('that is made read-only, and its name moved: read on, and write to the other when the name has', async () => {
      await underLoad(
        setting,
        { codes: ['read-only', 'commit-outcome-unknown'], withinMs: EVICTED_MS },
        async (load) => {
          await place.query('SET GLOBAL read_only = 1');
          await sleep(2_500);
          place.proxy.targets = [nodes[1]!.port];
          await load.acknowledges(50);
        },
      );
      place.proxy.targets = [nodes[0]!.port];
      await place.query('SET GLOBAL read_only = 0');
      place.proxy.reset();
    }, 120_000);

    it('of which the one that is written to is killed, and its name moved: get 503 meanwhile, and lose nothing', async () => {
      place.witness = nodes[1]!;
      await underLoad(setting, { codes: LOST, withinMs: EVICTED_MS, readiness: [200, 503, 200] }, async () => {
        await nodes[0]!.signal('SIGKILL');
        await service.until('/health/ready', 503);
        await all(nodes[1]!, 2);
        place.proxy.targets = [nodes[1]!.port];
      });
      await nodes[0]!.resume();
      await all(nodes[0]!);
    }, 120_000);

    it('and of another service that writes to a second node: get 503 at most, and lose nothing', async () => {
      const other = await place.service({ DATABASE_URL: place.url(nodes[2]!.port) });
      const promised = { codes: LOST, withinMs: EVICTED_MS, readiness: 'any' } as const;
      await underLoad({ place, replicas: [service, other] }, promised, async (load) => {
        await load.acknowledges(400, 60_000);
      });
      await other.kill();
    }, 120_000);
  },
);
