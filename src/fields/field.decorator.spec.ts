import { IsEmail, Matches } from 'class-validator';
import { BodyRules } from './body-rules.js';
import { CreateOf, derivedRules, UpdateOf } from './bodies.js';
import { fieldsOf } from './declared-fields.js';
import { Field, fieldOf } from './field.decorator.js';
import type { FieldOptions } from './field.js';

describe('a declaration that can not work', () => {
  it.each<[options: FieldOptions, why: RegExp]>([
    [{ type: 'money' as never }, /no type "money"; there are string, text, /],
    [{ type: 'decimal' }, /needs a precision of 1 to 18 digits: \{ type: 'decimal', precision: 12, scale: 2 \}/],
    [{ type: 'decimal', precision: 19, scale: 2 }, /precision of 1 to 18/],
    [{ type: 'decimal', precision: 4, scale: 5 }, /scale of 0 to its precision/],
    [{ type: 'json', sortable: true }, /can't be sorted by: a json has no order/],
    [{ type: 'text', sortable: true }, /can't be sorted/],
    [{ type: 'string', filterable: ['casei'] }, /casei alone/],
    [{ type: 'json', filterable: true }, /can't be filtered by/],
    [{ type: 'boolean', filterable: ['gt'] }, /can't be filtered by gt: a boolean has eq, ne, in/],
    [{ type: 'json', schema: { type: 'nonsense' } }, /JSON Schema that can't be compiled/],
    [{ type: 'enum' }, /needs its words: \{ type: 'enum', words: \['red', 'green'\] \}/],
    [{ type: 'enum', words: ['a', 'a'] }, /a word twice/],
    [{ type: 'list' }, /needs the type of its items/],
    [{ type: 'list', items: { type: 'json' as never } }, /can't be a list of json/],
    [{ type: 'list', items: { type: 'enum' } }, /needs its words/],
    [{ type: 'reference' }, /needs the resource that it refers to: \{ to: \(\) => Customer \}/],
    [{ type: 'integer', minimum: 0.5 }, /whole limits/],
    [{ type: 'integer', minimum: 5, maximum: 4 }, /minimum above its maximum/],
    [{ type: 'integer', maximum: 2 ** 60 }, /type 'bigint' holds more/],
    [{ type: 'bigint', minimum: 'few' }, /whole numbers/],
    [{ type: 'string', maxLength: 20_000 }, /type 'text' holds more/],
    [{ type: 'string', maxLength: 1_000, sortable: true }, /up to a maxLength of 700/],
    [{ type: 'string', minLength: 9, maxLength: 8 }, /minLength above its maxLength/],
    [{ type: 'string', default: 7 }, /default that its own rules refuse: it must be a string/],
    [{ type: 'enum', words: ['red'], default: 'blue' }, /default that its own rules refuse: it must be one of "red"/],
    [{ type: 'decimal', precision: 5, scale: 2, default: '1.005' }, /default that its own rules refuse/],
    [{ type: 'date', default: '2026-02-30' }, /default that its own rules refuse/],
    [{ type: 'string', default: null }, /null as default: make it nullable/],
    [{ type: 'string', readable: false }, /neither read nor written/],
    [{ type: 'string', readable: false, writable: true, filterable: ['eq'] }, /never read/],
    [{ type: 'string', derived: { from: ['a'], value: () => '' }, writable: true }, /is derived/],
    [{ type: 'string', erase: 'null', nullable: true }, /not personal: add personal: true/],
    [{ type: 'string', personal: true, erase: 'null' }, /can't be erased by null: make it nullable/],
    [{ type: 'date', personal: true }, /pseudonym, which is for texts without a pattern: make it nullable/],
    [{ type: 'date', personal: true, nullable: true, erase: 'pseudonym' }, /write erase: 'null'/],
    [{ type: 'string', personal: true, pattern: /x/ }, /for texts without a pattern/],
    [{ type: 'string', personal: true, maxLength: 28 }, /has 29 characters/],
    [{ type: 'string', personal: true, format: 'email', maxLength: 43 }, /has 44 characters/],
    [{ type: 'string', personal: true, format: 'uri', minLength: 46 }, /has 45 characters/],
    [{ type: 'string', personal: true, format: 'uuid', maxLength: 35 }, /has 36 characters/],
  ])('%j', (options, why) => {
    expect(() => fieldOf('price', options, 'Loan')).toThrow(why);
    expect(() => fieldOf('price', options, 'Loan')).toThrow(/^Loan\.price /);
  });

  it('has a name that is none', () => {
    for (const name of ['camelCase', 'Upper', '1st', 'a-b', 'a b', '', '_a'])
      expect(() => fieldOf(name, { type: 'string' }, 'Loan')).toThrow('snake_case');
  });
});

describe('a personal field', () => {
  it.each<[options: FieldOptions, erase: string | undefined]>([
    [{ type: 'string' }, undefined],
    [{ type: 'string', personal: true }, 'pseudonym'],
    [{ type: 'date', personal: true, nullable: true }, 'null'],
    [{ type: 'date', personal: true, erase: 'row' }, 'row'],
    [{ type: 'string', personal: true, derived: { from: ['a'], value: () => '' } }, undefined],
  ])('%j is erased by %s', (options, erase) => {
    expect(fieldOf('price', options).erase).toBe(erase);
  });
});

describe('a body', () => {
  class Base {
    @Field({ type: 'string', writable: 'create' })
    readonly id!: string;

    @Field({ type: 'timestamp' })
    readonly created_at!: string;
  }
  class Loan extends Base {
    @Field({ type: 'string', maxLength: 20, writable: true })
    @IsEmail()
    contact!: string;

    @Field({ type: 'string', nullable: true, writable: true })
    @Matches(/^[A-Z]+$/, { message: '$property must be upper case' })
    code!: string | null;

    @Field({ type: 'list', items: { type: 'integer', minimum: 1 }, default: [], uniqueItems: true, writable: true })
    days!: number[];

    @Field({
      type: 'json',
      schema: {
        type: 'object',
        required: ['a/b'],
        additionalProperties: false,
        properties: { 'a/b': { type: 'number' } },
      },
      nullable: true,
      writable: true,
    })
    shape!: unknown;
  }
  const [create, update] = [derivedRules(CreateOf(Loan))!, derivedRules(UpdateOf(Loan))!];
  const faults = (rules: BodyRules, body: object, only?: string[]) =>
    rules.violations(body, only).map(({ pointer, code }) => `${pointer!} ${code}`);

  it('has the rules of the resource, those of class-validator beside them, each fault at its place', () => {
    expect(faults(create, {})).toEqual(['#/contact required']);
    expect(faults(create, { contact: 'a@example.org', code: null, days: [1, 2], shape: { 'a/b': 1 } })).toEqual([]);
    expect(
      faults(create, { contact: 'nobody', code: 'x', days: [0, 'a', 1], shape: { b: 1 }, created_at: 'x' }),
    ).toEqual([
      '#/created_at read-only',
      '#/contact isEmail',
      '#/code matches',
      '#/days/0 out-of-range',
      '#/days/1 wrong-type',
      '#/shape/a~1b required',
      '#/shape/b unknown-member',
    ]);
    expect(faults(create, { contact: 'x'.repeat(21) })).toEqual(['#/contact too-long']);
    expect(faults(create, { contact: 'a@example.org', days: [3, 3] })).toEqual(['#/days/1 not-unique']);
  });

  it('of a patch has what may be changed, and is looked at where it names it', () => {
    expect(faults(update, { code: 'X' }, ['code'])).toEqual([]);
    expect(faults(update, { id: 'x', contact: null }, ['id', 'contact'])).toEqual([
      '#/id read-only',
      '#/contact wrong-type',
    ]);
  });

  it('of a verb declares its members itself', () => {
    class ReturnBody {
      @Field({ type: 'date' })
      on!: string;

      @Field({ type: 'text', nullable: true })
      note!: string | null;
    }
    expect(faults(new BodyRules(ReturnBody), { note: null })).toEqual(['#/on required']);
    expect(faults(new BodyRules(ReturnBody), { on: '2026-11-28', nope: 1 })).toEqual(['#/nope unknown-member']);
  });

  it('has the fields in the order of the specification: id, own, system', () => {
    expect(fieldsOf(Loan).all.map(({ name }) => name)).toEqual([
      'id',
      'contact',
      'code',
      'days',
      'shape',
      'created_at',
    ]);
  });
});
