import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from './config.js';

const faults = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('loadConfig', () => {
  it('has a default for everything, and is frozen', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      http: { host: '127.0.0.1', port: 3000 },
      database: { kind: 'sqlite', url: 'sqlite:./data/plinth.sqlite', migrateOnStart: true },
    });
    expect(() => Object.assign(config.http, { port: 1 })).toThrow();
  });

  it('names every bad key and no value', () => {
    const bad = {
      PORT: 'canary',
      HOST: 'canary canary',
      DATABASE_URL: 'postgres://canary@x/y',
      LOG_LEVEL: 'canary',
      DATABASE_POOL: '-1',
      HTTP_HEADERS_MS: '1e3',
    };
    const found = faults(bad);
    expect(found.map((fault) => fault.split(' ')[0]).sort()).toEqual(Object.keys(bad).sort());
    expect(found.join()).not.toContain('canary');
  });

  it.each(['mysql://x', 'mariadb:///db', 'sqlite:', 'sqlite::memory:', 'file:x', '', 'mariadb://host:port/db'])(
    'refuses the database "%s"',
    (url) => {
      expect(faults({ DATABASE_URL: url })).toHaveLength(1);
    },
  );

  it('reads secrets from files', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'plinth-')), 'url');
    writeFileSync(file, 'mariadb://u:p@h/db\n');
    expect(loadConfig({ DATABASE_URL_FILE: file }).database).toMatchObject({
      url: 'mariadb://u:p@h/db',
      kind: 'mariadb',
      migrateOnStart: false,
    });
    expect(faults({ DATABASE_URL_FILE: file, DATABASE_URL: 'sqlite:x' })).toHaveLength(1);
    expect(faults({ DATABASE_URL_FILE: `${file}.not` })).toHaveLength(1);
  });

  it.each([
    ['mariadb://u:p@h/db?ssl=canary&a%20b', '"ssl", "a%20b"'],
    ['mysql://h/db?sslmode=canary', '"sslmode"'],
    ['mysql://h/db?canary', '"canary"'],
    ['sqlite:./x.sqlite?mode=canary', '"mode"'],
    ['sqlite:/x.sqlite?mode', '"mode"'],
  ])('refuses the query of %s by its names', (url, names) => {
    const [fault, ...others] = faults({ DATABASE_URL: url });
    expect(fault).toMatch(/^DATABASE_URL must have no query, which has /);
    expect(fault).toContain(`${names}: `);
    expect(others).toEqual([]);
  });

  it.each(['mysql://u:p#x@h/db', 'mysql://u:p@h/db#x', 'mysql://u:100%@h/db', 'mariadb://u:p@h/%zz'])(
    'refuses %s, of which a part would be lost',
    (url) => {
      expect(faults({ DATABASE_URL: url })).toHaveLength(1);
    },
  );
});
