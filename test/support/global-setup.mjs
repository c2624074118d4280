import { mariadbBinary, ThrowAwayMariadb } from './mariadb.ts';

/** One MariaDB for the whole run; every test file makes databases of its own in it. */
export default async function setUp() {
  const url = process.env['TEST_DATABASE_URL'];
  if (url !== undefined) {
    process.env['PLINTH_TEST_SERVER'] = url;
  } else if (mariadbBinary()) {
    globalThis.plinthMariadb = await ThrowAwayMariadb.start();
    process.env['PLINTH_TEST_SERVER'] = globalThis.plinthMariadb.url;
  } else {
    const line = 'NOT RUN: the suites on MariaDB. Install mariadb-server, or give a server with TEST_DATABASE_URL.';
    if (process.env['CI'] === 'true') throw new Error(line);
    process.stderr.write(`\n${line}\n`);
  }
}
