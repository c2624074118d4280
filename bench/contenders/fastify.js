// Fastify and mysql2, with the schemas that its guide recommends.
import fastify from 'fastify';
import { create, page, read, statusOf, update } from './sql.js';

const row = {
  type: 'object',
  properties: { id: { type: 'string' }, name: { type: 'string' }, created_at: { type: 'string', format: 'date-time' } },
};
const answer = (data, more = {}) => ({
  response: { '2xx': { type: 'object', properties: { data, ...more, status: { type: 'string' } } } },
});
const one = answer(row);
const many = answer(
  { type: 'array', items: row },
  {
    page: {
      type: 'object',
      properties: { limit: { type: 'integer' }, next_cursor: { type: 'string' }, total: { type: 'integer' } },
    },
  },
);
const bodySchema = { type: 'object', required: ['name'], properties: { name: { type: 'string', maxLength: 255 } } };

const app = fastify();
const send = (reply, { etag, body }) => {
  if (etag) reply.header('etag', etag);
  return body;
};
app.setErrorHandler((error, _request, reply) => reply.code(error.statusCode ?? statusOf(error)).send());
app.get('/api/resource', { schema: many }, async ({ query }, reply) => send(reply, await page(query)));
app.get('/api/resource/:id', { schema: one }, async ({ params }, reply) => send(reply, await read(params.id)));
app.post('/api/resource', { schema: { ...one, body: bodySchema } }, async ({ body }, reply) =>
  send(reply.code(201), await create(body)),
);
app.patch('/api/resource/:id', { schema: { ...one, body: bodySchema } }, async ({ params, body, headers }, reply) =>
  send(reply, await update(params.id, body, headers['if-match'])),
);
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
