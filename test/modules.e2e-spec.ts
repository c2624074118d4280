import { Controller, Injectable, Param } from '@nestjs/common';
import {
  ActionEndpoint,
  Context,
  CrudController,
  CrudEntity,
  CrudRepository,
  CrudService,
  Database,
  DomainError,
  Field,
  Job,
  OnChange,
  PlinthModule,
  Portable,
  ReadEndpoint,
  Replacement,
  systemContext,
  type Change,
  type JobRun,
  type Representation,
  type RequestContext,
} from 'plinth';
import { setTimeout as sleep } from 'node:timers/promises';
import { Entity, type MigrationInterface, type QueryRunner } from 'typeorm';
import { ResourceModule } from '../src/modules/resource/resource.module.js';
import { ResourceService } from '../src/modules/resource/resource.service.js';
import * as publicEntry from '../src/plinth.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

@Entity('parcel')
class Parcel extends CrudEntity {
  @Field({ type: 'string', maxLength: 40, writable: true })
  label!: string;

  @Field({ type: 'integer', minimum: 0, writable: true })
  weight!: number;

  /** Only the verb writes it. */
  @Field({ type: 'integer', default: 0 })
  halvings!: number;
}

class CreateParcel1764000000007 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const fields = {
      label: { type: 'string', maxLength: 40 },
      weight: { type: 'integer' },
      halvings: { type: 'integer', default: 0 },
    } as const;
    await new Portable(queryRunner).createResource('parcel', fields);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropResource('parcel');
  }
}

@Injectable()
class ParcelRepository extends CrudRepository<Parcel> {
  constructor(database: Database) {
    super(database, Parcel);
  }
}

const seen: string[] = [];

@Injectable()
class ParcelService extends CrudService<Parcel> {
  constructor(
    parcels: ParcelRepository,
    private readonly database: Database,
    private readonly resources: ResourceService,
  ) {
    super(parcels);
  }

  /** Writes a resource of another module, with a context of its own. */
  async rename(id: string, context: RequestContext): Promise<Representation<Parcel>> {
    const { label } = this.live(await this.repository.find(id, context));
    const named = (row: Parcel) => ({ ...row, label: `${label}!` });
    return this.repository.atomically(async () => {
      await this.resources.create({ id: `of-${id}`, name: label }, context.forOther());
      return this.represent(await this.edit(id, 'updated', named, context), context);
    });
  }

  async halve(id: string, context: RequestContext): Promise<Representation<Parcel>> {
    const halved = (row: Parcel) => ({ ...row, weight: row.weight / 2, halvings: row.halvings + 1 });
    return this.represent(await this.edit(id, 'updated', halved, context), context);
  }

  /** All parcels together weigh 100 at most, and none gains weight. */
  protected override async check(before: Parcel | null, after: Parcel | null): Promise<void> {
    seen.push(`${before?.weight ?? '-'} ${after?.weight ?? '-'}`);
    if (!after) return;
    if (before && after.weight > before.weight) throw new DomainError('conflict', 'A parcel does not gain weight.');
    const sql = 'SELECT COALESCE(SUM(`weight`), 0) AS `sum` FROM `parcel` WHERE `deleted_at` IS NULL AND `id` <> ?';
    const [row] = await this.database.query<{ sum: number | string }>(sql, [after.id]);
    if (Number(row!.sum) + after.weight > 100) throw new DomainError('conflict', 'All parcels weigh 100 at most.');
  }
}

@Controller('parcel')
class ParcelController extends CrudController(Parcel, { without: ['replace'] }) {
  constructor(private readonly parcels: ParcelService) {
    super(parcels);
  }

