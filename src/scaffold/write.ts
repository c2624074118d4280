import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Files } from './new-module.js';

/** Something that keeps files from being written; none was. */
export class NotNowError extends Error {}

/**
 * Refuses a tree with changes that are not committed: nobody could tell, or take back, what was written.
 * @throws NotNowError
 */
export function refuseUncommitted(root: string): void {
  let changes;
  try {
    changes = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  } catch {
    // No git, or no repository: there is nothing to lose visibility of.
    return;
  }
  if (changes !== '')
    throw new NotNowError('There are changes that are not committed (git status): commit or stash them first');
}

export function writeFiles(files: Files, root: string): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
