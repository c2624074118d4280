// npm run bench:lists — pages at any depth, bounded counts, streams in constant memory, filters; on a million rows.
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldsOf } from '../dist/fields/declared-fields.js';
import { settle } from '../dist/query/condition.js';
import { conditionSql } from '../dist/query/condition.sql.js';
import { parseFilter } from '../dist/query/filter.parser.js';
import { nextCursor, parseListQuery } from '../dist/query/list-query.js';
import { Resource } from '../dist/modules/resource/resource.entity.js';
import { MariadbStore } from './stores.js';
import { median, Report, service } from './support.js';

const ROWS = 1_000_000;
const DEPTH = 500_000;
const ROUNDS = 60;
const fields = fieldsOf(Resource);
const report = new Report();

const store = await MariadbStore.of(ROWS);
const { child, origin, rssMib } = await service(store.url);
try {
  for (const field of fields.all.filter(({ sortable }) => sortable)) {
    for (const sort of [field.name, `-${field.name}`]) await pages(sort);
  }
  await counts();
  await stream('a fast reader', 0);
  await stream('a slow reader', 2);
  filters();
} finally {
  child.kill('SIGKILL');
  await store.close();
}
process.exitCode = report.failed ? 1 : 0;

/** First page and page at half the table, in turn. */
async function pages(sort) {
  const query = parseListQuery({ sort, limit: '20' }, fields, 'resource');
  const order = query.sort.map(({ field, descending }) => `${field.name}${descending ? ' DESC' : ''}`).join(', ');
  const [anchor] = await store.select(`SELECT * FROM resource ORDER BY ${order} LIMIT ${DEPTH}, 1`);
  for (const name of ['created_at', 'updated_at']) anchor[name] = `${anchor[name].replace(' ', 'T')}Z`;
  const urls = [
    `${origin}/api/resource?limit=20&sort=${sort}`,
    `${origin}/api/resource?limit=20&sort=${sort}&cursor=${nextCursor(query, anchor)}`,
  ];
  const times = [[], []];
  for (let round = -10; round < ROUNDS; round++) {
    for (const [which, page] of urls.entries()) {
      const begun = performance.now();
      const { data } = await (await fetch(page)).json();
      if (data.length !== 20) throw new Error(`${page} gave ${data.length} rows`);
      if (round >= 0) times[which].push(performance.now() - begun);
    }
  }
  const [first, deep] = times.map(median);
  report.line(
    `sort=${sort}: page at ${DEPTH} / first page (${deep.toFixed(2)} / ${first.toFixed(2)} ms)`,
    deep / first,
    1.3,
    ' x',
  );
}

async function counts() {
  const timed = async (query) => {
    const times = [];
    for (let round = 0; round < 20; round++) {
      const begun = performance.now();
      await (await fetch(`${origin}/api/resource?limit=20&${query}`)).text();
      times.push(performance.now() - begun);
    }
    return median(times);
  };
  report.line('count=true on a million rows', await timed('count=true'), 50, ' ms');
  report.line('the same page without it', await timed('sort=id'), undefined, ' ms');
}

/** All rows as NDJSON; the largest the process gets, against what it was. */
async function stream(who, pauseEvery) {
  const before = rssMib();
  let most = before;
  const sampler = setInterval(() => (most = Math.max(most, rssMib())), 20);
  const begun = performance.now();
  const response = await new Promise((resolve, reject) => {
    get(`${origin}/api/resource`, { headers: { accept: 'application/x-ndjson' } }, resolve).on('error', reject);
  });
  let lines = 0;
  let chunks = 0;
  for await (const chunk of response) {
    for (const byte of chunk) if (byte === 10) lines++;
    if (pauseEvery && ++chunks % (pauseEvery * 5) === 0) await sleep(5);
  }
  clearInterval(sampler);
  if (lines !== ROWS) throw new Error(`The stream had ${lines} lines`);
  report.line(
    `NDJSON of a million rows to ${who} (${((performance.now() - begun) / 1000).toFixed(1)} s): memory grew by`,
    most - before,
    64,
    ' MiB',
  );
}

function filters() {
  const one = "startswith(name,'aaaaaaaaaaaaaaaaaaaa')";
  const depth = '('.repeat(5);
  const text = `${depth}${Array.from({ length: 20 }, () => one).join(' or ')}${')'.repeat(5)}`;
  const filter = text.replace("'aaa", `'${'a'.repeat(1024 - text.length)}aaa`);
  if (filter.length !== 1024) throw new Error(`The filter has ${filter.length} characters`);
  const times = [];
  for (let round = 0; round < 2_000; round++) {
    const begun = performance.now();
    conditionSql(settle(parseFilter(filter), fields), false);
    times.push(performance.now() - begun);
  }
  report.line('a filter of maximal size, parsed and compiled', median(times), 1, ' ms');
}
