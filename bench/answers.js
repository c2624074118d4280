// Whether a contender's answers are right, before its speed is looked at.
import assert from 'node:assert/strict';

const CHECKED = '00000000-0000-4000-8000-00000000cccc';

export async function check({ name, origin, headers, dialect, pathOf, keysetOf, store }) {
  const json = { ...headers, 'content-type': 'application/json' };
  const ask = async (path, init) => {
    const answer = await fetch(origin + path, { headers, ...init });
    const text = await answer.text();
    return { status: answer.status, etag: answer.headers.get('etag'), body: text === '' ? null : JSON.parse(text) };
  };
  const read = await ask(dialect.read('row-0000042'));
  assert.equal(read.status, 200, name);
  assert.deepEqual(dialect.rowOf(read.body), {
    id: 'row-0000042',
    name: `name ${(42 * 7919) % 5000}`,
    created_at: new Date(Date.UTC(2024, 0, 1) + 42 * 90_000 + (42 % 7)).toISOString(),
  });
  assert.equal((await ask(dialect.read('nobody'))).status, dialect.missing, name);

  for (const path of [pathOf, keysetOf].filter(Boolean)) {
    const page = await ask(path({ n: 99, id: 'row-0000099' }));
    assert.deepEqual(
      dialect.rowsOf(page.body).map(({ id }) => id),
      Array.from({ length: 20 }, (_, n) => `row-${String(100 + n).padStart(7, '0')}`),
      name,
    );
    if (dialect.cursorOf) assert.ok(dialect.cursorOf(page.body), name);
  }

  const { create, update } = dialect;
  const post = (body) => ask(create.path, { method: create.method, headers: json, body: JSON.stringify(body) });
  const made = await post(create.body({ id: CHECKED, name: 'checked' }));
  assert.equal(made.status, create.status, name);
  const { id } = dialect.rowOf(made.body);
  const stored = () => store.stored(id);
  assert.deepEqual({ ...(await stored()) }, { name: 'checked', version: 1 }, name);
  const change = () =>
    ask(update.path(id), {
      method: update.method,
      headers: update.conditional ? { ...json, 'if-match': made.etag } : json,
      body: '{"name":"changed"}',
    });
  const changed = await change();
  assert.equal(changed.status, 200, name);
  assert.equal(dialect.rowOf(changed.body).name, 'changed', name);
  const now = await stored();
  assert.equal(now.name, 'changed', name);
  if (update.conditional) {
    assert.equal(now.version, 2, name);
    assert.equal((await change()).status, 412, name);
  }
  assert.ok([400, 422].includes((await post({})).status), name);
  await store.remove(id);
}
