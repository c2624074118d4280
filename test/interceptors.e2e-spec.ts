import { Injectable, Module, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Export, MultiStatus, Page, Representation } from 'plinth';
import { tap, type Observable } from 'rxjs';
import { Rendered } from '../src/crud/endpoints/render.js';
import { startApp } from './support/app.js';
import { Client } from '../src/testing/client.js';

const seen: string[] = [];

@Injectable()
class Seeing implements NestInterceptor {
  intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(tap((value) => seen.push(shapeOf(value))));
  }
}

function shapeOf(value: unknown): string {
  const is = [Representation, Page, Export, MultiStatus, Rendered].find((one) => value instanceof one);
  return is?.name ?? (Array.isArray(value) ? 'list' : typeof value);
}

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: Seeing }] })
class SeeingModule {}

// The table in docs/extending.md.
it('an interceptor sees what a handler gives back, and with an Idempotency-Key the finished answer', async () => {
  const test = await startApp('sqlite', { imports: [SeeingModule] });
  const client = new Client(test.origin);
  const path = '/api/resource';
  const body = { id: 'one', name: 'One' };
  const key = { 'idempotency-key': 'key' };
  const operations = [{ op: 'update', id: 'one', body: {} }];
  try {
    for (const [ask, shape] of [
      [() => client.post(`${path}?dry_run=true`, body), 'Representation'],
      [() => client.post(path, body), 'Representation'],
      [() => client.post(path, { name: 'Two' }, key), 'Rendered'],
      [() => client.post(path, { name: 'Two' }, key), 'Rendered'],
      [() => client.get(`${path}/one`), 'Representation'],
      [() => client.get(`${path}?id=one`), 'Representation'],
      [() => client.get(path), 'Page'],
      [() => client.get(path, { accept: 'text/csv' }), 'Export'],
      [() => client.post(`${path}:batch`, { operations }), 'list'],
      [() => client.post(`${path}:batch`, { operations, atomic: false }), 'MultiStatus'],
      [() => client.delete(`${path}/one?dry_run=true`), 'undefined'],
      [() => client.delete(`${path}/one`), 'undefined'],
      [() => client.post(`${path}/one:restore`), 'Representation'],
    ] as const) {
      seen.length = 0;
      const { status } = await ask();
      expect({ status: status < 300, seen }).toEqual({ status: true, seen: [shape] });
    }
  } finally {
    await test.close();
  }
});
