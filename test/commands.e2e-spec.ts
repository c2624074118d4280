import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_FLAGS } from '../src/process/node-flags.js';
import { runBuilt } from './support/process.js';

const COMMANDS = ['migrate.cli.js', 'generate-migration.cli.js', 'key.cli.js', 'seed.cli.js', 'new.cli.js', 'main.js'];
/** With these the service would not start. */
const OF_THE_SERVICE = { HOST: '0.0.0.0', PORT: 'none', AUTH: 'nonsense', HTTP_BODY_BYTES: '-1' };
const KEY = 'key.cli.js';

const { SIGHUP } = constants.signals;

/** Whether a process has a handler for a signal, as Linux tells. */
function catches(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\s+(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

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
    ['seed.cli.js'],
    ['seed.cli.js', 'resource', 'package.json'],
    ['main.js', 'migrate'],
    ['main.js', '--port=1'],
  ])('%s %s %s is refused with the reason and where help is, and exit code 64', async (script, ...args) => {
    const { code, stdout, stderr } = await run(script, args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^[^\n]+\nnpm (run [\w:]+|start) -- --help says how it is used\.\n$/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect((await run('migrate.cli.js', ['status'])).output).not.toContain('done');
  });

  it('plinth tells its commands, and refuses one that it does not know', async () => {
    expect(await run('plinth.cli.js', [])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/migrate:generate/),
    });
    expect(await run('plinth.cli.js', ['constructor'])).toMatchObject({ code: 64, stdout: '' });
    expect(await run('plinth.cli.js', ['migrate', 'status'])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^pending /),
    });
    expect(await run('plinth.cli.js', ['key', 'make'])).toMatchObject({ code: 64 });
  });

  it('plinth seed stores a file as a row, and names what is wrong with one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-seed-'));
    const file = join(folder, 'row.json');
    writeFileSync(file, '{"name":"Reading room"}');
    const seed = (...args: string[]) => run('seed.cli.js', [...args, '--id', 'first']);
    expect(await seed('resource', file)).toMatchObject({ code: 0, stdout: `resource first is as ${file} says.\n` });
    expect(await seed('resource', file, '--members', '{"no":1}')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('#/no: There is no member "no".'),
    });
    expect(await seed('specification', 'README.md')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('line 1: The first heading must be "# Technical Specification:" and a name.'),
    });
    for (const args of [
      ['resource', 'README.md'],
      ['nothing', file],
    ])
      expect((await seed(...args)).code).toBe(64);
    rmSync(folder, { recursive: true });
  }, 60_000);

  it('plinth start becomes the service: in its own process, with the flags of Node, and heeding signals from the first', async () => {
    const env = { DATABASE_URL: database.url, PORT: '0', SHUTDOWN_DRAIN_MS: '0' };
    const { child, ended } = runBuilt('plinth.cli.js', env, ['start']);
    const command = () => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0');
    for (const end = Date.now() + 10_000; !command().includes('dist/main.js') && Date.now() < end; await sleep(1));
    expect(command()).toEqual(expect.arrayContaining([...NODE_FLAGS, expect.stringMatching(/preload\.js$/)]));
    // Node itself catches the others.
    for (const end = Date.now() + 10_000; !catches(child.pid!, SIGHUP) && Date.now() < end; await sleep(1));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, output: expect.stringContaining('"msg":"Stopped"') });
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
