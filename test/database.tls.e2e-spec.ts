import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { loadConfig, type ConfigError } from '../src/config/config.js';
import { openDataSource } from '../src/database/data-source.js';
import { Authority } from './support/certificates.js';
import { startDatabase } from './support/database-stack.js';
import { serverKinds, ThrowAwayServer } from '../src/testing/mariadb.js';
import { runBuilt } from './support/process.js';
import { Service } from './support/service.js';

/** A server that lets nobody in who does not encrypt. */
describe.each(serverKinds())('the line to %s', (kind) => {
  let authority: Authority;
  let server: ThrowAwayServer;
  let url: string;
  let verified: Record<string, string>;

  const asRoot = async (...statements: string[]) => {
    const root = await mysql.createConnection({ socketPath: server.socket, user: 'root' });
    for (const sql of statements) await root.query(sql);
    await root.end();
  };
  /** The server shows another certificate from now on. */
  const show = async (names: string, days?: number) => {
    authority.issue('server', names, days);
    await asRoot(kind === 'mariadb' ? 'FLUSH SSL' : 'ALTER INSTANCE RELOAD TLS');
  };
  const connect = async (env: Record<string, string>, to = url) => {
    const { database } = loadConfig({ DATABASE_URL: to, ...env });
    const dataSource = await openDataSource(database, {});
    await dataSource.destroy();
  };

  beforeAll(async () => {
    authority = new Authority();
    const { cert, key } = authority.issue('server', 'IP:127.0.0.1');
    const files = [`--ssl-ca=${authority.ca}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`];
    server = await ThrowAwayServer.start(kind, [...files, '--require-secure-transport=ON']);
    await asRoot(
      'CREATE DATABASE plinth',
      "CREATE USER plinth@'127.0.0.1' IDENTIFIED BY 'a %/@:#? password'",
      "GRANT ALL ON plinth.* TO plinth@'127.0.0.1'",
      "CREATE USER named@'127.0.0.1' REQUIRE X509",
      "GRANT ALL ON plinth.* TO named@'127.0.0.1'",
    );
    url = `${kind}://plinth:${encodeURIComponent('a %/@:#? password')}@127.0.0.1:${server.port}/plinth`;
    verified = { DATABASE_TLS: 'verified', DATABASE_TLS_CA: authority.ca };
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    authority.remove();
  });
  beforeEach(() => show('IP:127.0.0.1'));

  it.each(['required', 'verified'])(
    'is encrypted for the service, its probe and its commands: %s',
    async (mode) => {
      const env = { DATABASE_URL: url, ...(mode === 'verified' ? verified : { DATABASE_TLS: mode }) };
      expect(await runBuilt('migrate.cli.js', env).ended).toMatchObject({ code: 0 });
      const made = ['create', '--name', 'tls', '--scope', '*:*'];
      const key = await runBuilt('key.cli.js', { ...env, AUTH: 'keys' }, made).ended;
      expect(key).toMatchObject({ code: 0 });
      const service = await Service.spawn({ ...env, AUTH: 'keys', SHUTDOWN_DRAIN_MS: '0' });
      await service.until('/health/ready');
      const authorization = `Bearer ${/plinth_\S+/.exec(key.output)![0]}`;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          fetch(`${service.origin}/api/resource`, {
            method: 'POST',
            headers: { authorization, 'content-type': 'application/json' },
            body: '{"name":"encrypted"}',
          }),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
      service.signal('SIGTERM');
      expect(await service.ended()).toBe(0);
      const checked = mode === 'verified' ? 'was checked' : 'was not checked';
      expect(service.output).toMatch(
        new RegExp(`Connected to the database, encrypted \\(TLSv1\\.3, TLS_\\w+\\), its certificate ${checked}`),
      );
      expect(service.output).not.toContain('plain text');
    },
    60_000,
  );

  it('is not there in plain text, and the log says why', async () => {
    const service = await Service.spawn({ DATABASE_URL: url });
    // MariaDB denies access, as if a password were wrong.
    const told = /The database can not be reached yet.*(SECURE_TRANSPORT|encrypted lines only: DATABASE_TLS)/;
    for (const end = Date.now() + 10_000; !told.test(service.output); await sleep(50))
      if (Date.now() > end) throw new Error(service.output);
    expect((await fetch(`${service.origin}/health/ready`)).status).toBe(503);
    expect((await fetch(`${service.origin}/health/live`)).status).toBe(200);
    await service.kill();
    expect(await runBuilt('migrate.cli.js', { DATABASE_URL: url }).ended).toMatchObject({ code: 69 });
  });

  it('is refused by a service that asks for TLS where there is none', async () => {
    const plain = await ThrowAwayServer.start(kind, [kind === 'mariadb' ? '--skip-ssl' : '--tls-version=']);
    try {
      const to = `${plain.url}mysql`;
      await connect({}, to);
      for (const env of [{ DATABASE_TLS: 'required' }, verified])
        await expect(connect(env, to)).rejects.toThrow('Server does not support secure connection');
    } finally {
      await plain.stop();
    }
  }, 60_000);

  const refused = [
    ['has ended', 'IP:127.0.0.1', -1, /certificate has expired/],
    ['is for another address', 'IP:127.0.0.2,DNS:localhost', 2, /does not match certificate's altnames/],
    ['is for a name where an address is asked for', 'DNS:localhost', 2, /does not match certificate's altnames/],
  ] as const;
  // MySQL takes none that has ended in its own configuration.
  it.each(refused.slice(kind === 'mysql' ? 1 : 0))(
    'is refused where the certificate %s, unless that is not to be checked',
    async (_what, names, days, why) => {
      await show(names, days);
      await expect(connect(verified)).rejects.toThrow(why);
      await connect({ DATABASE_TLS: 'required' });
    },
  );

  it('is refused where somebody else has signed', async () => {
    const other = new Authority();
    for (const env of [{ DATABASE_TLS_CA: other.ca }, { DATABASE_TLS_CA: '' }])
      await expect(connect({ ...verified, ...env })).rejects.toThrow(/certificate/);
    other.remove();
  });

  it('is checked for the name that is set in place of the host', async () => {
    await show('DNS:db.example.org');
    await connect({ ...verified, DATABASE_TLS_SERVER_NAME: 'db.example.org' });
    for (const name of ['other.example.org', '127.0.0.1'])
      await expect(connect({ ...verified, DATABASE_TLS_SERVER_NAME: name })).rejects.toThrow(/altnames/);
    await show('IP:127.0.0.1,DNS:localhost');
    for (const name of ['localhost', '127.0.0.1']) await connect({ ...verified, DATABASE_TLS_SERVER_NAME: name });
  });

  it('shows a certificate where the server wants one', async () => {
    const to = `${kind}://named@127.0.0.1:${server.port}/plinth`;
    const { cert, key } = authority.issue('client', 'DNS:client');
    const own = { DATABASE_TLS_CERT: cert, DATABASE_TLS_KEY: key };
    await connect({ ...verified, ...own }, to);
    await connect({ DATABASE_TLS: 'required', ...own }, to);
    await expect(connect(verified, to)).rejects.toThrow(/Access denied/);
    const other = new Authority();
    const strange = other.issue('client', 'DNS:client');
    const theirs = { DATABASE_TLS_CERT: strange.cert, DATABASE_TLS_KEY: strange.key };
    await expect(connect({ ...verified, ...theirs }, to)).rejects.toThrow();
    other.remove();
  });

  it('is made again in time when its server has been away, and refused once the certificate has ended', async () => {
    const stack = await startDatabase(url, { ...verified, DATABASE_STATEMENT_MS: '1000', DATABASE_WATCHDOG_MS: '500' });
    const { database, state } = stack;
    const until = async (isReady: boolean) => {
      for (const end = Date.now() + 15_000; state.isReady !== isReady; await sleep(20))
        if (Date.now() > end)
          throw new Error(`The database did not get ${isReady ? 'ready' : 'lost'}: ${state.status}`);
    };
    await server.signal('SIGSTOP');
    await expect(database.query('SELECT 1 AS `x`')).rejects.toMatchObject({ code: 'database-timeout' });
    await until(false);
    await server.signal('SIGCONT');
    await until(true);
    expect(await database.query('SELECT 1 AS `x`')).toEqual([{ x: 1 }]);
    await server.signal('SIGKILL');
    await until(false);
    authority.issue('server', 'IP:127.0.0.1', -1);
    await server.resume();
    await sleep(1_500);
    expect(state.status).toBe('down');
    await expect(database.query('SELECT 1 AS `x`')).rejects.toMatchObject({ code: 'database-unavailable' });
    await show('IP:127.0.0.1');
    await until(true);
    expect(await database.query('SELECT 1 AS `x`')).toEqual([{ x: 1 }]);
    await stack.close();
  }, 60_000);
});

describe('settings of the line to the database', () => {
  const url = { DATABASE_URL: 'mysql://h/db' };
  let authority: Authority;
  beforeAll(() => (authority = new Authority()));
  afterAll(() => authority.remove());

  it('reads certificates and keys from files', () => {
    const { cert, key } = authority.issue('client', 'DNS:client');
    const files = { DATABASE_TLS_CA: authority.ca, DATABASE_TLS_CERT: cert, DATABASE_TLS_KEY: key };
    const { tls } = loadConfig({
      ...url,
      DATABASE_TLS: 'verified',
      DATABASE_TLS_SERVER_NAME: 'db',
      ...files,
    }).database;
    const [ca, own, secret] = [authority.ca, cert, key].map((path) => readFileSync(path, 'utf8'));
    expect(tls).toEqual({ isVerified: true, ca, cert: own, key: secret, serverName: 'db' });
    expect(loadConfig(url).database.tls).toBeNull();
    expect(loadConfig({ ...url, DATABASE_TLS: 'required' }).database.tls).toMatchObject({ isVerified: false });
  });

  it('names each that is of no use', () => {
    const { cert, key } = authority.issue('client', 'DNS:client');
    const other = authority.issue('other', 'DNS:other');
    const [canary, broken] = [
      authority.write('canary', 'canary'),
      authority.write('broken', readFileSync(authority.ca, 'utf8').replace(/^M../m, 'MAA')),
    ];
    const verified = { ...url, DATABASE_TLS: 'verified' };
    const short = authority.shortKey();
    for (const [env, ...keys] of [
      [{ ...url, DATABASE_TLS: 'canary' }, 'DATABASE_TLS'],
      [{ ...url, DATABASE_TLS: 'preferred' }, 'DATABASE_TLS'],
      [{ DATABASE_TLS: 'required' }, 'DATABASE_TLS'],
      [{ ...verified, DATABASE_TLS_CA: '/nowhere/canary' }, 'DATABASE_TLS_CA'],
      [{ ...verified, DATABASE_TLS_CA: canary }, 'DATABASE_TLS_CA'],
      [{ ...verified, DATABASE_TLS_CA: broken }, 'DATABASE_TLS_CA'],
      [{ ...verified, DATABASE_TLS_CA: '/' }, 'DATABASE_TLS_CA'],
      [{ ...verified, DATABASE_TLS_SERVER_NAME: 'canary canary' }, 'DATABASE_TLS_SERVER_NAME'],
      [{ ...verified, DATABASE_TLS_CERT: cert }, 'DATABASE_TLS_CERT'],
      [{ ...verified, DATABASE_TLS_KEY: key }, 'DATABASE_TLS_CERT'],
      [{ ...verified, DATABASE_TLS_CERT: key, DATABASE_TLS_KEY: cert }, 'DATABASE_TLS_CERT', 'DATABASE_TLS_KEY'],
      [{ ...verified, DATABASE_TLS_CERT: cert, DATABASE_TLS_KEY: other.key }, 'DATABASE_TLS_KEY'],
      [{ ...verified, DATABASE_TLS_CERT: short.cert, DATABASE_TLS_KEY: short.key }, 'DATABASE_TLS_CA,'],
      [{ ...url, DATABASE_TLS: 'required', DATABASE_TLS_CA: authority.ca }, 'DATABASE_TLS_CA'],
      [{ ...url, DATABASE_TLS: 'required', DATABASE_TLS_SERVER_NAME: 'db' }, 'DATABASE_TLS_SERVER_NAME'],
      [{ ...url, DATABASE_TLS_CA: authority.ca }, 'DATABASE_TLS_CA'],
      [{ ...url, DATABASE_TLS_CERT: cert, DATABASE_TLS_KEY: key }, 'DATABASE_TLS_CERT', 'DATABASE_TLS_KEY'],
    ] as const) {
      const found = faultsOf(env);
      expect(found.map((fault) => fault.split(' ')[0])).toEqual(keys);
      expect(found.join()).not.toContain('canary');
    }
  });
});

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    return (error as ConfigError).faults;
  }
  return [];
}
