import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, problemOf } from '../src/testing/client.js';
import { mariadbBinary, ThrowAwayMariadb } from '../src/testing/mariadb.js';
import { Service } from './support/service.js';
import { SseReader } from '../src/testing/sse.js';

const page = readFileSync('docs/operating.md', 'utf8');

/** The commands of the page below a heading, one after the other as they stand. */
function commandsBelow(heading: string): string {
  const section = page.slice(page.indexOf(`\n### ${heading}\n`));
  return /^```sh\n([^]*?)^```$/m.exec(section)![1]!;
}

const binary = mariadbBinary();
if (binary === undefined) process.stderr.write('\nNOT RUN: the restore of a MariaDB. Install mariadb-server.\n');

interface Place {
  readonly folder: string;
  readonly url: string;
  readonly restoredUrl: string;
  readonly server: ThrowAwayMariadb | null;
}

async function mariadb(folder: string): Promise<Place> {
  const server = await ThrowAwayMariadb.start();
  const [user, socket] = ['root', server.socket];
  writeFileSync(join(folder, 'backup.cnf'), `[client]\nuser=${user}\nsocket=${socket}\n`);
  spawnSync('mariadb', [`--socket=${socket}`, `--user=${user}`, '-e', 'CREATE DATABASE plinth']);
  return { folder, url: `${server.url}plinth`, restoredUrl: `${server.url}plinth_restored`, server };
}

async function sqlite(folder: string): Promise<Place> {
  const url = (name: string) => `sqlite:${join(folder, 'data', name)}`;
  return { folder, url: url('plinth.sqlite'), restoredUrl: url('restored.sqlite'), server: null };
}

const ENGINES = { sqlite, ...(binary !== undefined && { mariadb }) };

let place: Place | undefined;
afterEach(async () => {
  await place?.server?.stop();
  if (place) rmSync(place.folder, { recursive: true });
  place = undefined;
});

describe.each(Object.entries(ENGINES))('a backup by docs/operating.md, of %s', (engine, prepare) => {
  it('is restored with all that was committed, and ends the positions of what was lost', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-restore-'));
    const { url, restoredUrl } = (place = await prepare(folder));
    const node = `node() { ${process.execPath} "$@"; }; `;
    const run = (commands: string) => {
      const script = `set -eu\n${node}\n${commands}`;
      const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
      expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
    };
    const title = engine === 'sqlite' ? 'SQLite' : 'MariaDB and MySQL';

    const before = await Service.spawn({ DATABASE_URL: url, DATABASE_MIGRATE: 'always' });
    await before.until('/health/ready');
    const client = new Client(before.origin);
    const watcher = await SseReader.open(`${before.origin}/api/resource:watch`);
    await client.post('/api/resource', { id: 'kept', name: 'x' });
    await client.patch(
      '/api/resource/kept',
      { name: 'y' },
      { 'if-match': '*', 'content-type': 'application/merge-patch+json' },
    );
    const kept = (await client.get('/api/resource/kept:history')).body as unknown;
    // The service goes on while it is copied.
    run(commandsBelow(`Back up ${title}`));
    await client.post('/api/resource', { id: 'lost', name: 'x' });
    await watcher.until(({ changes }) => changes.length === 3);
    const position = watcher.lastEventId!;
    watcher.close();
    await before.kill();

    run(commandsBelow(`Restore ${title}`));
    const after = await Service.spawn({ DATABASE_URL: restoredUrl });
    await after.until('/health/ready');
    const restored = new Client(after.origin);
    expect((await restored.get('/api/resource/kept')).body).toMatchObject({ data: { name: 'y' } });
    expect((await restored.get('/api/resource/kept:history')).body).toEqual(kept);
    problemOf(await restored.get('/api/resource/lost'), 404, 'not-found');
    problemOf(await restored.get(`/api/resource:watch?after=${position}`), 410, 'position-expired');
    const again = await SseReader.open(`${after.origin}/api/resource:watch?initial=true`);
    await restored.post('/api/resource', { id: 'lost', name: 'again' });
    await again.until(({ changes }) => changes.length === 2);
    expect(again.lastEventId!.split('-')[0]).not.toBe(position.split('-')[0]);
    again.close();
    await after.kill();
  }, 60_000);
});
