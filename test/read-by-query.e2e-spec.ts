import { Controller, Param, ParseUUIDPipe, UseGuards, type CanActivate } from '@nestjs/common';
import {
  Context,
  CrudController,
  DomainError,
  Field,
  Parameters,
  PlinthModule,
  ReadEndpoint,
  Representation,
  type RequestContext,
} from 'plinth';
import { declarationOf } from '../src/crud/plinth-module.js';
import { Resource } from '../src/modules/resource/resource.entity.js';
import { ResourceModule } from '../src/modules/resource/resource.module.js';
import { ResourceRepository } from '../src/modules/resource/resource.repository.js';
import { ResourceService } from '../src/modules/resource/resource.service.js';
import { startService, type TestService } from '../src/testing/service.js';
import { Client, problemOf } from '../src/testing/client.js';

class Tone {
  @Field({ type: 'boolean', default: false })
  loud!: boolean;
}

class Shut implements CanActivate {
  static isShut = false;

  canActivate(): boolean {
    if (Shut.isShut) throw new DomainError('conflict', 'Shut.');
    return true;
  }
}

const LINE = { type: 'text/vnd.line', extension: 'line', row: ({ name }: Partial<Resource>) => `${name}!` };

@Controller('resource')
class OwnController extends CrudController(Resource) {
  constructor(resources: ResourceService) {
    super(resources);
  }

  @ReadEndpoint(Resource, { formats: [LINE] })
  @UseGuards(Shut)
  override async get(
    @Param('id', ParseUUIDPipe) id: string,
    @Context() context: RequestContext,
    @Parameters() { loud }: Tone,
  ): Promise<Representation<Resource>> {
    const { data, etag } = await super.get(id, context);
    return new Representation({ ...data, ...(loud && { name: data.name!.toUpperCase() }) }, id, etag);
  }
}

@PlinthModule({
  ...declarationOf(ResourceModule),
  controllers: [OwnController],
  providers: [ResourceService, ResourceRepository],
})
class OwnModule {}

const ID = '0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

describe('the read by ?id=', () => {
  let test: TestService;
  let client: Client;
  beforeAll(async () => {
    test = await startService('sqlite', { modules: [OwnModule] });
    client = new Client(test.origin);
    await client.post('/api/resource', { id: ID, name: 'Map room' });
  });
  afterAll(() => test.close());

  /** Both ways to ask, which must not be told apart. */
  const ask = async (id: string, query = '', headers: Record<string, string> = {}, method: 'get' | 'head' = 'get') => {
    const ways = [`/api/resource/${id}${query.replace('&', '?')}`, `/api/resource?id=${id}${query}`];
    const answers = await Promise.all(ways.map((path) => client.send(method, path, { headers })));
    const seen = answers.map(({ status, text, headers: { etag, vary, ...given } }) => {
      const body = text?.replaceAll(/"(trace_id|instance)":"[^"]*"/g, '');
      return { status, body, etag, vary, type: given['content-type'] };
    });
    expect(seen[1]).toEqual(seen[0]);
    return answers[1]!;
  };

  it('is the read endpoint, with its handler, parameters and formats', async () => {
    expect((await ask(ID)).body).toMatchObject({ data: { id: ID, name: 'Map room' } });
    expect((await ask(ID, '&loud=true')).body).toMatchObject({ data: { name: 'MAP ROOM' } });
    expect((await ask(ID, '&fields=id')).text).toBe(`{"data":{"id":"${ID}"},"status":"success"}`);
    expect((await ask(ID, '', { accept: LINE.type })).text).toBe('Map room!');
    expect((await ask(ID, '', {}, 'head')).status).toBe(200);
    const { headers } = await ask(ID);
    expect((await ask(ID, '', { 'if-none-match': headers.etag! })).status).toBe(304);
  });

  it('refuses what that refuses: guards, pipes, parameters and formats', async () => {
    problemOf(await ask('first'), 400, 'bad-request');
    problemOf(await ask(ID.replace('0199', '0198')), 404, 'not-found');
    problemOf(await ask(ID, '&limit=1'), 400, 'unknown-parameter');
    problemOf(await ask(ID, '&loud=1'), 400, 'invalid-parameter');
    problemOf(await ask(ID, '', { accept: 'text/csv' }), 406, 'not-acceptable');
    Shut.isShut = true;
    problemOf(await ask(ID), 409, 'conflict');
    Shut.isShut = false;
  });

  it('is nothing that a list has: neither a format of single rows, nor an id beside others', async () => {
    problemOf(await client.get('/api/resource', { accept: LINE.type }), 406, 'not-acceptable');
    expect((await client.get('/api/resource', { accept: 'text/csv' })).status).toBe(200);
    for (const id of ['', 'a&id=b']) problemOf(await client.get(`/api/resource?id=${id}`), 400, 'invalid-parameter');
  });
});
