import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Entity, Index, type DataSource, type MigrationInterface } from 'typeorm';
import { loadConfig } from '../src/config/config.js';
import { CrudEntity, type EntityClass } from '../src/rows/crud.entity.js';
import { RowCodec } from '../src/rows/row.codec.js';
import { openDataSource } from '../src/database/data-source.js';
import type { DecisionOptions } from '../src/database/generate/decisions.js';
import { generate } from '../src/database/generate/generate.js';
import { writeMigrations } from '../src/database/generate/write.js';
import { Migrator } from '../src/database/migrator.js';
import { schemaDrift } from '../src/database/schema/schema-drift.js';
import { Field } from '../src/fields/field.decorator.js';
import type { FieldOptions } from '../src/fields/field.js';
import { engines, freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { runBuilt } from './support/process.js';

type Migration = new () => MigrationInterface;
type Fields = Record<string, FieldOptions>;

const MODULE = `import { PlinthModule } from 'plinth';
import { Loan } from './loan.entity.js';

@PlinthModule({ resource: Loan, controllers: [], migrations: [] })
export class LoanModule {}
`;

/** A version of the resource `loan`. */
function loan(fields: Fields, index?: string[]): EntityClass {
  class Loan extends CrudEntity {}
  for (const [name, options] of Object.entries(fields)) Field(options)(Loan.prototype, name);
  if (index) Index(index)(Loan);
  Entity('loan')(Loan);
  return Loan;
}

/** A module as it grows: each version has the migrations of those before. */
class Growth {
  /** Beside this file: Jest compiles what is imported from there. */
  readonly folder = mkdtempSync(join(import.meta.dirname, 'generated-'));
  readonly migrations: Migration[] = [];
  private version = 0;

  constructor() {
    mkdirSync(join(this.folder, 'loan'));
    writeFileSync(join(this.folder, 'loan/loan.module.ts'), MODULE);
  }

  /** @returns the text of what was written */
  async to(resource: EntityClass, decisions: DecisionOptions = {}): Promise<string> {
    const generated = await generate({ entities: [resource], migrations: this.migrations }, [resource], decisions);
    if (generated.plans.length === 0) return '';
    const name = `version-${'abc'[this.version++]}`;
    await writeMigrations(generated, name, this.folder);
    const file = join(this.folder, `loan/${name}.migration.ts`);
    this.migrations.push(...Object.values((await import(file)) as Record<string, Migration>));
    return readFileSync(file, 'utf8');
  }

  get moduleText(): string {
    return readFileSync(join(this.folder, 'loan/loan.module.ts'), 'utf8');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

const CODE = { type: 'string', maxLength: 40, unique: true, filterable: true, writable: true } as const;
const NOTE = { type: 'string', maxLength: 20, nullable: true, sortable: true, writable: true } as const;
const PRICE = { type: 'decimal', precision: 9, scale: 2, nullable: true, writable: true } as const;
const COUNT = { type: 'integer', nullable: true, writable: true } as const;
const FIRST = { code: CODE, note: NOTE, price: PRICE, count: COUNT };
const WIDE = { minimum: -(2 ** 53) + 1, maximum: 2 ** 53 - 1 };

let growth: Growth;
beforeEach(() => void (growth = new Growth()));
afterEach(() => growth.remove());

describe.each(engines())('a generated migration on %s', (engine) => {
  let fresh: TestDatabase;
  const open: DataSource[] = [];
  beforeEach(async () => void (fresh = await freshDatabase(engine)));
  afterEach(async () => {
    for (const dataSource of open.splice(0)) await dataSource.destroy();
    await fresh.drop();
  });

  /** The database as the service of that version finds it, its migrations run. */
  const migrated = async (resource: EntityClass, run = true): Promise<DataSource> => {
    const config = loadConfig({ DATABASE_URL: fresh.url }).database;
    const dataSource = await openDataSource(config, { entities: [resource], migrations: growth.migrations });
    open.push(dataSource);
    if (run) await new Migrator(dataSource).run();
    return dataSource;
  };
  const insert = (dataSource: DataSource, row: object) =>
    dataSource.query(
      `INSERT INTO \`loan\` (${Object.keys(row)
        .map((name) => `\`${name}\``)
        .join(', ')}) VALUES (${Object.keys(row).fill('?').join(', ')})`,
      Object.values(row),
    );
  const rows = async (dataSource: DataSource): Promise<object[]> => {
    const codec = new RowCodec(dataSource.entityMetadatas[0]!);
    const names = codec.columns.map((name) => codec.select(name)).join(', ');
    const found = await dataSource.query<never[]>(`SELECT ${names} FROM \`loan\` ORDER BY \`id\``);
    return found.map((row) => codec.decode(row));
  };
  const isWithoutRowid = async (dataSource: DataSource) =>
    (await dataSource.createQueryRunner().getTable('loan'))!.withoutRowid;

  it('makes the table of a new module, and takes it away', async () => {
    const Loan = loan(FIRST, ['count', 'code']);
    const text = await growth.to(Loan);
    expect(text).not.toMatch(/query\(|CREATE|varchar/);
    const dataSource = await migrated(Loan);
    expect(await schemaDrift(dataSource)).toEqual([]);
    expect(await isWithoutRowid(dataSource)).toBe(engine === 'sqlite');
    await insert(dataSource, { id: 'a', code: 'A' });
    await expect(insert(dataSource, { id: 'b', code: 'A' })).rejects.toThrow(/UNIQUE|Duplicate/);
    // As exactly as declared: no two spellings are one.
    await insert(dataSource, { id: 'b', code: 'a' });
    expect(await new Migrator(dataSource).revert()).toMatch(/^VersionA\d{13}$/);
    expect(await dataSource.createQueryRunner().hasTable('loan')).toBe(false);
  });

  it('adds a field of every type to rows that are there, with its default', async () => {
    const First = loan({ code: CODE });
    await growth.to(First);
    await insert(await migrated(First), { id: 'a', code: 'A' });
    const defaults: Fields = {
      text: { type: 'string', maxLength: 30, default: 'it\'s \\ "so"' },
      tint: { type: 'enum', words: ['red', 'green'], default: 'red', filterable: true },
      essay: { type: 'text', default: 'none\\' },
      flag: { type: 'boolean', default: true },
      small: { type: 'integer', default: -5 },
      wide: { type: 'integer', ...WIDE, default: 2 ** 40 },
      huge: { type: 'bigint', default: '9007199254740993' },
      price: { type: 'decimal', precision: 12, scale: 2, default: '12.5' },
      ratio: { type: 'number', default: 0.1 },
      day: { type: 'date', default: '2026-11-28' },
      moment: { type: 'timestamp', default: '2026-11-28T01:02:03.004Z', sortable: true },
      shape: { type: 'json', default: { a: ["it's", 'b\\'] } },
      tags: { type: 'list', items: { type: 'string' }, default: [] },
      owner: { type: 'reference', to: () => First, nullable: true, filterable: true },
    };
    const Second = loan({ code: CODE, ...defaults });
    await growth.to(Second);
    const dataSource = await migrated(Second);
    expect(await schemaDrift(dataSource)).toEqual([]);
    const expected = Object.fromEntries(
      Object.entries(defaults).map(([name, options]) => [name, options.default ?? null]),
    );
    const [row] = await rows(dataSource);
    expect(row).toMatchObject({ code: 'A', ...expected, price: '12.50' });
    // The version before does not know the fields, and goes on making rows.
    await insert(dataSource, { id: 'b', code: 'B' });
    expect((await rows(dataSource))[1]).toMatchObject({ code: 'B', ...expected, price: '12.50' });
    // As after an interruption, where the engine has kept what was done.
    const runner = dataSource.createQueryRunner();
    await dataSource.migrations[1]!.up(runner);
    await new Migrator(dataSource).revert();
    expect(await schemaDrift(await migrated(First, false))).toEqual([]);
    // A change that it takes back wholly can be done again.
    await dataSource.migrations[1]!.down(runner);
  });

  it('widens, renames, drops and keeps fields, and loses nothing of what stays; the way back as well', async () => {
    const First = loan({ ...FIRST, old: { type: 'string', maxLength: 9 }, gone: { type: 'integer', sortable: true } });
    await growth.to(First);
    const dataSource = await migrated(First);
    const row = { code: 'A', note: 'n', price: engine === 'sqlite' ? 1250 : '12.50', count: 7, old: 'old', gone: 1 };
    for (const id of ['a', 'b']) await insert(dataSource, { id, ...row, code: id });
    const Second = loan({
      key: { ...CODE, maxLength: 60 },
      note: { type: 'text', nullable: true, writable: true },
      price: { ...PRICE, precision: 12 },
      count: { ...COUNT, ...WIDE, sortable: true },
      fresh: { type: 'boolean', default: false },
    });
    const text = await growth.to(Second, { rename: ['loan.code=key'], drop: ['loan.gone'], keep: ['loan.old'] });
    expect(text).toContain('Drops loan.gone with all its values');
    const after = await migrated(Second);
    expect(await schemaDrift(after)).toEqual([]);
    expect(await isWithoutRowid(after)).toBe(engine === 'sqlite');
    const kept = { note: 'n', price: '12.50', count: 7, fresh: false };
    expect(await rows(after)).toMatchObject([
      { id: 'a', key: 'a', ...kept },
      { id: 'b', key: 'b', ...kept },
    ]);
    // The kept column is in nobody's way, and the constraint has followed its field.
    await insert(after, { id: 'c', key: 'C', count: 2 ** 40, note: 'x'.repeat(1_000) });
    await expect(insert(after, { id: 'd', key: 'C' })).rejects.toThrow(/UNIQUE|Duplicate/);
    expect((await after.query<object[]>('SELECT `old` FROM `loan` ORDER BY `id`'))[0]).toEqual({ old: 'old' });
    // Values that have come since have no room on the way back, and nothing is cut to make it fit.
    await expect(new Migrator(after).revert()).rejects.toThrow(/loan\.(count|note|old) has values that do not fit/);
    expect((await rows(after))[2]).toMatchObject({ count: 2 ** 40, note: 'x'.repeat(1_000) });
    await after.query("DELETE FROM `loan` WHERE `id` = 'c'");
    await new Migrator(after).revert();
    const back = await migrated(First, false);
    // The values of `gone` are lost, so it can't demand any.
    const lines = await schemaDrift(back);
    expect(lines.filter((line) => !line.startsWith('loan.gone is int null'))).toEqual([]);
    expect(await rows(back)).toMatchObject([{ code: 'a', old: 'old', price: '12.50' }, { code: 'b' }]);
  });

  it('narrows where that is said, and stops at rows that do not fit', async () => {
    const First = loan(FIRST);
    await growth.to(First);
    const dataSource = await migrated(First);
    await insert(dataSource, {
      id: 'a',
      code: '☃'.repeat(10),
      price: engine === 'sqlite' ? 999_999_999 : '9999999.99',
    });
    const Second = loan({
      code: { ...CODE, maxLength: 10 },
      note: { ...NOTE, nullable: false, default: 'none' },
      price: { ...PRICE, precision: 8 },
      count: { ...COUNT, unique: true },
    });
    const narrow = ['loan.code', 'loan.note', 'loan.price', 'loan.count'];
    await growth.to(Second, { narrow });
    const after = await migrated(Second, false);
    await expect(new Migrator(after).run()).rejects.toThrow('loan.price has values that do not fit decimal(8,2)');
    expect(await rows(dataSource)).toMatchObject([{ code: '☃'.repeat(10), price: '9999999.99' }]);
    await after.query('UPDATE `loan` SET `price` = 1');
    await new Migrator(after).run();
    expect(await schemaDrift(after)).toEqual([]);
    expect(await rows(after)).toMatchObject([{ code: '☃'.repeat(10), note: 'none' }]);
    await expect(insert(after, { id: 'b', code: 'b', note: null })).rejects.toThrow(/null/i);
  });

  it('can be taken back by a build that knows it only, and one after the other', async () => {
    const First = loan({ code: CODE });
    const Second = loan({ code: CODE, note: NOTE });
    await growth.to(First);
    const before = await migrated(First);
    await growth.to(Second);
    const after = await migrated(Second);
    const [first, second] = growth.migrations.map(({ name }) => name);
    await expect(new Migrator(before).revert()).rejects.toThrow(`${second} ran last, and this build does not know it`);
    expect(await new Migrator(after).revert()).toBe(second);
    expect(await new Migrator(after).executed()).toEqual([first]);
    expect(await new Migrator(before).revert()).toBe(first);
    expect(await new Migrator(before).revert()).toBeUndefined();
    expect(await new Migrator(after).run()).toEqual([first, second]);
  });
});

