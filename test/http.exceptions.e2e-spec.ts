import * as nest from '@nestjs/common';
import { Controller, Get, HttpException, Injectable, Module, Param, UseGuards } from '@nestjs/common';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { Scope } from '../src/http/scope.decorator.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

const SAID = 'The book is on loan.';

class Refusal extends HttpException {
  constructor() {
    super({ message: SAID, reason: 'loan' }, 409);
  }
}

/** By a name for the path: what a team throws, and what its caller gets. */
const THROWN: Record<string, readonly [unknown, number, string, string?]> = {
  badRequest: [new nest.BadRequestException(SAID), 400, 'bad-request', SAID],
  unauthorized: [new nest.UnauthorizedException(SAID), 401, 'unauthenticated', SAID],
  payment: [new HttpException(SAID, 402), 402, 'client-error', SAID],
  forbidden: [new nest.ForbiddenException(SAID), 403, 'forbidden', SAID],
  notFound: [new nest.NotFoundException(SAID), 404, 'not-found', SAID],
  method: [new nest.MethodNotAllowedException(SAID), 405, 'method-not-allowed', SAID],
  acceptable: [new nest.NotAcceptableException(SAID), 406, 'not-acceptable', SAID],
  timeout: [new nest.RequestTimeoutException(SAID), 408, 'request-timeout', SAID],
  conflict: [new nest.ConflictException(SAID), 409, 'conflict', SAID],
  own: [new Refusal(), 409, 'conflict', SAID],
  described: [new nest.ConflictException({ message: SAID, error: 'Loan' }), 409, 'conflict', SAID],
  silent: [new nest.ConflictException(), 409, 'conflict', 'Conflict'],
  wordless: [new nest.ConflictException({ reason: 1 }), 409, 'conflict', 'Conflict.'],
  gone: [new nest.GoneException(SAID), 410, 'gone', SAID],
  precondition: [new nest.PreconditionFailedException(SAID), 412, 'precondition-failed', SAID],
  large: [new nest.PayloadTooLargeException(SAID), 413, 'content-too-large', SAID],
  media: [new nest.UnsupportedMediaTypeException(SAID), 415, 'unsupported-media-type', SAID],
  teapot: [new nest.ImATeapotException(SAID), 418, 'client-error', SAID],
  misdirected: [new nest.MisdirectedException(SAID), 421, 'misdirected-request', SAID],
  unprocessable: [new nest.UnprocessableEntityException(SAID), 422, 'unprocessable-content', SAID],
  locked: [new HttpException(SAID, 423), 423, 'client-error', SAID],
  many: [new HttpException(SAID, 429), 429, 'rate-limited', SAID],
  legal: [new HttpException({ message: SAID }, 451), 451, 'client-error', SAID],
  unknown: [new HttpException(SAID, 499), 499, 'client-error', SAID],
  internal: [new nest.InternalServerErrorException(SAID), 500, 'internal-error'],
  implemented: [new nest.NotImplementedException(SAID), 501, 'server-error'],
  gateway: [new nest.BadGatewayException(SAID), 502, 'bad-gateway'],
  unavailable: [new nest.ServiceUnavailableException(SAID), 503, 'service-unavailable'],
  late: [new nest.GatewayTimeoutException(SAID), 504, 'gateway-timeout'],
  loop: [new HttpException(SAID, 508), 508, 'server-error'],
  noError: [new HttpException(SAID, 204), 500, 'internal-error'],
  noStatus: [new HttpException(SAID, 1000), 500, 'internal-error'],
  error: [new Error(SAID), 500, 'internal-error'],
  text: [SAID, 500, 'internal-error'],
};

const throwNamed = (name: string): never => {
  throw THROWN[name]![0];
};

@Injectable()
class ThrowingGuard implements nest.CanActivate {
  canActivate(execution: nest.ExecutionContext): boolean {
    return throwNamed(execution.switchToHttp().getRequest<{ params: { name: string } }>().params.name);
  }
}

