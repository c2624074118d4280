// What else makes a REST resource of a table, each set up as its own documentation has it, and asked in its own way.
const DEEPEST = 10_000;
const PLAIN_UPDATE = 'updates unconditionally: no If-Match';
const BY_OFFSET = `page: by offset, ${DEEPEST.toLocaleString('en')} rows deep at most; deeper is slower`;
const COUNTED = 'page: counts all rows each time';

const shown = ({ id, name, created_at }) => ({ id, name, created_at });
const body = ({ name }) => ({ name });

const CRUD = '/resource';
const crud = {
  read: (id) => `${CRUD}/${id}`,
  create: { method: 'POST', path: CRUD, status: 201, body },
  update: { method: 'PATCH', path: (id) => `${CRUD}/${id}` },
  missing: 404,
};

/** Two that page by offset and count the table for it, but not for a list that is filtered by id. */
const counted = {
  deepest: DEEPEST,
  notes: [PLAIN_UPDATE, BY_OFFSET, COUNTED, 'keyset: filter by id and sort by id, without the count'],
};
const listed = { ...crud, rowOf: shown, rowsOf: (answer) => answer.data ?? answer };

export const PEERS = {
  'dataui-crud': {
    folder: 'bench/peers/dataui-crud',
    product: '@dataui/crud',
    ...counted,
    dialect: listed,
    lists: () => ({
      page: (_row, n) => `${CRUD}?limit=20&sort=id,ASC&offset=${n + 1}`,
      keyset: ({ id }) => `${CRUD}?limit=20&sort=id,ASC&filter=id%7C%7C%24gt%7C%7C${id}`,
    }),
  },
  feathers: {
    folder: 'bench/peers/feathers',
    product: '@feathersjs/feathers',
    ...counted,
    dialect: listed,
    lists: () => ({
      page: (_row, n) => `${CRUD}?$limit=20&$sort[id]=1&$skip=${n + 1}`,
      keyset: ({ id }) => `${CRUD}?$limit=20&$sort[id]=1&id[$gt]=${id}`,
    }),
  },
  platformatic: {
    folder: 'bench/peers/platformatic',
    product: '@platformatic/db',
    notes: [
      PLAIN_UPDATE,
      'page: by its cursor, at any depth',
      'keyset: filter by id and sort by id',
      'create: looks for the row first, because its id comes with it',
    ],
    dialect: {
      ...crud,
      create: { ...crud.create, status: 200 },
      update: { ...crud.update, method: 'PUT' },
      rowOf: ({ id, name, createdAt }) => ({ id, name, created_at: createdAt }),
      rowsOf: (answer) => answer,
    },
    lists: () => ({
      page: ({ id }) =>
        `${CRUD}?limit=20&orderby.id=asc&cursor=true&startAfter=${encodeURIComponent(btoa(JSON.stringify({ id })))}`,
      keyset: ({ id }) => `${CRUD}?limit=20&orderby.id=asc&where.id.gt=${id}`,
    }),
  },
  directus: {
    folder: 'bench/peers/directus',
    product: 'directus',
    deepest: DEEPEST,
    notes: [
      PLAIN_UPDATE,
      BY_OFFSET,
      'keyset: none, it does not compare strings',
      'create: with an id of the client, as its own must be UUIDs and the rows have others',
      'first answer: after it made its system tables in the same database',
    ],
    env: (token) => ({ TOKEN: token }),
    setUp: registerCollection,
    dialect: {
      read: (id) => `/items${CRUD}/${id}`,
      create: { method: 'POST', path: `/items${CRUD}`, status: 200, body: ({ id, name }) => ({ id, name }) },
      update: { method: 'PATCH', path: (id) => `/items${CRUD}/${id}` },
      // It does not tell what is not there from what is not allowed.
      missing: 403,
      rowOf: (answer) => shown(answer.data),
      rowsOf: (answer) => answer.data,
    },
    lists: () => ({ page: (_row, n) => `/items${CRUD}?limit=20&sort=id&offset=${n + 1}` }),
  },
};

/** The table as a collection of Directus: recorded in its activity and revisions, times filled in by it. */
async function registerCollection(origin, headers) {
  const patch = async (path, meta) => {
    const init = {
      method: 'PATCH',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ meta }),
    };
    const answer = await fetch(origin + path, init);
    if (!answer.ok) throw new Error(`Directus answered ${answer.status} to PATCH ${path}: ${await answer.text()}`);
  };
  await patch('/collections/resource', {});
  await patch('/fields/resource/id', { interface: 'input' });
  await patch('/fields/resource/name', { interface: 'input', required: true });
  await patch('/fields/resource/created_at', { interface: 'datetime', special: ['date-created'], readonly: true });
  await patch('/fields/resource/updated_at', { interface: 'datetime', special: ['date-updated'], readonly: true });
}
