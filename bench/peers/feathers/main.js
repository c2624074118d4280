// Feathers 5 on Koa with its Knex adapter, schemas and resolvers: what its generator makes of a service, in one file.
import { feathers } from '@feathersjs/feathers';
import { KnexService } from '@feathersjs/knex';
import { bodyParser, cors, errorHandler, koa, rest } from '@feathersjs/koa';
import { Ajv, hooks, resolve } from '@feathersjs/schema';
import { getValidator, querySyntax, Type } from '@feathersjs/typebox';
import { randomUUID } from 'node:crypto';
import knex from 'knex';

const dataValidator = new Ajv({});
const queryValidator = new Ajv({ coerceTypes: true });

const name = Type.String({ minLength: 1, maxLength: 255 });
const dataSchema = Type.Object({ name }, { $id: 'ResourceData', additionalProperties: false });
const patchSchema = Type.Partial(dataSchema, { $id: 'ResourcePatch' });
const querySchema = querySyntax(Type.Object({ id: Type.String(), name }));

const resultResolver = resolve({});
const dataResolver = resolve({ id: async () => randomUUID() });
const patchResolver = resolve({ updated_at: async () => new Date() });

/** A page from a known id on is asked for without the total: `paginate: false` is how Feathers leaves the count out. */
const withoutTotal = (context) => {
  if (context.params.query?.id?.$gt !== undefined) context.params.paginate = false;
};

class ResourceService extends KnexService {}

const app = koa(feathers());
app.use(cors());
app.use(errorHandler());
app.use(bodyParser());
app.configure(rest());
app.use(
  'resource',
  new ResourceService({
    Model: knex({
      client: 'mysql2',
      connection: { uri: process.env.DATABASE_URL.replace('mariadb:', 'mysql:'), timezone: 'Z' },
    }),
    name: 'resource',
    paginate: { default: 10, max: 50 },
  }),
  { methods: ['find', 'get', 'create', 'patch', 'remove'] },
);
app.service('resource').hooks({
  around: { all: [hooks.resolveExternal(resultResolver), hooks.resolveResult(resultResolver)] },
  before: {
    all: [hooks.validateQuery(getValidator(querySchema, queryValidator)), hooks.resolveQuery(resolve({}))],
    find: [withoutTotal],
    create: [hooks.validateData(getValidator(dataSchema, dataValidator)), hooks.resolveData(dataResolver)],
    patch: [hooks.validateData(getValidator(patchSchema, dataValidator)), hooks.resolveData(patchResolver)],
  },
});
await app.listen(Number(process.env.PORT), '127.0.0.1');
