import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { Client } from '../src/testing/client.js';
import { engines, freshDatabase } from '../src/testing/database.js';
import { Service } from './support/service.js';

const [, server] = engines();
const KILLS = 8;

(server === undefined ? describe.skip : describe)('a process that is killed between commit and answer', () => {
  it('leaves one row, one change and the first answer to whoever asks again', async () => {
    const { url, drop } = await freshDatabase(server!);
    const database = await mysql.createConnection({ uri: url.replace('mariadb:', 'mysql:') });
    const env = { DATABASE_URL: url, DATABASE_MIGRATE: 'always', LOG_LEVEL: 'fatal' };
    const replayed: boolean[] = [];
    for (let n = 0; n < KILLS; n++) {
      const service = await Service.spawn(env);
      await service.until('/health/ready');
      const body = JSON.stringify({ name: `crash ${n}` });
      const head = [
        'POST /api/resource HTTP/1.1',
        'Host: localhost',
        'Content-Type: application/json',
        `Idempotency-Key: crash-${n}`,
        `Content-Length: ${body.length}`,
      ];
      const socket = connect(Number(new URL(service.origin).port), '127.0.0.1');
      socket.on('error', () => undefined);
      // Nobody reads the answer: as far as the client knows, there was none.
      socket.pause();
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
      const committed = async () =>
        ((await database.query(`SELECT id FROM resource WHERE name = 'crash ${n}'`))[0] as unknown[]).length > 0;
      // Some are killed as soon as the commit is seen, some anywhere on the way.
      if (n % 2 === 0) while (!(await committed())) await sleep(0);
      else await sleep(Math.random() * 10);
      await service.kill();
      socket.destroy();
      // The server may still be committing work that it was given before the kill.
      await sleep(100);
      const wasCommitted = await committed();

      const again = await Service.spawn(env);
      await again.until('/health/ready');
      const client = new Client(again.origin);
      const headers = { 'idempotency-key': `crash-${n}` };
      const first = await client.post('/api/resource', JSON.parse(body), headers);
      const second = await client.post('/api/resource', JSON.parse(body), headers);
      expect({ first: first.status, second: second.status }).toEqual({ first: 201, second: 201 });
      expect(first.headers['idempotency-replayed'] === 'true').toBe(wasCommitted);
      expect(second.text).toBe(first.text);
      replayed.push(wasCommitted);
      const { id } = (first.body as { data: { id: string } }).data;
      const [rows] = await database.query(`SELECT id FROM resource WHERE name = 'crash ${n}'`);
      expect(rows).toEqual([{ id }]);
      const [changes] = await database.query('SELECT op FROM change_log WHERE resource_id = ?', [id]);
      expect(changes).toEqual([{ op: 'created' }]);
      await again.kill();
    }
    expect(replayed.filter(Boolean).length).toBeGreaterThanOrEqual(KILLS / 2);
    await database.end();
    await drop();
  }, 120_000);
});
