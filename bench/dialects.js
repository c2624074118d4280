// How a contender is asked and how its answers are read. `HOUSE` is Plinth's own way, which the hand-written ones share.

export const HOUSE = {
  read: (id) => `/api/resource/${id}`,
  create: { method: 'POST', path: '/api/resource', status: 201, body: ({ name }) => ({ name }) },
  // Conditional: with If-Match, and refused with 412 when the row is another by now.
  update: { method: 'PATCH', path: (id) => `/api/resource/${id}`, conditional: true },
  missing: 404,
  rowOf: (body) => body.data,
  rowsOf: (body) => body.data,
  cursorOf: (body) => body.page.next_cursor,
};

/** What wrk.lua has to know, a line for each: name, method, path and body, with tabs between. */
export function linesFor({ read, create, update }) {
  const placeholder = '{id}';
  return [
    ['read', 'GET', read(placeholder), ''],
    [
      'create',
      create.method,
      create.path,
      JSON.stringify(create.body({ id: placeholder, name: 'created by the benchmark' })),
    ],
    ['update', update.method, update.path(placeholder), JSON.stringify({ name: 'updated' })],
  ]
    .map((line) => line.join('\t'))
    .join('\n');
}
