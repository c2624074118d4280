import { Body, Controller, Injectable, Logger, Param } from '@nestjs/common';
import {
  ActionEndpoint,
  Context,
  CreateOf,
  CreateEndpoint,
  CrudController,
  CrudEntity,
  CrudRepository,
  CrudService,
  Database,
  DomainError,
  Field,
  PlinthModule,
  Portable,
  systemContext,
  type CreateInput,
  type Representation,
  type RequestContext,
} from 'plinth';
import { Entity, type MigrationInterface, type QueryRunner } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';

@Entity('stamp')
class Stamp extends CrudEntity {
  @Field({ type: 'string', maxLength: 40, unique: true, writable: true })
  code!: string;
}

class CreateStamp1764000000008 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const code = { type: 'string', maxLength: 40 } as const;
    await new Portable(queryRunner).createResource('stamp', { code }, { uniques: ['code'] });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropResource('stamp');
  }
}

@Injectable()
class StampRepository extends CrudRepository<Stamp> {
  constructor(database: Database) {
    super(database, Stamp);
  }
}

let told: string[] = [];
let isReady: (id: string) => Promise<boolean>;
/** Whether the row was to be seen in the database when it was told of. */
const tell = (what: string, id: string) => async () => {
  const seen = await isReady(id);
  told.push(`${what} ${id}${seen ? '' : ', which is not there'}`);
};

/** Without a rule: its writes are grouped, and no transaction is under way where they are asked for. */
@Injectable()
class StampService extends CrudService<Stamp> {
  constructor(stamps: StampRepository) {
    super(stamps);
  }

  override async create(body: CreateInput<Stamp>, context: RequestContext): Promise<Representation<Stamp>> {
    if (body.code.includes('before')) context.afterCommit(tell('before', body.id!));
    const made = await super.create(body, context);
    if (!body.code.includes('before')) context.afterCommit(tell('made', made.id));
    if (body.code.includes('fails')) throw new DomainError('conflict', 'It failed afterwards.');
    return made;
  }

  async several(id: string, context: RequestContext): Promise<Representation<Stamp>> {
    return this.repository.atomically(async () => {
      const stamp = await this.edit(id, 'updated', (one) => ({ ...one, code: `${one.code}!` }), context);
      context.afterCommit(async () => {
        await sleep(30);
        told.push('first');
      });
      context.afterCommit(() => Promise.reject(new Error('secret')));
      context.afterCommit(() => {
        throw new Error('secret');
      });
      context.forOther().afterCommit(() => void told.push('second'));
      expect(told).toEqual([]);
      return this.represent(stamp, context);
    }, context);
  }
}

/** With a rule: each write has a transaction. */
@Injectable()
class RuledService extends StampService {
  constructor(stamps: StampRepository) {
    super(stamps);
  }

  protected override check(before: Stamp | null, after: Stamp | null, context: RequestContext): void {
    context.afterCommit(() => void told.push(`checked ${before?.code ?? '-'} ${after?.code ?? '-'}`));
    if (after?.code === 'refused') throw new DomainError('conflict', 'Refused.');
  }
}

/** The kernel's own create: with a key its row is held back, and stored with the answer. */
@Injectable()
class PlainService extends CrudService<Stamp> {
  constructor(stamps: StampRepository) {
    super(stamps);
  }
}

class CreateStampBody extends CreateOf(Stamp) {}

@Controller('stamp')
class StampController extends CrudController(Stamp) {
  constructor(private readonly stamps: StampService) {
    super(stamps);
  }

  /** The service's own: a controller may ask for work as well, before or after the write. */
  @CreateEndpoint(Stamp)
  override async create(@Body() body: CreateStampBody, @Context() context: RequestContext) {
    const made = await super.create(body, context);
    context.afterCommit(tell('controlled', made.id));
    return made;
  }

