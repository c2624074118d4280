import { Controller, Get, Headers, Module, Post, Query } from '@nestjs/common';
import { Context, DomainError, Public, type RequestContext } from 'plinth';
import { setImmediate as turn } from 'node:timers/promises';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';

const done: string[] = [];

@Controller('own')
class Own {
  @Get('named')
  @Public()
  named(@Query('from') from: string): object {
    return { from };
  }

  @Post('any')
  @Public()
  any(@Query() query: object): object {
    return query;
  }

  @Post('keyed')
  @Public()
  keyed(@Headers('Idempotency-Key') key: string, @Query('dry_run') dryRun: string): object {
    return { key, dryRun };
  }

  @Post('later')
  @Public()
  async later(@Context() context: RequestContext, @Query('fails') fails?: string): Promise<object> {
    context.afterCommit(() => done.push('after'));
    await turn();
    if (fails !== undefined) throw new DomainError('conflict', 'No.');
    done.push('handler');
    return {};
  }
}

@Module({ controllers: [Own] })
class OwnModule {}

describe('a route that is no endpoint', () => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp('sqlite', { imports: [OwnModule] });
    client = new Client(test.origin);
  });
  afterAll(() => test.close());

  it('takes the parameters and headers that its handler names, all where it asks for all, and no others', async () => {
    expect((await client.get('/api/own/named?from=x')).body).toEqual({ from: 'x' });
    problemOf(await client.get('/api/own/named?form=x'), 400, 'unknown-parameter');
    // Conditions are for writes.
    expect((await client.get('/api/own/named', { 'if-match': '*', 'idempotency-key': 'x' })).status).toBe(200);
    expect((await client.post('/api/own/any?a=1&b=2')).body).toEqual({ a: '1', b: '2' });
    problemOf(await client.post('/api/own/any?a=1&dry_run=true'), 400, 'unknown-parameter');
    const key = { 'idempotency-key': 'x' };
    expect((await client.post('/api/own/keyed?dry_run=true', {}, key)).body).toEqual({ key: 'x', dryRun: 'true' });
    problemOf(await client.post('/api/own/keyed', {}, { ...key, 'if-match': '*' }), 400, 'invalid-parameter');
  });

  it('does after its commit what is asked for then: once the handler is done, and never when it fails', async () => {
    expect((await client.post('/api/own/later')).status).toBe(201);
    await turn();
    expect(done).toEqual(['handler', 'after']);
    problemOf(await client.post('/api/own/later?fails'), 409, 'conflict');
    await turn();
    expect(done).toEqual(['handler', 'after']);
  });
});
