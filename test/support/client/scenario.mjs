import { createClient, isProblem } from 'plinth-client';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the client can do, in Node and in a browser; the service is killed meanwhile. */
export async function scenario(origin, tag) {
  const retry = { patienceMs: 60_000, attemptMs: 5_000, capMs: 500 };
  const rows = createClient({ origin, retry, key: async () => 'for nobody' }).module('resource');
  const filter = `startswith(name,'${tag}')`;
  const seen = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const event of rows.watch({ filter, signal: stop.signal })) seen.push(event);
  })().catch(({ name }) => name);
  while (seen.length === 0) await sleep(10);

  const made = [];
  for (let n = 0; n < 20; n++, await sleep(50)) made.push((await rows.create({ name: `${tag} ${n}` })).data.id);
  const { data, etag } = await rows.edit(made[0], ({ name }) => ({ name: `${name}, again` }));
  while (!seen.some(({ type }) => type === 'updated')) await sleep(10);
  stop.abort();

  const paged = [];
  for await (const { id } of rows.all({ filter, limit: 7, sort: ['created_at'] })) paged.push(id);
  const exported = [];
  for await (const { id } of rows.export({ filter })) exported.push(id);
  const told = seen.filter(({ type }) => type !== 'bookmark').map(({ type, id }) => `${type} ${id}`);
  const refused = await rows
    .create({ nam: '' })
    .catch((error) => isProblem(error, 'validation-failed') && error.errors);
  const left = await watching;
  return { made, told, paged, exported, name: data.name, hasEtag: etag.length > 2, faults: refused.length, left };
}
