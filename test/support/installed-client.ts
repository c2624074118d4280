import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const NEEDS = ['openapi-fetch', 'eventsource-parser', 'openapi-typescript-helpers'];

/** The client, built and in a folder as npm would install it, beside what it needs and nothing else. */
export class InstalledClient {
  readonly folder = mkdtempSync(join(tmpdir(), 'plinth-client-'));
  /** Of the package. */
  readonly root = this.path('node_modules/plinth-client');

  constructor() {
    mkdirSync(this.root, { recursive: true });
    for (const file of ['package.json', 'README.md']) cpSync(`client/${file}`, join(this.root, file));
    const args = ['node_modules/typescript/bin/tsc', '-p', 'client', '--outDir', join(this.root, 'dist')];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stdout);
    for (const name of NEEDS) symlinkSync(resolve('node_modules', name), this.path(`node_modules/${name}`));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
