import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freshDatabase, type TestDatabase } from './support/database.js';
import { runBuilt } from './support/process.js';

const COMMANDS = ['migrate.cli.js', 'generate-migration.cli.js', 'key.cli.js', 'new.cli.js', 'main.js'];
/** With these the service would not start. */
const OF_THE_SERVICE = { HOST: '0.0.0.0', PORT: 'none', AUTH: 'nonsense', HTTP_BODY_BYTES: '-1' };
const KEY = 'key.cli.js';

describe('commands', () => {
  let database: TestDatabase;
  const run = (script: string, args: string[], env: Record<string, string> = {}) =>
    runBuilt(script, { DATABASE_URL: database.url, PORT: '1', ...env }, args).ended;
  beforeEach(async () => void (database = await freshDatabase('sqlite')));
  afterEach(() => database.drop());

  it.each(COMMANDS)('%s tells how it is used, and does nothing else', async (script) => {
    for (const flag of ['--help', '-h']) {
      const { code, output, stderr } = await run(script, [flag]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(output).toMatch(/^npm /);
    }
    const { output } = await run('migrate.cli.js', ['status']);
    expect(output).not.toContain('done');
  });

  it.each([
    ['migrate.cli.js', 'undo'],
    ['migrate.cli.js', '--dry-run'],
    ['migrate.cli.js', 'status', 'twice'],
    ['migrate.cli.js', 'constructor'],
    ['generate-migration.cli.js'],
    ['generate-migration.cli.js', 'Add Code'],
    ['generate-migration.cli.js', 'add-code', '--frob'],
    [KEY],
    [KEY, 'make'],
    [KEY, 'constructor'],
    [KEY, 'list', '--frob'],
    [KEY, 'list', '--name', 'x'],
    [KEY, 'rotate'],
    [KEY, 'create', '--name', 'x', '--scope', 'nonsense'],
    ['main.js', 'migrate'],
    ['main.js', '--port=1'],
  ])('%s %s %s is refused with the usage on standard error, and exit code 64', async (script, ...args) => {
    const { code, stdout, stderr } = await run(script, args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^npm (run|start)/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect((await run('migrate.cli.js', ['status'])).output).not.toContain('done');
  });

  it('need no settings of the service', async () => {
    expect(await run('migrate.cli.js', [], OF_THE_SERVICE)).toMatchObject({ code: 0, stderr: '' });
    expect(await run(KEY, ['list'], OF_THE_SERVICE)).toMatchObject({ code: 0, stderr: '' });
    expect((await run(KEY, ['list'], { DATABASE_POOL: 'none' })).code).toBe(78);
  });

  it.each([
    ['migrate.cli.js', []],
    [KEY, ['rotate', 'nobody']],
  ])('%s fails with a line and no stack, unless somebody looks for a fault', async (script, args) => {
    const away = { DATABASE_URL: script === KEY ? database.url : 'mariadb://nobody:canary@localhost:1/none' };
    const { code, stderr } = await run(script, args, away);
    expect(code).toBe(script === KEY ? 1 : 69);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).not.toContain('canary');
    expect((await run(script, args, { ...away, LOG_LEVEL: 'debug' })).stderr).toMatch(/^\s+at /m);
  });

  it('end by an error that nobody waits for as by any other: a line, and its exit code', async () => {
    const server = process.env.PLINTH_TEST_SERVER;
    if (server === undefined) return;
    const url = new URL(server.replace(/^\w+:/, server.startsWith('mysql:') ? 'mariadb:' : 'mysql:'));
    url.pathname = '/mysql';
    for (const script of [KEY, 'migrate.cli.js']) {
      const args = script === KEY ? ['list'] : [];
      const { code, stderr } = await run(script, args, { DATABASE_URL: url.href });
      expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringMatching(/^DATABASE_URL says .*\n$/) });
    }
  });

  it.each([
    [[], 0],
    [['undo'], 64],
  ])('come to their end, whoever reads what they say: %j', async (args, code) => {
    const env = { PATH: process.env.PATH, DATABASE_URL: database.url };
    const script = ['dist/migrate.cli.js', ...args];
    const child = spawn(process.execPath, script, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    child.stderr.destroy();
    expect(await once(child, 'exit')).toEqual([code, null]);
    const { output } = await run('migrate.cli.js', ['status']);
    expect(output).toMatch(code === 0 ? /^(done .*\n)+$/ : /^(pending .*\n)+$/);
  });
});
