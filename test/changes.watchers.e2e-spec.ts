import type { LoggerService } from '@nestjs/common';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type Connection } from 'mysql2/promise';
import { Feeds } from '../src/changes/feeds.js';
import { FeedRepository } from '../src/changes/feed.repository.js';
import { WatchService } from '../src/changes/watch.service.js';
import { Metrics } from '../src/observability/metrics.js';
import { Draining } from '../src/runtime/draining.js';
import { modules } from '../src/modules/index.js';
import { startGuarded } from './support/access.js';
import { problemOf } from '../src/testing/client.js';
import { forEveryModule } from './support/modules.js';
import { SseReader } from '../src/testing/sse.js';

/** Five times ten at once, ten times one after the other. */
const ROUNDS = { parts: 5, atOnce: 10, each: 10 };
const { jest } = import.meta;

forEveryModule(
  'watchers',
  (subject) => {
    const readers: SseReader[] = [];
    const sockets: Socket[] = [];
    const connections: Connection[] = [];
    const lines: string[] = [];
    beforeAll(() => {
      const take = (line: unknown) => void lines.push(typeof line === 'string' ? line : JSON.stringify(line));
      const logger: LoggerService = { log: take, error: take, warn: take };
      subject.test.app.useLogger(logger);
    });
    afterEach(() => {
      jest.useRealTimers();
      for (const reader of readers.splice(0)) reader.close();
      for (const socket of sockets.splice(0)) socket.destroy();
      for (const connection of connections.splice(0)) connection.destroy();
    });
    const open = async (query = ''): Promise<SseReader> => {
      const reader = await SseReader.open(`${subject.test.origin}${subject.path}:watch${query}`);
      readers.push(reader);
      return reader;
    };
    const watch = async (query = ''): Promise<SseReader> => {
      const reader = await open(query);
      await reader.until(({ events }) => events.some(({ event }) => event === 'bookmark'));
      return reader;
    };
    /** A connection on which a test writes its requests itself. */
    const raw = async (...requests: string[]): Promise<Socket> => {
      const { hostname, port } = new URL(subject.test.origin);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
      for (const request of requests) socket.write(`${request} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      return socket;
    };
    const answered = async (socket: Socket, done: (text: string) => boolean): Promise<string> => {
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      for (const end = Date.now() + 10_000; !done(text); await sleep(5))
        if (Date.now() > end) throw new Error(`Not seen in time: ${text.slice(0, 2_000)}`);
      return text;
    };
    const seqOf = (reader: SseReader) => Number(reader.lastEventId!.split('-')[1]);
    const idsOf = (reader: SseReader) => reader.changes.map(({ data }) => data.subject);
    /** The feed says each of these changes, in their order, and nothing else. */
    const expectFeed = async (reader: SseReader, ids: string[]) => {
      await reader.until(({ changes }) => changes.length >= ids.length);
      expect(idsOf(reader)).toEqual(ids);
    };
    const gone = async (count = 0) => {
      const { app } = subject.test;
      for (const end = Date.now() + 10_000; app.get(WatchService).count > count; await sleep(5))
        if (Date.now() > end) throw new Error(`${app.get(WatchService).count} streams are left`);
    };
    /** Many changes that nobody has watched: on MariaDB they have no numbers yet. */
    const madeMany = async (batches: number) => {
      for (let n = 0; n < batches; n++) {
        const operations = Array.from({ length: 100 }, () => ({ op: 'create', body: subject.body() }));
        const { status } = await subject.client.post(`${subject.path}:batch`, { operations });
        expect(status).toBe(200);
      }
    };

    it('that leave at random moments, 500 times, never silence the feed', async () => {
      const { lastEventId } = await watch();
      const targets = ['', '?initial=true', `?after=${lastEventId!}`];
      const leaver = async () => {
        for (let n = 0; n < ROUNDS.each; n++) {
          const socket = await raw(`GET ${subject.path}:watch${targets[n % targets.length]!}`);
          // Some leave while their stream begins, some when it has begun.
          const wait = Math.random() * 12 - 2;
          if (wait > 0) await sleep(wait);
          socket.destroy();
          // Now and then nobody is left, and the reader ends while others come.
          if (n % 4 === 0) for (const reader of readers.splice(0)) reader.close();
        }
      };
      for (let part = 0; part < ROUNDS.parts; part++) {
        await Promise.all(Array.from({ length: ROUNDS.atOnce }, leaver));
        const reader = await watch();
        const { id } = await subject.made();
        await expectFeed(reader, [id]);
      }
      for (const reader of readers.splice(0)) reader.close();
      await gone();
    });

    it('that leave before the answer begins are forgotten, and another one is served', async () => {
      for (let n = 0; n < 20; n++) (await raw(`GET ${subject.path}:watch`)).destroy();
      const reader = await watch();
      await gone(1);
      const { id } = await subject.made();
      await expectFeed(reader, [id]);
    });

    it('of which one throws: it is dropped alone, and the others are told of everything', async () => {
      const reader = await watch();
      const ended: string[] = [];
      const feed = subject.test.app.get(Feeds).readerOf(subject.model.name);
      const bad = {
        deliver: () => {
          throw new Error('deliberate');
        },
        end: () => void ended.push('once'),
      };
      await feed.listen(bad);
      const late = await watch();
      lines.length = 0;
      const ids: string[] = [];
      for (let n = 0; n < 5; n++) ids.push((await subject.made()).id);
      await expectFeed(reader, ids);
      await expectFeed(late, ids);
      expect(ended).toEqual(['once']);
      expect(lines.filter((line) => line.includes('failed'))).toHaveLength(1);
    });

    it('are not told of the past, however much of it had no number: neither from now on nor after the rows', async () => {
      await gone();
      await madeMany(4);
      const fromNow = await watch();
      const first = await subject.made();
      await expectFeed(fromNow, [first.id]);
      fromNow.close();
      await gone();
      await madeMany(4);
      const initial = await watch('?initial=true');
      const rows = initial.changes.length;
      expect(rows).toBeGreaterThan(800);
      await subject.client.patch(`${subject.path}/${first.id}`, subject.change());
      await initial.until(({ changes }) => changes.length > rows);
      expect(initial.changes.slice(rows).map(({ event, data }) => [event, data.subject])).toEqual([
        ['updated', first.id],
      ]);
    });

    it('get their position also while others write all the time', async () => {
      await gone();
      await madeMany(4);
      const busy = { done: false };
      const writers = Array.from({ length: 4 }, async () => {
        while (!busy.done) await subject.made();
      });
      const before = (await subject.made()).id;
      const reader = await watch();
      await reader.until(({ changes }) => changes.length > 5);
      busy.done = true;
      await Promise.all(writers);
      expect(idsOf(reader)).not.toContain(before);
      await subject.test.app.get(FeedRepository).numberAll(subject.model.name);
      const [row] = await subject.test.database.query<{ n: number }>(
        'SELECT COUNT(*) AS `n` FROM `change_log` WHERE `seq` IS NULL',
      );
      expect(row!.n).toBe(0);
    });

    it('who ask by HEAD get what GET says before its events, and the connection goes on', async () => {
      const { lastEventId } = await watch();
      const epoch = lastEventId!.split('-')[0]!;
      const [get, head] = [await raw(`GET ${subject.path}:watch`), await raw()];
      const headOf = (text: string) =>
        text
          .split('\r\n\r\n')[0]!
          .split('\r\n')
          .filter((line) => !/^(date|transfer-encoding|ratelimit)/i.test(line));
      for (const request of [`HEAD ${subject.path}:watch`, 'GET /health/live'])
        head.write(`${request} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      const streamed = await answered(get, (text) => text.includes('bookmark'));
      const text = await answered(head, (so) => so.split('HTTP/1.1 200').length === 3);
      expect(headOf(text)).toEqual(headOf(streamed));
      expect(text).toMatch(/content-type: text\/event-stream/i);
      expect(text.split('\r\n\r\n')[1]).toMatch(/^HTTP\/1\.1 200/);
      const status = async (target: string) => (await subject.client.send('head', target)).status;
      expect(await status(`${subject.path}:watch?after=x`)).toBe(400);
      expect(await status(`${subject.path}:watch?filter=x`)).toBe(400);
      expect(await status(`${subject.path}:watch?after=${epoch}-999999999`)).toBe(410);
      expect(await status(`${subject.path}:watch?initial=true`)).toBe(200);
      expect(await status('/api/nothing:watch')).toBe(404);
      get.destroy();
      await gone(1);
    });

    it('who read the rows slowly are served, whatever the heartbeat does meanwhile', async () => {
      const { name, options } = subject.free('string')!;
      const { maxLength = 255 } = options;
      // More than the sockets' buffers take.
      for (let n = 0; n < 60; n++) {
        const operations = Array.from({ length: 100 }, () => ({
          op: 'create',
          body: subject.body({ [name]: 'é'.repeat(maxLength) }),
        }));
        await subject.client.post(`${subject.path}:batch`, { operations });
      }
      const [count] = await subject.test.database.query<{ n: number }>(
        `SELECT COUNT(*) AS \`n\` FROM \`${subject.model.name}\` WHERE \`deleted_at\` IS NULL`,
      );
      jest.useFakeTimers({ doNotFake: [...ALL_BUT_INTERVALS] });
      const socket = await raw();
      socket.pause();
      socket.write(`GET ${subject.path}:watch?initial=true HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await sleep(500);
      for (let n = 0; n < 5; n++) {
        jest.advanceTimersByTime(15_000);
        await sleep(20);
      }
      const during = await subject.made();
      socket.resume();
      const text = await answered(socket, (so) => so.includes('bookmark') && so.includes(`"subject":"${during.id}"`));
      expect(text.match(/event: created/g)!.length).toBeGreaterThanOrEqual(count!.n);
      expect(text).not.toContain('retry:');
    });

    it('are ended when the feed is behind where it was, or has given numbers again, without a new epoch', async () => {
      const { database } = subject.test;
      const { name } = subject.model;
      const lose = async (lost: number, made: number) => {
        const reader = await watch();
        for (let n = 0; n < 3; n++) await subject.made();
        await reader.until(({ changes }) => changes.length === 3);
        const head = seqOf(reader);
        // A backup without the last changes, to which others have written before anybody looked.
        await database.transaction(async () => {
          await database.execute('DELETE FROM `change_log` WHERE `module` = ? AND `seq` > ?', [name, head - lost]);
          for (let n = 1; n <= made; n++)
            await database.execute(
              `INSERT INTO change_log (id, module, resource_id, version, op, \`before\`, \`after\`, actor, at, trace_id, seq)
               SELECT ?, module, resource_id, version, op, \`before\`, \`after\`, actor, at, trace_id, ?
               FROM change_log WHERE module = ? AND seq = ?`,
              [`restored-${head}-${n}`, head - lost + n, name, head - lost],
            );
          const move = 'UPDATE `change_feed` SET `head` = ? WHERE `module` = ?';
          await database.execute(move, [head - lost + made, name]);
        });
        // With as many changes as before only the next one tells.
        if (lost === made) await subject.made();
        await reader.until(({ ended }) => ended);
        expect(reader.changes).toHaveLength(3);
        expect(reader.retryMs).toBeGreaterThan(0);
        // Also when there are as many changes again: those who resumed would miss some of them.
        for (let n = 0; n < 3; n++) await subject.made();
        const position = reader.lastEventId!;
        problemOf(await subject.client.get(`${subject.path}:watch?after=${position}`), 410, 'position-expired');
      };
      await lose(2, 0);
      await lose(2, 2);
      await lose(2, 5);
      const reader = await watch();
      const { id } = await subject.made();
      await expectFeed(reader, [id]);
    });

    it('hear nothing while the feed can not be read: the log and a metric say so, once, and they go on after it', async () => {
      const { database, app } = subject.test;
      const staleness = async () => {
        const text = await app.get(Metrics).registry.metrics();
        return Number(
          new RegExp(`^plinth_feed_staleness_seconds\\{module="${subject.model.name}"\\} (.+)$`, 'm').exec(text)![1],
        );
      };
      const reader = await watch();
      expect(await staleness()).toBeLessThan(3);
      lines.length = 0;
      const said = (what: string) => lines.filter((line) => line.includes(what)).length;
      await database.execute('ALTER TABLE `change_feed` RENAME TO `change_feed_away`');
      try {
        for (const end = Date.now() + 15_000; said('can not be read') === 0 && Date.now() < end;) await sleep(50);
        expect(await staleness()).toBeGreaterThan(4);
        expect((await subject.client.get(`${subject.path}:watch`)).status).toBeGreaterThanOrEqual(500);
      } finally {
        await database.execute('ALTER TABLE `change_feed_away` RENAME TO `change_feed`');
      }
      const { id } = await subject.made();
      await expectFeed(reader, [id]);
      for (const end = Date.now() + 5_000; said('is read again') === 0 && Date.now() < end;) await sleep(50);
      expect([said('can not be read'), said('is read again')]).toEqual([1, 1]);
      expect(await staleness()).toBeLessThan(3);
      reader.close();
      await gone();
      expect(await staleness()).toBe(0);
    });

    it('that wait for their position when the process is being stopped are told to come back', async () => {
      if (subject.engine !== 'sqlite') {
        // The holder of the feed's row keeps everybody from a position.
        const holder = await mysql.createConnection({ uri: subject.test.url.replace('mariadb:', 'mysql:') });
        connections.push(holder);
        await holder.query('START TRANSACTION');
        await subject.made();
        await holder.query('SELECT head FROM change_feed WHERE module = ? FOR UPDATE', [subject.model.name]);
      }
      const waiting = await raw(`GET ${subject.path}:watch`);
      while (subject.test.app.get(WatchService).count === 0) await sleep(1);
      subject.test.app.get(Draining).begin();
      const text = await answered(waiting, (so) => so.includes('shutting-down') || so.includes('retry:'));
      if (subject.engine !== 'sqlite') expect(text).toMatch(/^HTTP\/1\.1 503/);
      await gone();
    });
  },
  [{ module: 'resource', modules }],
);

/** All that Jest can fake, but intervals. */
const ALL_BUT_INTERVALS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;

describe('watching by HEAD', () => {
  it('asks for the same credentials and scope', async () => {
    const test = await startGuarded('sqlite');
    const status = async (key?: string) => (await test.admin.as(key).send('head', '/api/resource:watch')).status;
    expect(await status()).toBe(401);
    expect(await status(await test.keyFor('resource:write'))).toBe(403);
    expect(await status(await test.keyFor('resource:read'))).toBe(200);
    await test.close();
  });
});
