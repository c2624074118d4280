import { SignJWT, generateKeyPair } from 'jose';
import { engines, freshDatabase } from '../src/testing/database.js';
import { Issuer } from './support/issuer.js';
import { Service } from './support/service.js';

/** Nobody may find what callers send in what the service writes: not in logs, and not in answers to others. */
describe.each(engines())('what callers send, on %s', (engine) => {
  it('is in no log line, no metric and no error', async () => {
    const issuer = await Issuer.start();
    const { url, drop } = await freshDatabase(engine);
    const service = await Service.spawn({
      DATABASE_URL: url,
      DATABASE_MIGRATE: 'always',
      LOG_LEVEL: 'trace',
      AUTH: 'keys,jwt',
      RATE_LIMIT: 'off',
      ...issuer.env,
    });
    await service.until('/health/ready');
    const canary = 'c4n4ry';
    const token = await issuer.sign({ scope: '*:*', sub: 'operator', secret: canary });
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT({ sub: canary })
      .setProtectedHeader({ alg: 'RS256', kid: canary })
      .sign(privateKey);
    const bearer = { authorization: `Bearer ${token}` };
    const json = { 'content-type': 'application/json' };
    const errors: string[] = [];
    const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
      const answer = await fetch(`${service.origin}${path}`, { method, headers, ...(body !== undefined && { body }) });
      const text = await answer.text();
      if (!answer.ok) errors.push(text);
      return answer.status;
    };

    expect(
      await send(
        'POST',
        '/api/resource',
        { ...bearer, ...json, 'idempotency-key': `${canary}-key` },
        `{"id":"r1","name":"${canary}"}`,
      ),
    ).toBe(201);
    expect(await send('GET', '/api/resource/r1', { ...bearer, 'x-anything': canary, cookie: `a=${canary}` })).toBe(200);
    expect(await send('GET', `/api/resource?filter=name eq '${canary}'`, bearer)).toBe(200);
    const statuses = [
      await send('POST', '/api/resource', { ...bearer, ...json }, `{"id":"r1","name":"${canary}"}`),
      await send('POST', '/api/resource', { ...bearer, ...json }, `{"id":"r2","name":"${canary.repeat(100)}"}`),
      await send('POST', '/api/resource', { ...bearer, ...json }, `{"id":"${canary}/","name":["${canary}"]}`),
      await send('POST', '/api/resource', { ...bearer, ...json }, `{"name":"${canary}`),
      await send('POST', '/api/resource', { ...bearer, 'content-type': `text/${canary}` }, canary),
      await send(
        'POST',
        '/api/resource:batch',
        { ...bearer, ...json },
        `{"operations":[{"op":"${canary}","id":"${canary}"}]}`,
      ),
      await send('PATCH', '/api/resource/r1', { ...bearer, ...json, 'if-match': `"${canary}"` }, '{}'),
      await send('PATCH', '/api/resource/r1', { ...bearer, ...json, 'if-match': canary }, '{}'),
      await send('PATCH', '/api/resource/r1', { ...bearer, ...json, 'idempotency-key': `${canary} ${canary}` }, '{}'),
      await send('GET', `/api/resource?cursor=${canary}`, bearer),
      await send('GET', `/api/resource?limit=${canary}`, bearer),
      await send('GET', `/api/resource?count=${canary}`, bearer),
      await send('GET', `/api/resource?filter=name eq '${canary}`, bearer),
      await send('GET', `/api/resource?filter=created_at gt '${canary}'`, bearer),
      await send('GET', `/api/resource:watch?after=${canary}`, bearer),
      await send('GET', '/api/resource:watch', { ...bearer, 'last-event-id': canary }),
      await send('GET', '/api/resource', { ...bearer, accept: `image/${canary}` }),
      await send('GET', '/api/resource', { authorization: `Bearer ${canary}` }),
      await send('GET', '/api/resource', { authorization: `Bearer plinth_${canary}` }),
      await send('GET', '/api/resource', { authorization: `Bearer ${forged}` }),
      await send('GET', '/api/resource', { authorization: `Basic ${canary}` }),
      await send('POST', '/api/api-key', { ...bearer, ...json }, `{"name":"${canary}","scopes":["${canary}"]}`),
    ];
    for (const status of statuses) expect(status).toBeGreaterThanOrEqual(400);
    expect(statuses).not.toContain(500);
    for (const part of [token, token.split('.')[1]!, forged, forged.split('.')[1]!, canary]) {
      expect(errors.filter((text) => text.includes(part))).toEqual([]);
    }

    // The driver's own words for a broken table, which say what it was given.
    await breakTable(engine, url);
    expect(await send('POST', '/api/resource', { ...bearer, ...json }, `{"name":"${canary}"}`)).toBeGreaterThanOrEqual(
      500,
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const metrics = await (await fetch(`${service.origin}/metrics`, { headers: bearer })).text();
    expect(metrics).toContain('http_response_status_code="500"');
    expect(service.output).toContain('"status":500');
    expect(service.output).toContain('"code":"internal-error"');
    for (const part of [canary, token.split('.')[1]!, forged.split('.')[1]!]) {
      expect([...service.output.split('\n'), ...metrics.split('\n')].filter((line) => line.includes(part))).toEqual([]);
      expect(errors.filter((text) => text.includes(part))).toEqual([]);
    }
    await service.kill();
    await drop();
    issuer.stop();
  }, 60_000);
});

/** Each engine then refuses in words of its own, and MariaDB's repeat the value. */
async function breakTable(engine: string, url: string): Promise<void> {
  if (engine === 'sqlite') {
    const { default: Sqlite } = await import('better-sqlite3');
    const database = new Sqlite(url.slice('sqlite:'.length));
    database.exec('ALTER TABLE resource RENAME COLUMN name TO other_name');
    database.close();
    return;
  }
  const { default: mysql } = await import('mysql2/promise');
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await connection.query(
    `CREATE TRIGGER refuse BEFORE INSERT ON resource FOR EACH ROW BEGIN
       SET @words = CONCAT("Nothing like '", NEW.name, "' here"); SIGNAL SQLSTATE '42S02' SET MYSQL_ERRNO = 1146, MESSAGE_TEXT = @words;
     END`,
  );
  await connection.end();
}
