// Whether a contender's answers are right, before its speed is looked at.
import assert from 'node:assert/strict';

export async function check({ name, origin, headers, pathOf }, database) {
  const json = { ...headers, 'content-type': 'application/json' };
  const base = `${origin}/api/resource`;
  const ask = async (url, init) => {
    const answer = await fetch(url, { headers, ...init });
    const text = await answer.text();
    return { status: answer.status, etag: answer.headers.get('etag'), body: text === '' ? null : JSON.parse(text) };
  };
  const read = await ask(`${base}/row-0000042`);
  assert.equal(read.status, 200, name);
  assert.deepEqual(read.body.data, {
    id: 'row-0000042',
    name: `name ${(42 * 7919) % 5000}`,
    created_at: new Date(Date.UTC(2024, 0, 1) + 42 * 90_000 + (42 % 7)).toISOString(),
  });
  assert.equal((await ask(`${base}/nobody`)).status, 404, name);

  const page = await ask(`${origin}${pathOf('row-0000099')}`);
  assert.deepEqual(
    page.body.data.map(({ id }) => id),
    Array.from({ length: 20 }, (_, n) => `row-${String(100 + n).padStart(7, '0')}`),
  );
  assert.ok(page.body.page.next_cursor, name);

  const made = await ask(base, { method: 'POST', headers: json, body: '{"name":"checked"}' });
  assert.equal(made.status, 201, name);
  const stored = async (id) => (await database.query('SELECT name, version FROM resource WHERE id = ?', [id]))[0][0];
  assert.deepEqual(await stored(made.body.data.id), { name: 'checked', version: 1 });
  const change = (etag) =>
    ask(`${base}/${made.body.data.id}`, {
      method: 'PATCH',
      headers: { ...json, 'if-match': etag },
      body: '{"name":"changed"}',
    });
  const changed = await change(made.etag);
  assert.equal(changed.status, 200, name);
  assert.equal(changed.body.data.name, 'changed', name);
  assert.deepEqual(await stored(made.body.data.id), { name: 'changed', version: 2 });
  assert.equal((await change(made.etag)).status, 412, name);
  assert.ok([400, 422].includes((await ask(base, { method: 'POST', headers: json, body: '{}' })).status), name);
  await database.query('DELETE FROM resource WHERE id = ?', [made.body.data.id]);
}
