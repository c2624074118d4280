import { createClient, type WatchEvent } from 'plinth-client';
import type { paths } from 'plinth-client/openapi';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines, freshDatabase } from '../src/testing/database.js';
import { freePort } from '../src/testing/mariadb.js';
import { ready } from './support/ready.js';
import { Service } from './support/service.js';

/** CLIENT_CHAOS_MS=60000 is a minute of it. */
const RUN_MS = Number(process.env.CLIENT_CHAOS_MS ?? 15_000);
/** As often at least, however slow the machine is. */
const KILLS = 5;
const CREATORS = 3;
const EDITORS = 3;
/** Nobody waits longer than the service is away: what fails is a fault. */
const RETRY = { patienceMs: 60_000, attemptMs: 5_000, capMs: 500 };

describe.each(engines())('the typed client on %s, while the service is killed', (engine) => {
  it(
    'loses no acknowledged write and does none twice, and sees each once, in the order of its row',
    async () => {
      const { url, drop } = await freshDatabase(engine);
      const PORT = String(await freePort());
      const env = { DATABASE_URL: url, DATABASE_MIGRATE: 'always', LOG_LEVEL: 'fatal', PORT };
      let service = await Service.spawn(env);
      await ready(service);
      const rows = createClient<paths>({ origin: service.origin, retry: RETRY }).module('resource');
      await rows.create({ id: 'shared', name: '0' });

      const seen: Exclude<WatchEvent<{ id: string; name?: string }>, { type: 'reset' | 'bookmark' }>[] = [];
      const leave = new AbortController();
      let isWatching = false;
      const watching = (async () => {
        for await (const event of rows.watch({ signal: leave.signal })) {
          isWatching = true;
          if (event.type !== 'bookmark' && event.type !== 'reset') seen.push(event);
        }
      })().catch((error: unknown) => error);
      while (!isWatching) await sleep(5);

      const journal = { created: new Map<string, string>(), removed: new Set<string>(), edits: [] as number[] };
      let done = false;
      const creating = Array.from({ length: CREATORS }, async (_, writer) => {
        for (let n = 0; !done; n++) {
          const { data } = await rows.create({ name: `${writer}.${n}` });
          journal.created.set(data.id, data.name!);
          if (n % 3 !== 0) continue;
          await rows.remove(data.id);
          journal.removed.add(data.id);
        }
      });
      const editing = Array.from({ length: EDITORS }, async () => {
        while (!done) {
          const next = ({ name }: { name: string }) => ({ name: String(Number(name) + 1) });
          const { data } = await rows.edit('shared', next, { fields: ['name'], attempts: 1_000 });
          journal.edits.push(Number(data.name));
        }
      });

      const acknowledged = () => journal.created.size + journal.removed.size + journal.edits.length;
      const progress = async () => {
        const enough = acknowledged() + 10;
        for (const end = Date.now() + 60_000; acknowledged() < enough; await sleep(5))
          if (Date.now() > end) throw new Error(`Nothing goes on: ${service.output}`);
      };
      let kills = 0;
      const killing = (async () => {
        for (const end = Date.now() + RUN_MS; Date.now() < end || kills < KILLS; kills++) {
          // Some are killed while they start; the others when they have done something.
          if (kills % 3 !== 2) await progress();
          await sleep(Math.random() * 1_000);
          await service.kill();
          await sleep(Math.random() * 200);
          service = await Service.spawn(env);
        }
        await ready(service);
        done = true;
      })();
      await Promise.all([killing, ...creating, ...editing]);

      const count = acknowledged();
      for (const end = Date.now() + 10_000; seen.length < count && Date.now() < end;) await sleep(20);
      // Changes that nobody asked for twice would come now.
      await sleep(300);
      leave.abort();
      expect(await watching).toMatchObject({ name: 'AbortError' });

      const sequence = Array.from({ length: journal.edits.length }, (_, n) => n + 1);
      expect([...journal.edits].sort((a, b) => a - b)).toEqual(sequence);
      const shared = seen.filter(({ id }) => id === 'shared');
      expect(shared.map(({ type, row }) => `${type} ${row.name}`)).toEqual(sequence.map((n) => `updated ${n}`));
      const others = Map.groupBy(seen, ({ id }) => id);
      others.delete('shared');
      const told = [...others].map(
        ([id, events]) => [id, events.map(({ type, row }) => `${type} ${row.name}`)] as const,
      );
      const written = [...journal.created].map(([id, name]) => [
        id,
        [`created ${name}`, ...(journal.removed.has(id) ? [`deleted ${name}`] : [])],
      ]);
      expect(Object.fromEntries(told)).toEqual(Object.fromEntries(written));
      const positions = seen.map(({ position }) => Number(position!.split('-')[1]));
      expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));

      const left: Record<string, string> = {};
      for await (const { id, name } of rows.export({ fields: ['name'] })) left[id] = name;
      const kept = [...journal.created].filter(([id]) => !journal.removed.has(id));
      expect(left).toEqual({ ...Object.fromEntries(kept), shared: String(journal.edits.length) });
      process.stderr.write(`\n${engine}: ${kills} kills, ${count} acknowledged writes\n`);
      await service.kill();
      await drop();
    },
    RUN_MS + 240_000,
  );
});