  @ActionEndpoint('several', Stamp)
  several(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<Stamp>> {
    return this.stamps.several(id, context);
  }
}

const parts = { resource: Stamp, migrations: [CreateStamp1764000000008], controllers: [StampController] };

@PlinthModule({ ...parts, providers: [StampService, StampRepository] })
class StampModule {}

@PlinthModule({ ...parts, providers: [{ provide: StampService, useClass: RuledService }, StampRepository] })
class RuledModule {}

@PlinthModule({ ...parts, providers: [{ provide: StampService, useClass: PlainService }, StampRepository] })
class PlainModule {}

/** All that was told by the time that so much was, and nothing more comes. */
const settled = async (expected = 0) => {
  for (const end = Date.now() + 5_000; told.length < expected && Date.now() < end;) await sleep(5);
  await sleep(60);
  const all = told;
  told = [];
  return all;
};
const expectTold = async (...expected: string[]) => expect(await settled(expected.length)).toEqual(expected);

describe.each(engines())('work after a commit, on %s', (engine) => {
  let test: TestApp;
  let client: Client;
  const begin = async (module: new () => object) => {
    test = await startApp(engine, { modules: [module] });
    client = new Client(test.origin);
    told = [];
    isReady = async (id) => (await test.database.query('SELECT 1 FROM `stamp` WHERE `id` = ?', [id])).length > 0;
  };
  const post = (id: string, code: string, more: Record<string, string> = {}, query = '') =>
    client.post(`/api/stamp${query}`, { id, code }, more);

  describe('where writes are grouped', () => {
    beforeAll(() => begin(StampModule));
    afterAll(() => test.close());

    it('is done once the row is there, whether it was asked for before or after the write', async () => {
      expect((await post('a', 'a')).status).toBe(201);
      await expectTold('made a', 'controlled a');
      expect((await post('b', 'before b')).status).toBe(201);
      await expectTold('before b', 'controlled b');
      const many = Array.from({ length: 20 }, (_, n) => post(`g${n}`, n % 2 ? `g${n}` : `before g${n}`));
      expect(new Set((await Promise.all(many)).map(({ status }) => status))).toEqual(new Set([201]));
      const all = await settled(40);
      expect(all).toHaveLength(40);
      expect(all.join()).not.toContain('not there');
    });

    it('is not done for what is refused, tried, or given again', async () => {
      problemOf(await post('c', 'a'), 409, 'already-exists');
      problemOf(await post('a', 'before c'), 409, 'already-exists');
      problemOf(await post('d', 'd fails'), 409, 'conflict');
      expect((await post('e', 'e', {}, '?dry_run=true')).status).toBe(201);
      expect((await post('e', 'before e', {}, '?dry_run=true')).status).toBe(201);
      await expectTold();
      for (const [id, code] of [
        ['k', 'k'],
        ['l', 'before l'],
      ] as const) {
        const key = { 'idempotency-key': `${engine}-${id}` };
        expect((await post(id, code, key)).status).toBe(201);
        await expectTold(`${code.includes('before') ? 'before' : 'made'} ${id}`, `controlled ${id}`);
        expect((await post(id, code, key)).headers['idempotency-replayed']).toBe('true');
      }
      await expectTold();
    });

    it('is done in its order; what fails is logged, and hurts neither the answer nor the others', async () => {
      const logged = import.meta.jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      await post('s', 's');
      await settled();
      expect((await client.post('/api/stamp/s:several')).status).toBe(200);
      await expectTold('first', 'second');
      expect(logged).toHaveBeenCalledTimes(2);
      for (const n of [1, 2])
        expect(logged).toHaveBeenNthCalledWith(n, expect.objectContaining({ err: new Error('secret') }));
      logged.mockRestore();
      expect((await client.post('/api/stamp/s:several?dry_run=true')).status).toBe(200);
      problemOf(
        await client.post('/api/stamp/s:several', undefined, { 'if-match': '"x"' }),
        412,
        'precondition-failed',
      );
      await expectTold();
    });

    it('is done for a batch when all of it is committed, and for those of its operations that are', async () => {
      const create = (id: string, code: string) => ({ op: 'create', body: { id, code } });
      const send = (atomic: boolean, ...operations: object[]) =>
        client.post('/api/stamp:batch', { atomic, operations });
      expect((await send(true, create('m', 'm'), create('n', 'before n'))).status).toBe(200);
      await expectTold('made m', 'before n');
      problemOf(await send(true, create('o', 'o'), create('p', 'm')), 409, 'already-exists');
      await expectTold();
      const each = await send(
        false,
        create('q', 'q'),
        create('r', 'before m fails'),
        create('s2', 's2'),
        create('t', 'q'),
      );
      expect((each.body as { data: { status: number }[] }).data.map(({ status }) => status)).toEqual([
        201, 409, 201, 409,
      ]);
      await expectTold('made q', 'made s2');
    });

    it('is done for work that nobody asks for', async () => {
      const service = test.app.get(StampService);
      const create = (id: string) => service.create({ id, code: id }, systemContext('job'));
      await create('u');
      await expectTold('made u');
      await test.database.transaction(async () => {
        await create('v');
        await sleep(20);
        expect(told).toEqual([]);
      });
      await expectTold('made v');
      const failed = test.database.transaction(async () => {
        await create('w');
        throw new Error('rolled back');
      });
      await expect(failed).rejects.toThrow('rolled back');
      await expectTold();
    });

    it('is asked for once of a transaction that is run again', async () => {
      let tries = 0;
      await test.database.transaction(async () => {
        systemContext('x').afterCommit(() => void told.push('once'));
        if (++tries === 1)
          throw Object.assign(
            new Error('deadlock'),
            engine === 'sqlite' ? { code: 'SQLITE_BUSY' } : { errno: 1213, code: 'ER_LOCK_DEADLOCK' },
          );
      });
      expect(tries).toBe(2);
      await expectTold('once');
    });
  });

  describe('where a controller asks for it', () => {
    beforeAll(() => begin(PlainModule));
    afterAll(() => test.close());

    it('is done once with a key, which would hold the write back, and not for a replay or a refusal', async () => {
      const key = { 'idempotency-key': `plain-${engine}` };
      expect((await post('a', 'a', key)).status).toBe(201);
      await expectTold('controlled a');
      expect((await post('a', 'a', key)).headers['idempotency-replayed']).toBe('true');
      problemOf(await post('b', 'a', { 'idempotency-key': `plain-b-${engine}` }), 409, 'already-exists');
      await expectTold();
    });
  });

  describe('where a rule asks for it', () => {
    beforeAll(() => begin(RuledModule));
    afterAll(() => test.close());

    it('is done once for each write that was committed', async () => {
      await post('a', 'one');
      expect((await client.patch('/api/stamp/a', { code: 'two' })).status).toBe(200);
      await client.put('/api/stamp/a', { code: 'three' });
      await client.delete('/api/stamp/a');
      await client.post('/api/stamp/a:restore');
      expect((await settled(6)).filter((one) => one.startsWith('checked'))).toEqual(
        ['- one', 'one two', 'two three', 'three -', '- three'].map((codes) => `checked ${codes}`),
      );
      problemOf(await client.patch('/api/stamp/a', { code: 'refused' }), 409, 'conflict');
      await client.patch('/api/stamp/a?dry_run=true', { code: 'x' });
      await expectTold();
    });
  });
});