describe('migrate:generate', () => {
  it('writes one file, in the folder of its module, and lists it there', async () => {
    const text = await growth.to(loan(FIRST));
    expect(text.replaceAll(/\d{13}/g, 'TIME')).toBe(`import { Portable } from 'plinth';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generated from the declaration of \`loan\`. */
export class VersionATIME implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    await portable.createResource(
      'loan',
      {
        code: { type: 'string', maxLength: 40 },
        note: { type: 'string', maxLength: 20, nullable: true },
        price: { type: 'decimal', precision: 9, scale: 2, nullable: true },
        count: { type: 'integer', nullable: true },
      },
      { indexes: ['note'], uniques: ['code'] },
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const portable = new Portable(queryRunner);
    await portable.dropResource('loan');
  }
}
`);
    const [name] = growth.migrations.map((migration) => migration.name);
    expect(growth.moduleText).toBe(
      MODULE.replace('migrations: []', `migrations: [${name}]`).replace(
        "entity.js';\n",
        `entity.js';\nimport { ${name} } from './version-a.migration.js';\n`,
      ),
    );
    expect(await growth.to(loan(FIRST))).toBe('');
    await growth.to(loan({ ...FIRST, more: NOTE }));
    expect(growth.moduleText).toContain(
      `migrations: [${growth.migrations.map((migration) => migration.name).join(', ')}]`,
    );
  });

  it('says what to add to a module that is not written as expected, and touches nothing of it', async () => {
    const file = join(growth.folder, 'loan/loan.module.ts');
    for (const text of [
      '// nothing',
      MODULE.replace('migrations: []', 'migrations: [...others]'),
      `${MODULE}\nconst x = { migrations: [] };`,
    ]) {
      writeFileSync(file, text);
      const Loan = loan(FIRST);
      const plans = await generate({ entities: [Loan], migrations: [] }, [Loan], {});
      const lines = await writeMigrations(plans, 'by-hand', growth.folder);
      expect(lines.at(-1)).toMatch(/^Add ByHand\d{13} to the migrations of .*loan\.module\.ts\.$/);
      expect(readFileSync(file, 'utf8')).toBe(text);
      await expect(writeMigrations(plans, 'by-hand', growth.folder)).rejects.toThrow('is there already');
      rmSync(join(growth.folder, 'loan/by-hand.migration.ts'));
    }
  });

  it.each<[why: string, then: Fields, decisions: DecisionOptions, refusal: RegExp]>([
    [
      'a rename, for all it knows',
      { ...FIRST, note: undefined!, remark: NOTE },
      {},
      /loan\.note is gone, and loan\.remark is new: say --rename loan\.note=remark, --drop loan\.note .* lost.*--keep loan\.note/,
    ],
    [
      'a field that is gone',
      { code: CODE, note: NOTE, price: PRICE },
      {},
      /loan\.count is gone: say --drop loan\.count \(all its values are lost\)/,
    ],
    [
      'a rename to no new field',
      { ...FIRST, note: undefined!, remark: NOTE },
      { rename: ['loan.note=nothing'] },
      /loan\.nothing is no new field/,
    ],
    [
      'a decision about nothing',
      { ...FIRST, more: NOTE },
      { drop: ['loan.mote'] },
      /--drop loan\.mote is about nothing/,
    ],
    [
      'a field that rows have no value for',
      { ...FIRST, more: { type: 'string' } },
      {},
      /loan\.more must have a value, .*default, or make it nullable/,
    ],
    [
      'one default in a unique field',
      { ...FIRST, more: { type: 'string', unique: true, default: 'x' } },
      {},
      /loan\.more is unique, and all rows/,
    ],
    [
      'less room',
      { ...FIRST, code: { ...CODE, maxLength: 39 } },
      {},
      /loan\.code is varchar\(40\), and is declared varchar\(39\), .*--narrow loan\.code/,
    ],
    [
      'a smaller range',
      { ...FIRST, price: { ...PRICE, precision: 8 } },
      {},
      /decimal\(9,2\), and is declared decimal\(8,2\), .*--narrow loan\.price/,
    ],
    [
      'null no more',
      { ...FIRST, note: { ...NOTE, nullable: false } },
      {},
      /loan\.note is .* null, and is declared .* not null.*--narrow/,
    ],
    [
      'unique from now on',
      { ...FIRST, count: { ...COUNT, unique: true } },
      {},
      /loan\.count becomes unique.*--narrow loan\.count/,
    ],
    [
      'another type',
      { ...FIRST, price: { type: 'string', nullable: true } },
      {},
      /loan\.price is decimal\(9,2\), and is declared varchar\(255\): no values are converted/,
    ],
    [
      'another scale',
      { ...FIRST, price: { ...PRICE, precision: 10, scale: 3 } },
      { narrow: ['loan.price'] },
      /no values are converted/,
    ],
  ])('refuses %s, and writes nothing', async (_why, then, decisions, refusal) => {
    await growth.to(loan(FIRST));
    const fields = Object.fromEntries(Object.entries(then).filter(([, options]) => options !== undefined));
    const before = readdirSync(join(growth.folder, 'loan'));
    const refused = growth.to(loan(fields), decisions);
    await expect(refused).rejects.toMatchObject({ exitCode: 65, message: expect.stringMatching(refusal) });
    expect(readdirSync(join(growth.folder, 'loan'))).toEqual(before);
  });

  it('is a command that knows its arguments', async () => {
    const CLI = 'generate-migration.cli.js';
    const nothing = await runBuilt(CLI, {}, ['add-name']).ended;
    expect(nothing).toMatchObject({ code: 0, output: expect.stringContaining('nothing to generate') });
    const wrong = await runBuilt(CLI, {}, ['Add_Name']).ended;
    expect(wrong).toMatchObject({ code: 64, output: expect.stringContaining('A NAME is lower-case letters') });
    const lost = await runBuilt(CLI, {}, ['add-name', '--drop', 'resource.nothing']).ended;
    expect(lost).toMatchObject({
      code: 65,
      output: expect.stringContaining('--drop resource.nothing is about nothing'),
    });
  });
});
