import { execFileSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Folder } from './folder.js';

/** A repository of its own, with all that is in this one and not ignored: what is not committed here yet as well. */
export class Scratch extends Folder {
  constructor() {
    super();
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
}
