import { Body, Controller, Get, Injectable, Module, Post } from '@nestjs/common';
import {
  ActionEndpoint,
  Answer,
  Caller,
  Context,
  CrudController,
  DomainError,
  Field,
  ListEndpoint,
  MetricRegistry,
  Parameters as OwnParameters,
  PlinthModule,
  Public,
  RateLimits,
  ReadinessChecks,
  Scope,
  SecurityLog,
  setting,
  Settings,
  TokenVerifier,
  type RequestContext,
} from 'plinth';
import { ConfigError } from '../src/config/config.js';
import { Resource } from '../src/modules/resource/resource.entity.js';
import { ParcelModule } from './extending/parcel.module.js';
import { declarationOf } from '../src/crud/plinth-module.js';
import { startGuarded } from './support/access.js';
import { startApp } from './support/app.js';
import { WidgetModule } from './support/widget/widget.module.js';
import { Client, problemOf } from '../src/testing/client.js';
import { Parcel } from './extending/parcel.entity.js';

class Named {
  @Field({ type: 'string' })
  label!: string;
}

/** Evaluated like the body of a file: decorators of what can't work throw. */
const declare = (work: () => unknown) => () => void work();
const words = { key: 'PARCEL_X', description: 'X.' };
const withSettings = (settings: never) => declare(() => PlinthModule({ resource: Parcel, migrations: [], settings }));

describe('settings of a module', () => {
  const named = (error: unknown) => (error as ConfigError).faults.join('\n');

  it('end the start with 78 where they are wrong, all of them by name, and never by their value', async () => {
    const env = { PARCEL_MAX_WEIGHT: 'secret' };
    const error: unknown = await startApp('sqlite', { modules: [ParcelModule], env }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).exitCode).toBe(78);
    expect(named(error)).toBe('PARCEL_MAX_WEIGHT must be an integer from 1 to 100000');
  });

  it('are of every kind, typed and frozen', async () => {
    class Own extends Settings({
      isOn: setting.onOff({ ...words, key: 'RESOURCE_ON', default: true }),
      colour: setting.oneOf({ ...words, key: 'RESOURCE_COLOUR', words: ['red', 'green'], default: 'red' }),
      place: setting.text({ ...words, key: 'RESOURCE_PLACE', pattern: /^\w+$/, expects: 'a word', default: 'here' }),
      token: setting.optionalText({
        ...words,
        key: 'RESOURCE_TOKEN',
        pattern: /^\w+$/,
        expects: 'a word',
        secret: true,
      }),
      names: setting.list({ ...words, key: 'RESOURCE_NAMES', pattern: /^\w+$/, expects: 'words', default: ['a', 'b'] }),
    }) {}
    @PlinthModule({ resource: Resource, migrations: [], settings: Own })
    class OwnModule {}
    const { loadSettings } = await import('../src/config/own-settings.js');
    const { loadConfig } = await import('../src/config/config.js');
    const read = (env: Record<string, string>) => loadSettings(loadConfig(env), [Own]).get(Own) as Own;
    const usual = read({});
    const colour: 'red' | 'green' = usual.colour;
    expect({ ...usual, colour }).toEqual({ isOn: true, colour: 'red', place: 'here', token: null, names: ['a', 'b'] });
    expect(usual).toBeInstanceOf(Own);
    expect(Object.isFrozen(usual)).toBe(true);
    const set = { RESOURCE_ON: 'off', RESOURCE_COLOUR: 'green', RESOURCE_TOKEN: 't', RESOURCE_NAMES: '' };
    expect(read(set)).toMatchObject({ isOn: false, colour: 'green', token: 't', names: [] });
    const bad = { RESOURCE_ON: 'yes', RESOURCE_COLOUR: 'blue', RESOURCE_PLACE: '', RESOURCE_NAMES: '-' };
    expect(() => read(bad)).toThrow(/RESOURCE_ON.*\n.*RESOURCE_COLOUR.*\n.*RESOURCE_PLACE.*\n.*RESOURCE_NAMES/);
    expect(() => read({ RESOURCE_TOKEN: 't', RESOURCE_TOKEN_FILE: '/x' })).toThrow('RESOURCE_TOKEN_FILE');
    expect(OwnModule.name).toBe('OwnModule');
  });

  it("are refused where their names are not the module's, or their default is none that they take", () => {
    const of = (key: string, more: object = {}) =>
      class extends Settings({
        one: setting.integer({ ...words, key, minimum: 1, maximum: 9, default: 5, ...more }),
      }) {};
    expect(withSettings(of('PARCEL_ONE') as never)).not.toThrow();
    for (const key of ['ONE', 'PARCELS_ONE', 'parcel_one', 'DATABASE_URL'])
      expect(withSettings(of(key) as never)).toThrow('those of parcel begin with PARCEL_');
    expect(withSettings(of('PARCEL_ONE', { default: 10 }) as never)).toThrow('refuse itself');
  });
});

