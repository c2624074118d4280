// What is asked: the requests of each job, as text, for whoever is asked in their own way (`contenders.js`).
import { rowAt } from './rows.js';
import { UPDATED } from './stores.js';

export const NEW_ID = '00000000-0000-4000-8000-000000000000';
const DAY_MS = 86_400_000;
/** Coprime to any number of rows: so many steps lead to so many rows, far from each other. */
const STEP = 7_919;
const READS_PER_CREATE = 4;

/** Lists of 20 rows: after a row, in an order; or those that a filter lets through, from the first on. */
export const LISTS = {
  page: { sort: 'id' },
  'page-time': { sort: 'created_at' },
  'page-name': { sort: 'name' },
  'filter-time': { sort: 'created_at', filter: ({ time }) => ({ from: time, until: new Date(+time + DAY_MS) }) },
  'filter-name': { sort: 'id', filter: ({ name }) => ({ name }) },
  count: { sort: 'id', filter: ({ name }) => ({ name }), count: true },
};
export const JOBS = ['read', ...Object.keys(LISTS), 'create', 'update', 'mixed'];

/**
 * @returns so many requests, for no row twice as far as there are rows enough; undefined where the contender knows no such job
 */
export function textsOf(contender, job, rows, many) {
  const { origin, headers, dialect, lists, deepest = Infinity } = contender;
  const { host } = new URL(origin);
  const text = (method, path, body, more = {}) =>
    [
      // In this order each time: what V8 has compiled for one order it throws away at the first request in another one.
      `${method} ${path} HTTP/1.1`,
      `Host: ${host}`,
      ...Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}`),
      ...(body ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`] : []),
      '',
      body ?? '',
    ].join('\r\n');
  const { read, create, update } = dialect;
  const creation = text(
    create.method,
    create.path,
    JSON.stringify(create.body({ id: NEW_ID, name: 'Room of the benchmark' })),
  );
  const reading = ({ id }) => text('GET', read(id));
  const updating = ({ id, name, time }) => {
    const etag = update.etagOf?.({ version: 1, updated_at: time.toISOString() });
    return text(
      update.method,
      update.path(id),
      JSON.stringify({ name: `${name}${UPDATED}` }),
      etag && { 'If-Match': etag },
    );
  };
  // Pages begin where there are enough rows behind.
  const most = Math.min(rows - 2_000, deepest);
  const begin = Math.floor(Math.random() * rows);
  const each = (make, among = rows) =>
    Array.from({ length: Math.min(many, among) }, (_, at) => {
      const n = (begin + at * STEP) % among;
      return make(rowAt(n), n);
    });
  switch (job) {
    case 'read':
      return each(reading);
    case 'create':
      return [creation];
    case 'update':
      return each(updating);
    case 'mixed':
      return each((row, n) => (n % (READS_PER_CREATE + 1) === 0 ? creation : reading(row)));
    default:
      return lists[job] && each((row, n) => text('GET', lists[job](row, n)), most);
  }
}
