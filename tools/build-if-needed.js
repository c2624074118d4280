// Builds when a source is newer than the last build, so that a start does not wait for the compiler each time.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = 'dist/.tsbuildinfo';
const INPUTS = ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];

const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const newest = (path) =>
  statSync(path).isDirectory()
    ? Math.max(timeOf(path), ...readdirSync(path).map((name) => newest(join(path, name))))
    : timeOf(path);

if (timeOf('dist/main.js') === 0 || Math.max(...INPUTS.map(newest)) > timeOf(STAMP)) {
  const { status } = spawnSync(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