  @ReadEndpoint(Parcel)
  override async get(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Parcel>> {
    return super.get(id === 'heaviest' ? 'p1' : id, context);
  }

  @ActionEndpoint('rename', Parcel)
  rename(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Parcel>> {
    return this.parcels.rename(id, context);
  }

  @ActionEndpoint('halve', Parcel)
  halve(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Parcel>> {
    return this.parcels.halve(id, context);
  }
}

const parts = { resource: Parcel, migrations: [CreateParcel1764000000007], imports: [ResourceModule] };

@PlinthModule({ ...parts, controllers: [ParcelController], providers: [ParcelService, ParcelRepository] })
class ParcelModule {}

describe.each(engines())('a module that differs, on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  beforeAll(async () => {
    test = await startApp(engine, { modules: [ParcelModule] });
    client = new Client(test.origin);
  });
  beforeEach(async () => {
    await test.database.execute('DELETE FROM `parcel`');
    await test.database.execute('DELETE FROM `resource`');
    seen.length = 0;
  });
  afterAll(() => test.close());

  const weights = async () => {
    const { body } = await client.get('/api/parcel?fields=weight&sort=id');
    return (body as { data: { weight: number }[] }).data.map(({ weight }) => weight);
  };

  it('has a rule that every write goes through, inside of its transaction', async () => {
    const post = (id: string, weight: number) => client.post('/api/parcel', { id, label: id, weight });
    expect((await post('p1', 60)).status).toBe(201);
    problemOf(await post('p2', 41), 409, 'conflict');
    expect((await post('p2', 40)).status).toBe(201);
    problemOf(await client.patch('/api/parcel/p1', { weight: 61 }), 409, 'conflict');
    expect((await client.patch('/api/parcel/p1', { weight: 50 })).status).toBe(200);
    expect((await client.post('/api/parcel/p1:halve')).body).toMatchObject({ data: { weight: 25, halvings: 1 } });
    const batch = (atomic: boolean, ...operations: object[]) =>
      client.post('/api/parcel:batch', { atomic, operations });
    const grow = { op: 'update', id: 'p1', body: { weight: 26 } };
    const make = { op: 'create', body: { id: 'p3', label: 'p3', weight: 5 } };
    problemOf(await batch(true, make, grow), 409, 'conflict');
    expect(await weights()).toEqual([25, 40]);
    const each = (await batch(false, make, grow)).body as { data: { status: number }[] };
    expect(each.data.map(({ status }) => status)).toEqual([201, 409]);
    expect((await client.delete('/api/parcel/p2')).status).toBe(204);
    expect((await post('p4', 70)).status).toBe(201);
    problemOf(await client.post('/api/parcel/p2:restore'), 409, 'conflict');
    expect(seen.slice(-3)).toEqual(['40 -', '- 70', '- 40']);
    expect(await weights()).toEqual([25, 5, 70]);
  });

  it('keeps the rule among writes that come at the same time, and in a dry run and with a key', async () => {
    const posts = Array.from({ length: 12 }, (_, n) =>
      client.post(
        '/api/parcel',
        { id: `c${n}`, label: 'c', weight: 1 },
        { 'idempotency-key': `parcel-${engine}-${n}` },
      ),
    );
    expect(new Set((await Promise.all(posts)).map(({ status }) => status))).toEqual(new Set([201]));
    problemOf(await client.post('/api/parcel?dry_run=true', { label: 'd', weight: 89 }), 409, 'conflict');
    expect((await client.post('/api/parcel?dry_run=true', { label: 'd', weight: 88 })).status).toBe(201);
    expect(await weights()).toHaveLength(12);
  });

  it('writes in another module with a context of its own, in the same transaction', async () => {
    const { headers } = await client.post('/api/parcel', { id: 'p1', label: 'one', weight: 1 });
    const rename = (path: string, etag: string) =>
      client.post(`/api/parcel/p1:rename${path}`, undefined, { 'if-match': etag });
    problemOf(await rename('', '"other"'), 412, 'precondition-failed');
    problemOf(await client.get('/api/resource/of-p1'), 404, 'not-found');
    expect((await rename('?dry_run=true&fields=label', headers.etag!)).status).toBe(200);
    problemOf(await client.get('/api/resource/of-p1'), 404, 'not-found');
    const { status, body } = await rename('?fields=label', headers.etag!);
    expect({ status, body }).toEqual({ status: 200, body: { data: { id: 'p1', label: 'one!' }, status: 'success' } });
    expect((await client.get('/api/resource/of-p1')).body).toMatchObject({ data: { name: 'one' } });
  });

  it('acts for nobody who asks, by name', async () => {
    const parcels = test.app.get(ParcelService);
    const { id } = await parcels.create({ label: 'made', weight: 1, halvings: 0 }, systemContext('night-job'));
    const { body } = await client.get(`/api/parcel/${id}:history`);
    expect(body).toMatchObject({ data: [{ op: 'created', actor: 'system:night-job' }] });
  });

  it('goes without an operation: no route, nothing in the reference, none in a batch', async () => {
    const put = await client.put('/api/parcel/p1', { label: 'x', weight: 1 });
    problemOf(put, 405, 'method-not-allowed');
    expect(put.headers.allow).not.toContain('PUT');
    const { paths } = (await client.get('/openapi.json')).body as { paths: Record<string, object> };
    expect(Object.keys(paths['/api/parcel/{id}']!).sort()).toEqual(['delete', 'get', 'patch']);
    const operations = [{ op: 'replace', id: 'p1', body: { label: 'x', weight: 1 } }];
    const { errors } = problemOf(await client.post('/api/parcel:batch', { operations }), 422, 'validation-failed');
    expect(errors).toEqual([
      expect.objectContaining({
        pointer: '#/operations/0/op',
        detail: expect.stringContaining('create, update, delete'),
      }),
    ]);
  });

  it('overrides a handler, and calls the inherited one', async () => {
    await client.post('/api/parcel', { id: 'p1', label: 'one', weight: 1 });
    expect((await client.get('/api/parcel/heaviest')).body).toMatchObject({ data: { id: 'p1' } });
  });
});

// #region consumer
@Injectable()
class ParcelMailer {
  constructor(private readonly resources: ResourceService) {}

  @OnChange(Parcel, { name: 'mailer' })
  async tell({ op, after, changeId }: Change<Parcel>, context: RequestContext): Promise<void> {
    if (op !== 'created') return;
    await this.resources.replace(changeId, new Replacement({ name: `Sent: ${after.label}` }), context);
  }
}
// #endregion

