// Directus as its guide to self-hosting has it: `directus bootstrap`, then `directus start`, production, no telemetry.
// Of its packages 12.4.0 is the last that is there completely: 12.4.1 needs an @directus/app that could not be had. Its
// isolated-vm 5 does not load in Node 24; 6 does, and comes compiled.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { hostname, port, pathname, username, password } = new URL(process.env.DATABASE_URL);
const HOME = 'node_modules/.directus';
const cli = fileURLToPath(new URL('node_modules/directus/cli.js', import.meta.url));

process.chdir(import.meta.dirname);
Object.assign(process.env, {
  HOST: '127.0.0.1',
  DB_CLIENT: 'mysql',
  DB_HOST: hostname,
  DB_PORT: port,
  DB_DATABASE: pathname.slice(1),
  DB_USER: username,
  DB_PASSWORD: password,
  ADMIN_EMAIL: 'bench@example.com',
  ADMIN_PASSWORD: 'bench-bench',
  ADMIN_TOKEN: process.env.TOKEN,
  KEY: 'bench',
  SECRET: 'bench-bench-bench-bench-bench-bench',
  TELEMETRY: 'false',
  EMAIL_VERIFY_SETUP: 'false',
  STORAGE_LOCAL_ROOT: `${HOME}/uploads`,
  EXTENSIONS_PATH: `${HOME}/extensions`,
  NO_UPDATE_NOTIFIER: '1',
});
if (spawnSync(process.execPath, [cli, 'bootstrap'], { stdio: 'inherit' }).status !== 0) process.exit(1);
process.argv = [process.execPath, cli, 'start'];
await import('./node_modules/directus/cli.js');
