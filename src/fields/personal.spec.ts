import { fieldsOf } from './declared-fields.js';
import { Field } from './field.decorator.js';
import type { FieldOptions } from './field.js';
import { checkSubject } from './personal.js';
import { Subject } from './subject.decorator.js';

class Base {
  @Field({ type: 'string', unique: true })
  id!: string;
}

const check = (type: new () => unknown) => () => checkSubject(type, fieldsOf(type).all);

describe('personal fields', () => {
  it('need a subject', () => {
    class Visit extends Base {
      @Field({ type: 'string', personal: true }) name!: string;
      @Field({ type: 'date', nullable: true, personal: true }) born!: string | null;
    }
    expect(check(Visit)).toThrow(
      'Visit says not whom its data are about, and name, born are personal: put @Subject() on the member that names the person, or on the class where each row is a person.',
    );
    Subject()(Visit);
    expect(check(Visit)).not.toThrow();
  });

  it.each<[options: FieldOptions | undefined, why: RegExp | undefined]>([
    [undefined, /^Visit.whom can't be the subject: it is no field: give it @Field\(\)/],
    [{ type: 'integer', sortable: true, nullable: true }, /has the type integer: make it a string or a reference/],
    [{ type: 'string' }, /has no index .* make it filterable, sortable or unique/],
    [{ type: 'string', filterable: ['contains'] }, /has no index/],
    [{ type: 'reference', to: () => Base }, /has no index/],
    [{ type: 'string', derived: { from: ['id'], value: () => '' } }, /is derived/],
    [{ type: 'string', filterable: ['eq'] }, undefined],
    [{ type: 'string', sortable: true }, undefined],
    [{ type: 'string', unique: true, nullable: true }, undefined],
    [{ type: 'reference', to: () => Base, filterable: ['in'] }, undefined],
  ])('are about a subject of %j', (options, why) => {
    class Visit extends Base {}
    if (options) Field(options)(Visit.prototype, 'whom');
    Subject()(Visit.prototype, 'whom');
    if (why) expect(check(Visit)).toThrow(why);
    else expect(check(Visit)).not.toThrow();
  });

  it('are also the subject, unless it is a reference or the row, and what is worked out from one', () => {
    class Call extends Base {
      @Subject() @Field({ type: 'string', filterable: true }) phone!: string;
      @Field({ type: 'string', derived: { from: ['phone'], value: () => '' } }) country!: string;
      @Field({ type: 'string' }) topic!: string;
    }
    class Letter extends Base {
      @Subject() @Field({ type: 'reference', to: () => Call, filterable: true }) to_id!: string;
    }
    @Subject()
    class Person extends Base {}
    const personal = (type: new () => unknown) =>
      fieldsOf(type).all.flatMap(({ name, personal, erase }) => (personal ? [[name, erase]] : []));
    expect(personal(Call)).toEqual([
      ['phone', 'pseudonym'],
      ['country', undefined],
    ]);
    expect(personal(Letter)).toEqual([]);
    expect(personal(Person)).toEqual([]);
  });

  it('make a subject that could not be erased a refused one', () => {
    class Call extends Base {
      @Subject() @Field({ type: 'string', filterable: true, pattern: /^\+\d+$/ }) phone!: string;
    }
    expect(() => fieldsOf(Call)).toThrow(
      /^Call.phone can't be erased by a pseudonym.*make it nullable, or write erase: 'row'/,
    );
  });
});