@Injectable()
class ThrowingPipe implements nest.PipeTransform<string> {
  transform(name: string): string {
    return throwNamed(name);
  }
}

@Controller('faults')
class FaultsController {
  @Get('guard/:name')
  @Scope('faults:see')
  @UseGuards(ThrowingGuard)
  guarded(): string {
    return 'fine';
  }

  @Get('pipe/:name')
  @Scope('faults:see')
  piped(@Param('name', ThrowingPipe) name: string): string {
    return name;
  }

  @Get('handler/:name')
  @Scope('faults:see')
  handle(@Param('name') name: string): string {
    return throwNamed(name);
  }

  @Get('later/:name')
  @Scope('faults:see')
  async later(@Param('name') name: string): Promise<string> {
    await Promise.resolve();
    return throwNamed(name);
  }

  /** As Nest's ValidationPipe does. */
  @Get('validation/:count')
  @Scope('faults:see')
  validate(@Param('count') count: string): never {
    throw new nest.BadRequestException(['name must be a string', 'age must be positive'].slice(0, Number(count)));
  }
}

@Module({ controllers: [FaultsController] })
class FaultsModule {}

describe("Nest's own exceptions", () => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp('sqlite', { imports: [FaultsModule] });
    client = new Client(test.origin);
  });
  afterAll(() => test.close());

  it.each(Object.entries(THROWN))('are answered by their status, with their message: %s', async (name, thrown) => {
    const [, status, code, detail] = thrown;
    for (const by of ['guard', 'pipe', 'handler', 'later']) {
      const answer = await client.get(`/api/faults/${by}/${name}`);
      expect(problemOf(answer, status, code)).toMatchObject(detail === undefined ? {} : { detail, errors: [] });
      // Failures of the service are nobody else's business.
      if (status >= 500) expect(answer.text).not.toContain(SAID);
      expect('www-authenticate' in answer.headers).toBe(status === 401);
      expect((await client.get(`/problems/${code}`)).status).toBe(200);
    }
  });

  it('list what a validation has found', async () => {
    const several = problemOf(await client.get('/api/faults/validation/2'), 400, 'bad-request');
    expect(several.errors).toEqual([
      { code: 'invalid', detail: 'name must be a string' },
      { code: 'invalid', detail: 'age must be positive' },
    ]);
    expect(problemOf(await client.get('/api/faults/validation/1'), 400, 'bad-request').detail).toBe(
      'name must be a string',
    );
  });
});

describe.each(engines())("Nest's own exceptions of a service: %s", (engine) => {
  it('fail one operation of a batch, and one row of a group', async () => {
    const test = await startApp(engine);
    const client = new Client(test.origin);
    const service = test.app.get(ModuleRegistry).get('resource') as unknown as { live(row: { id: string }): object };
    const { live } = service;
    service.live = function (row) {
      if (row.id === 'lent') throw new Refusal();
      return live.call(this, row);
    };
    for (const id of ['lent', 'a', 'b', 'c']) await client.put(`/api/resource/${id}`, { name: 'x' });
    const operations = ['a', 'lent', 'b'].map((id) => ({ op: 'update', id, body: { name: 'y' } }));
    const each = await client.post('/api/resource:batch', { atomic: false, operations });
    const { data } = each.body as { data: { status: number; problem?: object }[] };
    expect(data.map(({ status }) => status)).toEqual([200, 409, 200]);
    expect(data[1]!.problem).toMatchObject({ code: 'conflict', detail: `Operation 1: ${SAID}` });
    const all = await client.post('/api/resource:batch', { atomic: true, operations });
    expect(problemOf(all, 409, 'conflict').errors).toMatchObject([{ pointer: '#/operations/1' }]);
    const together = await Promise.all(
      ['a', 'lent', 'b', 'c', 'lent'].map((id) => client.patch(`/api/resource/${id}`, { name: 'z' })),
    );
    expect(together.map(({ status }) => status)).toEqual([200, 409, 200, 200, 409]);
    await test.close();
  });
});
