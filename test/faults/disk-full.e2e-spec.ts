import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverKinds } from '../../src/testing/mariadb.js';
import { closedAfterwards, Place } from './support/place.js';
import { underLoad } from './support/under-load.js';

/** Room for a server with small logs, and little else. */
const SIZES = { mariadb: '160m', mysql: '400m' };
const SMALL = {
  mariadb: ['--innodb-log-file-size=8M', '--innodb-autoextend-increment=1'],
  mysql: ['--innodb-redo-log-capacity=8M', '--innodb-autoextend-increment=1', '--skip-log-bin'],
};

/** A disk of its own, which takes a machine that lets it be made. */
class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'plinth-disk-'));
  readonly isThere: boolean;

  constructor(size: string) {
    this.isThere =
      spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=777`, 'tmpfs', this.folder]).status === 0;
  }

  /** Leaves no byte. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.folder);
    writeFileSync(join(this.folder, 'ballast'), Buffer.alloc(bavail * bsize));
  }

  /** Takes away what filled it. */
  clear(): void {
    rmSync(join(this.folder, 'ballast'), { force: true });
  }

  async close(): Promise<void> {
    if (this.isThere) spawnSync('umount', ['--lazy', this.folder]);
    rmdirSync(this.folder);
  }
}

describe.each(serverKinds())('callers of a service, when the disk of %s', (kind) => {
  it('is full: read on, and get 507 or 503 for what finds no room', async () => {
    const disk = closedAfterwards(new SmallDisk(SIZES[kind]));
    if (!disk.isThere) return void process.stderr.write('\nNOT RUN: a full disk. It takes root, to mount one.\n');
    const place = await Place.make(kind, SMALL[kind], disk.folder);
    const service = await place.service();
    const codes = [
      'storage-full',
      'database-timeout',
      'database-unavailable',
      'commit-outcome-unknown',
      'database-busy',
    ];
    await underLoad({ place, replicas: [service] }, { codes, withinMs: 15_000 }, async (load) => {
      disk.fill();
      const large = JSON.stringify({ name: 'x'.repeat(200) });
      for (const end = Date.now() + 30_000; !load.codes().includes('storage-full'); await sleep(20)) {
        if (Date.now() > end) throw new Error(`The disk is not full: ${load.codes().join(', ')}`);
        await fetch(`${service.origin}/api/resource`, { method: 'POST', body: large });
      }
      const from = load.answers.length;
      await sleep(2_000);
      expect(load.answers.slice(from).filter(({ method, status }) => method === 'GET' && status !== 200)).toEqual([]);
      disk.clear();
    });
    await service.kill();
  }, 120_000);
});
