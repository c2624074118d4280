import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { wholeEnvironment } from './config/environment.js';
import { runCommand } from './process/command.js';
import { NODE_FLAGS } from './process/node-flags.js';

/** The built program, from the folder where package.json is. */
const MAIN = 'dist/main.js';

/** Becomes the service, as Node is best started for it: same process, so that signals reach it. */
await runCommand(async () => {
  if (!existsSync(MAIN))
    throw new Error(`There is no ${MAIN} here: run this where package.json is, after npm run build`);
  const preload = fileURLToPath(new URL('process/preload.js', import.meta.url));
  const args = [...NODE_FLAGS, ...process.execArgv, '--import', preload, MAIN, ...process.argv.slice(2)];
  process.execve!(process.execPath, [process.execPath, ...args], wholeEnvironment());
});