@Injectable()
class ParcelReminder {
  constructor(private readonly resources: ResourceService) {}

  // #region job
  // Or at a time of day: { name: 'overdue', cron: '0 3 * * *', timeZone: 'Europe/Berlin' }
  @Job({ name: 'overdue', every: '1s' })
  async remind({ dueAt }: JobRun, context: RequestContext): Promise<void> {
    await this.resources.create({ name: `Overdue at ${dueAt}` }, context);
  }
  // #endregion
}

@PlinthModule({
  ...parts,
  controllers: [ParcelController],
  providers: [ParcelService, ParcelRepository, ParcelMailer, ParcelReminder],
})
class ParcelPostModule {}

describe.each(engines())('a module that works in the background, on %s', (engine) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(engine, { modules: [ParcelPostModule] });
  });
  afterAll(() => test.close());

  it('consumes changes, and has a job', async () => {
    const client = new Client(test.origin);
    const get = async <T>(path: string) => ((await client.get(path)).body as { data: T }).data;
    const until = async (what: () => Promise<unknown>) => {
      for (const end = Date.now() + 10_000; !(await what()); await sleep(20))
        if (Date.now() > end) throw new Error(`It did not become so: ${String(what)}`);
    };
    const state = () => get<{ consumers: { lag_changes: number }[]; jobs: object[] }>('/api/background');
    await until(async () => (await state()).consumers.length === 1);
    expect((await client.post('/api/parcel', { id: 'p1', label: 'one', weight: 1 })).status).toBe(201);
    const made = () =>
      get<{ op: string; actor: string; after: { name: string } }[]>("/api/changes?filter=module eq 'resource'");
    const by = async (actor: string) => (await made()).find((change) => change.actor === actor);
    await until(() => by('system:consumer:mailer'));
    expect(await by('system:consumer:mailer')).toMatchObject({ op: 'created', after: { name: 'Sent: one' } });
    await until(() => by('system:job:overdue'));
    await until(async () => (await state()).consumers[0]!.lag_changes === 0);
    expect((await state()).jobs).toMatchObject([{ name: 'overdue', schedule: 'every 1s', failures: 0 }]);
  });
});

describe('a module that can not work', () => {
  it('overrides a handler without its decorator: the start names it, for Nest would drop the route', async () => {
    @Controller('parcel')
    class Careless extends ParcelController {
      override get(id: string, context: RequestContext): Promise<Representation<Parcel>> {
        return super.get(id, context);
      }
    }
    @PlinthModule({ ...parts, controllers: [Careless], providers: [ParcelService, ParcelRepository] })
    class CarelessModule {}
    await expect(startApp('sqlite', { modules: [CarelessModule] })).rejects.toThrow(
      /^Careless\.get\(\) overrides an inherited handler: put @ReadEndpoint\(\) on it/,
    );
  });

  it('refers to a resource that the application does not have', async () => {
    class Nowhere extends CrudEntity {}
    @Entity('parcel')
    class Lost extends CrudEntity {
      @Field({ type: 'reference', to: () => Nowhere, writable: true })
      nowhere_id!: string;
    }
    @Injectable()
    class LostRepository extends CrudRepository<Lost> {
      constructor(database: Database) {
        super(database, Lost);
      }
    }
    @PlinthModule({ resource: Lost, migrations: [], providers: [LostRepository] })
    class LostModule {}
    await expect(startApp('sqlite', { modules: [LostModule] })).rejects.toThrow(/Lost\.nowhere_id refers to Nowhere/);
  });

  it('has no @PlinthModule', async () => {
    class PlainModule {}
    await expect(startApp('sqlite', { modules: [PlainModule] })).rejects.toThrow(/PlainModule needs @PlinthModule/);
  });
});

const PUBLIC = [
  'ActionEndpoint',
  'Answer',
  'Caller',
  'Context',
  'CreateEndpoint',
  'CreateOf',
  'CrudController',
  'CrudEntity',
  'CrudRepository',
  'CrudService',
  'Database',
  'DomainError',
  'EVERY_ROW',
  'Export',
  'Field',
  'Job',
  'ListEndpoint',
  'MarkdownDocument',
  'MergePatch',
  'MetricRegistry',
  'ModuleRegistry',
  'MultiStatus',
  'NO_ROW',
  'OnChange',
  'Page',
  'Parameters',
  'PlinthModule',
  'Portable',
  'Public',
  'RateLimits',
  'ReadEndpoint',
  'ReadinessChecks',
  'RemoveEndpoint',
  'ReplaceEndpoint',
  'Replacement',
  'Representation',
  'RestoreEndpoint',
  'Scope',
  'SecurityLog',
  'Settings',
  'Subject',
  'TokenVerifier',
  'UpdateEndpoint',
  'UpdateOf',
  'anyRule',
  'everyRule',
  'markdownShape',
  'markdownWord',
  'plinth',
  'rowWhere',
  'setting',
  'systemContext',
];

describe('the public entry', () => {
  it('has these names, and no other: what is in it is kept', () => {
    expect(Object.keys(publicEntry).sort()).toEqual(PUBLIC);
  });
});
