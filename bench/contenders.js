// Who is compared: each a process of its own on the same database, each asked in the way that it understands.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeCursor } from '../dist/query/cursor.js';
import { etagOf } from '../dist/rows/etag.js';
import { NODE_FLAGS } from '../dist/process/node-flags.js';
import { freePort } from '../src/testing/mariadb.ts';
import { HOUSE } from './dialects.js';
import { PEERS } from './peers.js';
import { prepare, versionOf } from './prepare.js';

const LAG = new URL('lag.js', import.meta.url).href;
const FIRST_ETAG = () => '"1"';
const AFTER = ({ id }) => `/api/resource?limit=20&after=${id}`;

/** Plinth's cursor for a place: what a client has who went there page by page. */
async function cursors(origin, headers) {
  const answer = await (await fetch(`${origin}/api/resource?limit=20&sort=id`, { headers })).json();
  const [fingerprint] = JSON.parse(Buffer.from(answer.page.next_cursor, 'base64url').toString());
  return ({ id }) => `/api/resource?limit=20&sort=id&cursor=${encodeCursor(fingerprint, [id])}`;
}

const handWritten = { dialect: HOUSE, etagOf: FIRST_ETAG, pages: () => AFTER };

const plinth = {
  script: 'dist/main.js',
  dialect: HOUSE,
  etagOf,
  pages: cursors,
  // As it ships, everything on; the limits alone are off, which one caller would soon meet.
  env: () => ({ AUTH: 'keys', RATE_LIMIT: 'off', STORAGE_BYTES_PER_CALLER: '0', STORAGE_RECORDS_PER_CALLER: '0' }),
  flags: NODE_FLAGS,
};

/** In the order in which they are measured: those that are compared come one after the other. */
export const TEAM = {
  bare: { ...handWritten, script: 'bench/contenders/bare.js' },
  plinth,
  /** The same on the embedded database. */
  embedded: { ...plinth, isEmbedded: true },
  fastify: { ...handWritten, script: 'bench/contenders/fastify.js' },
  tutorial: { ...handWritten, folder: 'bench/tutorial' },
};

const CONTENDERS = { ...TEAM, ...PEERS };

/** Starts one and waits for its first good answer. */
export async function start(name, store, key) {
  const { script, folder, product, dialect, env, pages, setUp, flags = [], ...rest } = CONTENDERS[name];
  if (folder) prepare(folder);
  const port = await freePort();
  const logFile = join(tmpdir(), `plinth-bench-${name}.log`);
  const log = openSync(logFile, 'w');
  const begun = performance.now();
  const variables = { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: store.url, PORT: String(port) };
  const child = spawn(process.execPath, ['--import', LAG, ...flags, script ?? `${folder}/main.js`], {
    env: { ...variables, ...env?.(key) },
    stdio: ['ignore', log, log, 'ipc'],
  });
  const origin = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${key}` };
  try {
    for (;;) {
      const answer = await fetch(origin + dialect.read('row-0000001'), { headers }).catch(() => undefined);
      if (answer?.ok) break;
      if (child.exitCode !== null || performance.now() - begun > 90_000)
        throw new Error(`${name} did not start: see ${logFile}`);
      await sleep(5);
    }
    const startMs = performance.now() - begun;
    await setUp?.(origin, headers);
    const pathOf = await pages(origin, headers);
    // Where a page begins at a known id anyway, the two jobs are one.
    const keysetOf = dialect === HOUSE ? pathOf : dialect.keyset;
    const version = product && `${product} ${versionOf(folder, product)}`;
    return { ...rest, name, dialect, store, child, origin, headers, startMs, version, pathOf, keysetOf };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
