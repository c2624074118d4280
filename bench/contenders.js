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
import { LISTS } from './jobs.js';
import { PEERS } from './peers.js';
import { prepare, versionOf } from './prepare.js';
import { rowAt } from './rows.js';

const PATH = '/api/resource';
const LONGEST_START_MS = 90_000;

/** Plinth's own way, which the hand-written ones share: only how they say where a list begins is their own. */
const HOUSE = {
  read: (id) => `${PATH}/${id}`,
  create: { method: 'POST', path: PATH, status: 201, body: ({ name }) => ({ name }) },
  // Conditional: with If-Match, and refused with 412 when the row is another by now.
  update: { method: 'PATCH', path: (id) => `${PATH}/${id}`, etagOf },
  missing: 404,
  rowOf: (body) => body.data,
  rowsOf: (body) => body.data,
  pageOf: (body) => body.page,
};

const queryOf = (members) => `${PATH}?${new URLSearchParams({ limit: 20, ...members })}`;

const handWritten = {
  dialect: { ...HOUSE, update: { ...HOUSE.update, etagOf: ({ version }) => `"${version}"` } },
  lists: () =>
    listsOf(({ sort, filter, count }) => (row) => {
      const plain = ({ from, until, name }) =>
        name ? { name } : { from: from.toISOString(), until: until.toISOString() };
      if (filter) return queryOf({ sort, ...plain(filter(row)), ...(count && { count }) });
      return queryOf({ sort, ...(sort !== 'id' && { value: valueOf(row, sort) }), after: row.id });
    }),
};

const plinth = {
  script: 'dist/main.js',
  dialect: HOUSE,
  lists: plinthLists,
  // As it ships, everything on; the limits alone are off, which one caller would soon meet.
  env: () => ({ AUTH: 'keys', RATE_LIMIT: 'off', STORAGE_BYTES_PER_CALLER: '0', STORAGE_RECORDS_PER_CALLER: '0' }),
  flags: NODE_FLAGS,
};

/** In the order in which they are measured: those that are compared come one after the other. */
export const TEAM = {
  bare: { ...handWritten, script: 'bench/contenders/bare.js' },
  plinth,
  /** Both on the embedded database. */
  'bare-sqlite': { ...handWritten, script: 'bench/contenders/bare.js', isEmbedded: true },
  embedded: { ...plinth, isEmbedded: true },
  fastify: { ...handWritten, script: 'bench/contenders/fastify.js' },
  tutorial: { ...handWritten, folder: 'bench/tutorial', lists: () => ({ page: handWritten.lists().page }) },
};

/** The bare program on the same database. */
export const bareOf = (name) => (TEAM[name]?.isEmbedded ? 'bare-sqlite' : 'bare');

function listsOf(pathOf) {
  const lists = Object.fromEntries(Object.entries(LISTS).map(([job, list]) => [job, pathOf(list)]));
  // Peers page by offset, and from a known id on as well: here that is one.
  return { ...lists, keyset: lists.page };
}

const valueOf = ({ name, time }, sort) => (sort === 'name' ? name : time.toISOString());

/** Pages by cursors as a client has them who went there page by page. */
async function plinthLists(origin, headers) {
  const prints = {};
  for (const { sort } of Object.values(LISTS)) {
    const { page } = await (await goodAnswer(`${origin}${queryOf({ sort })}`, headers)).json();
    [prints[sort]] = JSON.parse(Buffer.from(page.next_cursor, 'base64url').toString());
  }
  const spelled = ({ from, until, name }) =>
    name ? `name eq '${name}'` : `created_at ge '${from.toISOString()}' and created_at lt '${until.toISOString()}'`;
  return listsOf(({ sort, filter, count }) => (row) => {
    if (filter) return queryOf({ sort, filter: spelled(filter(row)), ...(count && { count }) });
    const place = sort === 'id' ? [row.id] : [valueOf(row, sort), row.id];
    return queryOf({ sort, cursor: encodeCursor(prints[sort], place) });
  });
}

/** Starts one and waits for its first good answer. */
export async function start(name, store, key, more = {}) {
  const { script, folder, product, env, lists, setUp, flags = [], ...rest } = TEAM[name] ?? PEERS[name];
  if (folder) prepare(folder);
  const port = await freePort();
  const logFile = join(tmpdir(), `plinth-bench-${name}.log`);
  const log = openSync(logFile, 'w');
  const begun = performance.now();
  const variables = { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: store.url, PORT: String(port) };
  const child = spawn(process.execPath, [...(more.flags ?? []), ...flags, script ?? `${folder}/main.js`], {
    env: { ...variables, ...env?.(key) },
    stdio: ['ignore', log, log],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const origin = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${key}` };
  try {
    await goodAnswer(origin + rest.dialect.read(rowAt(0).id), headers, child);
    const startMs = performance.now() - begun;
    await setUp?.(origin, headers);
    const version = product && `${product} ${versionOf(folder, product)}`;
    return { ...rest, name, store, child, origin, headers, startMs, version, lists: await lists(origin, headers) };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${name} did not start: see ${logFile}`, { cause: error });
  }
}

async function goodAnswer(url, headers, child) {
  for (const end = performance.now() + LONGEST_START_MS; ;) {
    const answer = await fetch(url, { headers }).catch(() => undefined);
    if (answer?.ok) return answer;
    if ((child && child.exitCode !== null) || performance.now() > end) throw new Error(`${url}: ${answer?.status}`);
    await sleep(5);
  }
}
