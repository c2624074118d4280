import { serverKinds, ThrowAwayServer } from './mariadb.ts';

declare global {
  var plinthServer: ThrowAwayServer | undefined;
}

/**
 * One server for the whole run; every test file makes databases of its own in it. None where `TEST_ENGINES` is sqlite.
 * (Erasable syntax only: Jest imports this file without a compiler.)
 */
async function setUp(): Promise<void> {
  if (process.env.TEST_ENGINES === 'sqlite') return;
  const url = process.env.TEST_DATABASE_URL;
  // MySQL is only there where somebody says so: then that is what they want to test.
  const kind = serverKinds().at(-1);
  if (url !== undefined) {
    process.env.PLINTH_TEST_SERVER = url;
  } else if (kind !== undefined) {
    globalThis.plinthServer = await ThrowAwayServer.start(kind);
    process.env.PLINTH_TEST_SERVER = globalThis.plinthServer.url;
  } else {
    const line = 'NOT RUN: the suites on MariaDB. Install mariadb-server, or give a server with TEST_DATABASE_URL.';
    if (process.env.CI === 'true') throw new Error(line);
    process.stderr.write(`\n${line}\n`);
  }
}

export { setUp as default };
