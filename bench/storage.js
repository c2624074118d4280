// npm run bench:storage. What a row, its changes and its idempotent answers take of MariaDB's disk: the inputs of the formulas
// in docs/operating.md. Takes a minute or two.
import { MariadbStore } from './stores.js';
import { service } from './support.js';

const ROWS = 20_000;
const AT_ONCE = 64;
const store = await MariadbStore.of(0);
const { database } = store;
const { child, origin } = await service(store.url);

/** Bytes of the tables, with their indexes. */
async function sizes() {
  await database.query('ANALYZE TABLE resource, change_log, idempotency_key');
  const [rows] = await database.query(
    'SELECT TABLE_NAME AS name, DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  );
  return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
}

async function ask(requestOf) {
  let next = 0;
  const one = async () => {
    while (next < ROWS) {
      const [path, init] = requestOf(next++);
      const answer = await fetch(`${origin}${path}`, {
        ...init,
        headers: { 'content-type': 'application/json', ...init.headers },
      });
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
      await answer.text();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

const idAt = (n) => `row-${String(n).padStart(7, '0')}`;
const NAME = 'The name of a row, of forty characters...';
const before = await sizes();
await ask((n) => ['/api/resource', { method: 'POST', body: JSON.stringify({ id: idAt(n), name: NAME }) }]);
const created = await sizes();
await ask((n) => [
  `/api/resource/${idAt(n)}`,
  {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json', 'if-match': '*' },
    body: JSON.stringify({ name: `${NAME}${n}` }),
  },
]);
const changed = await sizes();
await ask((n) => [
  '/api/resource',
  { method: 'POST', headers: { 'idempotency-key': `key-${n}` }, body: JSON.stringify({ name: NAME }) },
]);
const keyed = await sizes();
const each = (from, to, table) => Math.round((to.get(table) - from.get(table)) / ROWS);
console.log(`a row of 40 characters            ${each(before, created, 'resource')} bytes`);
console.log(`the change record of its creation ${each(before, created, 'change_log')} bytes`);
console.log(`the change record of a change     ${each(created, changed, 'change_log')} bytes`);
console.log(`the answer that is kept for a key ${each(changed, keyed, 'idempotency_key')} bytes`);
child.kill();
await store.close();
process.exit(0);
