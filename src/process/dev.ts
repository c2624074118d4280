import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { NODE_FLAGS } from './node-flags.ts';

/** The folder of the build and its configuration, both beside package.json. */
const [DIST, PROJECT] = ['dist', 'tsconfig.build.json'];
/** Nobody routes to it, and nobody waits for what is in flight. */
const AT_ONCE = { SHUTDOWN_DRAIN_MS: '0', SHUTDOWN_IN_FLIGHT_MS: '500' };

/**
 * Compiles on change, and restarts the service with what was compiled. The compiler tells errors and goes on watching; a
 * service that can not start waits for the next change. (Erasable syntax only: `npm run dev` imports this file without a
 * compiler.)
 */
export function develop(env: Readonly<NodeJS.ProcessEnv>): void {
  // Node watches no folder that is not there yet.
  mkdirSync(DIST, { recursive: true });
  const typescript = createRequire(resolve('package.json')).resolve('typescript/package.json');
  const tsc = join(dirname(typescript), 'bin/tsc');
  const watch = ['--watch', `--watch-path=${DIST}`, '--watch-preserve-output', '--enable-source-maps'];
  const children = [
    [tsc, '--watch', '--preserveWatchOutput', '--project', PROJECT],
    [...watch, ...NODE_FLAGS, join(DIST, 'main.js')],
  ].map((args) => spawn(process.execPath, args, { stdio: 'inherit', env: { ...AT_ONCE, ...env } }));
  const end = (): void => {
    for (const child of children) child.kill();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  // One without the other is of no use.
  for (const child of children) child.on('exit', end);
}
