import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A repository of its own, with all that is in this one and not ignored: what is not committed here yet as well. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'plinth-scratch-'));

  constructor() {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: this.folder, stdio: 'pipe' });
    const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      encoding: 'utf8',
    });
    const deleted = execFileSync('git', ['ls-files', '-z', '--deleted'], { encoding: 'utf8' }).split('\0');
    for (const path of list.split('\0'))
      if (path !== '' && !deleted.includes(path)) cpSync(path, join(this.folder, path));
    // A build is not begun anew.
    cpSync('dist', join(this.folder, 'dist'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(this.folder, 'node_modules'));
    git('init', '-q');
    // The link is a file to git, and .gitignore speaks of a folder.
    this.write('.git/info/exclude', 'node_modules\n');
    git('config', 'user.name', 'Test');
    git('config', 'user.email', 'test@example.org');
    git('add', '-A');
    git('commit', '-qm', 'As it is');
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Runs a script to its end, as a person would in a terminal without one who answers. */
  async run(script: string, env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
    const { PATH = '', HOME = '', TEST_DATABASE_URL: _other, ...rest } = process.env;
    const server = rest.PLINTH_TEST_SERVER;
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
      cwd: this.folder,
      env: { PATH, HOME, ...(server !== undefined && { TEST_DATABASE_URL: server }), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    const code = await new Promise<number | null>((done) => child.once('close', done));
    return { code, output };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
