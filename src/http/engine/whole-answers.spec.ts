import { fastify as createFastify, type FastifyInstance } from 'fastify';
import { sendWholeAnswers } from './whole-answers.js';

describe('sendWhole', () => {
  const held = { check: () => undefined };
  const LINK = '</a>; rel="a"';
  let fastify: FastifyInstance;
  beforeEach(() => {
    fastify = createFastify();
    sendWholeAnswers(fastify, held);
  });
  afterEach(() => fastify.close());

  const route = (options: object = {}) =>
    fastify.route({
      method: 'GET',
      url: '/',
      ...options,
      handler: (request, reply) => {
        const { status, body = '{"a":"ä"}', etag = '"1"' } = request.query as Record<string, string>;
        void reply.header('link', LINK).header('x-mine', 'yes');
        const headers = { 'content-type': 'application/json; charset=utf-8', link: '</b>; rel="b"', etag };
        reply.sendWhole(Number(status ?? 200), headers, body || null);
      },
    });
  const ask = async (query = '', method: 'GET' | 'HEAD' = 'GET') => {
    const { statusCode, headers, payload } = await fastify.inject({ method, url: `/${query}` });
    delete headers.date;
    return { statusCode, headers, payload };
  };

  it('says past Fastify what it says by way of it', async () => {
    route();
    const past = await ask('?status=201');
    expect(past).toEqual({
      statusCode: 201,
      headers: {
        link: `${LINK}, </b>; rel="b"`,
        'x-mine': 'yes',
        'content-type': 'application/json; charset=utf-8',
        etag: '"1"',
        'content-length': '10',
        connection: 'keep-alive',
      },
      payload: '{"a":"ä"}',
    });
    const other = createFastify();
    sendWholeAnswers(other, held);
    other.addHook('onSend', (_request, _reply, payload, done) => done(null, payload));
    fastify = other;
    route();
    expect(await ask('?status=201')).toEqual(past);
  });

  it('leaves bodies out where there are none', async () => {
    route();
    expect(await ask('?status=204&body=')).toMatchObject({ statusCode: 204, payload: '' });
    const head = await ask('', 'HEAD');
    expect(head).toMatchObject({ statusCode: 200, headers: { 'content-length': '10' }, payload: '' });
  });

  it('shows answers to a plugin that wants to see them before they are sent', async () => {
    await fastify.register(async (instance) => {
      instance.addHook('onSend', async (_request, reply, payload) => {
        void reply.header('x-seen', String(payload));
        return 'instead';
      });
    });
    route();
    // Only the other instance sets it.
    expect((await ask()).headers['x-seen']).toBeUndefined();
    await fastify.close();
    fastify = createFastify();
    sendWholeAnswers(fastify, held);
    fastify.addHook('onSend', async () => 'instead');
    route();
    expect(await ask()).toMatchObject({ payload: 'instead', headers: { 'content-length': '7' } });
  });

  it('shows them to a route that wants to', async () => {
    route({ onSend: async () => 'instead' });
    expect((await ask()).payload).toBe('instead');
  });

  it('fails as Fastify does where a header is none', async () => {
    route();
    expect((await ask('?etag=%0A')).statusCode).toBe(500);
  });

  it('does not answer again what is answered', async () => {
    const again = import.meta.jest.fn();
    fastify.get('/', (_request, reply) => {
      reply.sendWhole(200, {}, 'first');
      reply.sendWhole(200, {}, 'second');
      again();
    });
    expect((await ask()).payload).toBe('first');
    expect(again).toHaveBeenCalled();
  });
});
