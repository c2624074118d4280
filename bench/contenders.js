// Who is compared: each a process of its own on the same database, each asked in the way that it understands.
import { transformFileSync } from '@swc/core';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeCursor } from '../dist/crud/query/cursor.js';
import { etagOf } from '../dist/crud/etag.js';
import { freePort } from '../test/support/mariadb.ts';

const FIRST_ETAG = () => '"1"';
const AFTER = (id) => `/api/resource?limit=20&after=${id}`;

/** Plinth's cursor for a place: what a client has who went there page by page. */
async function cursors(origin, headers) {
  const answer = await (await fetch(`${origin}/api/resource?limit=20&sort=id`, { headers })).json();
  const [fingerprint] = JSON.parse(Buffer.from(answer.page.next_cursor, 'base64url').toString());
  return (id) => `/api/resource?limit=20&sort=id&cursor=${encodeCursor(fingerprint, [id])}`;
}

export const CONTENDERS = {
  bare: { script: 'bench/contenders/bare.js', etagOf: FIRST_ETAG, pages: () => AFTER },
  fastify: { script: 'bench/contenders/fastify.js', etagOf: FIRST_ETAG, pages: () => AFTER },
  tutorial: { script: 'bench/tutorial/main.js', etagOf: FIRST_ETAG, pages: () => AFTER, prepare: prepareTutorial },
  plinth: {
    script: 'dist/main.js',
    etagOf,
    pages: cursors,
    // As it ships, everything on; the limits alone are off, which one caller would soon meet.
    env: { AUTH: 'keys', RATE_LIMIT: 'off' },
  },
};

function prepareTutorial() {
  const cwd = 'bench/tutorial';
  if (!existsSync(`${cwd}/node_modules`)) {
    const options = ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--silent'];
    if (spawnSync('npm', options, { cwd, stdio: 'inherit' }).status !== 0) throw new Error('npm install failed');
  }
  const { code } = transformFileSync(`${cwd}/main.ts`, {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
    },
    module: { type: 'es6' },
  });
  writeFileSync(`${cwd}/main.js`, code);
}

/** Starts one and waits for its first good answer. */
export async function start(name, url, key) {
  const { script, env = {}, prepare } = CONTENDERS[name];
  prepare?.();
  const port = await freePort();
  const log = openSync(join(tmpdir(), `plinth-bench-${name}.log`), 'w');
  const begun = performance.now();
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: url, PORT: String(port), ...env },
    stdio: ['ignore', log, log],
  });
  const origin = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${key}` };
  for (;;) {
    const answer = await fetch(`${origin}/api/resource/row-0000001`, { headers }).catch(() => undefined);
    if (answer?.ok) break;
    if (child.exitCode !== null || performance.now() - begun > 30_000)
      throw new Error(`${name} did not start: see its log`);
    await sleep(5);
  }
  return {
    name,
    child,
    origin,
    headers,
    startMs: performance.now() - begun,
    pathOf: await CONTENDERS[name].pages(origin, headers),
  };
}