describe('what can not work stops the start, and says what', () => {
  const start = (...imports: (new () => object)[]) => startApp('sqlite', { imports });
  const moduleWith = (controller: new (...args: never[]) => object, ...providers: never[]) => {
    @Module({ controllers: [controller], providers })
    class Own {}
    return Own;
  };

  it("a route under /api that says nobody's access, or says it twice", async () => {
    @Controller('own')
    class Silent {
      @Get()
      get(): string {
        return '';
      }
    }
    await expect(start(moduleWith(Silent))).rejects.toThrow(/says nobody's access: use .*@Scope\(\) or @Public\(\)/);
    const twice = declare(() => {
      class Twice {
        @Public()
        @Scope('own:x')
        get(): string {
          return '';
        }
      }
      return Twice;
    });
    expect(twice).toThrow('Twice.get() says its access twice');
  });

  it('answers, bodies and parameters that nobody has declared, or whose names are taken', () => {
    class Nothing {}
    class Limit {
      @Field({ type: 'integer' })
      limit!: number;
    }
    class Document {
      @Field({ type: 'json' })
      one!: object;
    }
    const answers = declare(() => {
      class Own {
        @Answer(Nothing)
        async get(): Promise<Nothing> {
          return {};
        }
      }
      return Own;
    });
    expect(answers).toThrow('Own.get() answers Nothing, which declares nothing');
    const verb = declare(() => ActionEndpoint('x', Resource, { answer: Nothing })(class {}.prototype, 'x', {}));
    expect(verb).toThrow('answers Nothing, which declares nothing');
    const taken = declare(() => {
      class Own extends CrudController(Resource) {
        @ListEndpoint(Resource)
        override list(@Context() context: RequestContext, @OwnParameters() own: Limit) {
          return super.list(context, own);
        }
      }
      return Own;
    });
    expect(taken).toThrow('Own.list() has a parameter "limit", which is one of the kernel\'s');
    const document = declare(() => {
      class Own extends CrudController(Resource) {
        @ListEndpoint(Resource)
        override list(@Context() context: RequestContext, @OwnParameters() own: Document) {
          return super.list(context, own);
        }
      }
      return Own;
    });
    expect(document).toThrow("Document.one can't be a parameter");
  });

  it('formats that have no media type of their own', () => {
    const of = (type: string) =>
      declare(() => CrudController(Resource, { formats: [{ type, extension: 'x', row: String }] }));
    expect(of('text/calendar')).not.toThrow();
    for (const type of ['calendar', 'Text/Calendar', 'text/calendar; charset=utf-8', ''])
      expect(of(type)).toThrow('media type');
    for (const type of ['application/json', 'text/csv', 'application/x-ndjson'])
      expect(of(type)).toThrow("kernel's own");
  });

  it('metrics and readiness checks whose names are taken', async () => {
    const test = await startApp('sqlite');
    const metrics = test.app.get(MetricRegistry);
    const counter = (name: string) => () => metrics.counter({ name, help: 'X.' });
    expect(counter('own_total')).not.toThrow();
    expect(counter('own_total')).toThrow('already');
    expect(counter('plinth_own_total')).toThrow("needs its module's name");
    expect(counter('own-total')).toThrow();
    const checks = test.app.get(ReadinessChecks);
    const add = (name: string) => () => checks.add(name, () => undefined);
    expect(add('own')).not.toThrow();
    for (const name of ['own', 'database', 'process', 'Own', ''])
      expect(add(name)).toThrow('is taken, or not snake_case');
    await test.close();
  });

  it('classes in place of what can not be replaced, or twice', async () => {
    @Injectable()
    class Limits extends RateLimits {}
    @Injectable()
    class Tokens extends TokenVerifier {}
    class Other {}
    const parts = { resource: Resource, migrations: [] };
    const startWith = (...replaces: { provide: never; useClass: never }[]) => {
      @PlinthModule({ ...parts, replaces })
      class Own {}
      return startApp('sqlite', { modules: [Own] });
    };
    const pair = (provide: object, useClass: object) => ({ provide, useClass }) as { provide: never; useClass: never };
    await expect(startWith(pair(Caller, class extends Caller {}))).rejects.toThrow(
      /Caller can't be replaced by .*only RateLimits, SecurityLog, TokenVerifier can/,
    );
    await expect(startWith(pair(RateLimits, Other))).rejects.toThrow('Other must extend RateLimits');
    const both = startWith(pair(RateLimits, Limits), pair(TokenVerifier, Tokens), pair(RateLimits, Limits));
    await expect(both).rejects.toThrow('RateLimits is replaced twice');
  });
});

describe("classes in place of the kernel's", () => {
  it('are those that it asks: for limits, and of what it refuses', async () => {
    const refused: string[] = [];
    @Injectable()
    class Limits extends RateLimits {
      override admitCaller(...[caller, reply]: Parameters<RateLimits['admitCaller']>): void {
        if (caller.can('resource:never')) throw new DomainError('rate-limited', 'Not at night.');
        super.admitCaller(caller, reply);
      }
    }
    @Injectable()
    class Told extends SecurityLog {
      override refused(...[request, status, problem]: Parameters<SecurityLog['refused']>): void {
        refused.push(`${status} ${problem.code}`);
        super.refused(request, status, problem);
      }
    }
    const replaces = [
      { provide: RateLimits, useClass: Limits },
      { provide: SecurityLog, useClass: Told },
    ];
    @PlinthModule({ ...declarationOf(WidgetModule), imports: [WidgetModule], replaces })
    class Own {}
    const test = await startGuarded('sqlite', { modules: [Own] });
    const as = async (...scopes: string[]) => test.admin.as(await test.keyFor(...scopes));
    problemOf(await (await as('resource:never')).get('/api/resource'), 429, 'rate-limited');
    problemOf(await (await as('resource:write')).get('/api/resource'), 403, 'forbidden');
    const reader = await as('resource:read');
    expect((await reader.get('/api/resource')).status).toBe(200);
    // Problems that have nothing to do with access are no refusals.
    problemOf(await reader.get('/api/resource/nobody'), 404, 'not-found');
    problemOf(await reader.get('/api/resource?limit=0'), 400, 'invalid-parameter');
    expect(refused).toEqual(['429 rate-limited', '403 forbidden']);
    expect((await test.admin.get('/metrics')).text).toContain('plinth_security_events_total{event="forbidden"} 1');
    await test.close();
  });
});

describe('a public route without authentication', () => {
  it('is for this machine and its own pages, as everything is', async () => {
    @Controller('own')
    class Own {
      @Post()
      @Public()
      post(@Body() { label }: Named): { label: string } {
        return { label };
      }
    }
    @Module({ controllers: [Own] })
    class OwnModule {}
    const test = await startApp('sqlite', { imports: [OwnModule] });
    const client = new Client(test.origin);
    const post = (headers: Record<string, string>) => client.post('/api/own', { label: 'x' }, headers);
    expect((await post({})).body).toEqual({ label: 'x' });
    problemOf(await post({ origin: 'https://evil.example' }), 403, 'cross-site-request');
    problemOf(await post({ host: 'evil.example' }), 421, 'misdirected-request');
    const { paths } = (await client.get('/openapi.json')).body as { paths: Record<string, { post: object }> };
    expect(paths['/api/own']!.post).toMatchObject({ security: [], requestBody: { required: true } });
    await test.close();
  });
});
