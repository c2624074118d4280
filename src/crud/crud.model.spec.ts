import 'reflect-metadata';
import { Caller } from '../access/caller.js';
import { Field } from '../fields/field.decorator.js';
import { CrudEntity } from '../rows/crud.entity.js';
import { CrudModel } from './crud.model.js';
import { Replacement } from './endpoints/bodies.js';

class Parcel extends CrudEntity {
  @Field({ type: 'string', writable: true })
  label!: string;

  @Field({ type: 'integer', default: 0 })
  halvings!: number;
}

describe('a field that only the service writes', () => {
  const model = new CrudModel('parcel', Parcel);
  const caller = new Caller('test', ['*:*']);

  it('begins with its default, in a POST and in a PUT that makes the row', () => {
    expect(model.withDefaults({ label: 'new' }, caller)).toEqual({ label: 'new', halvings: 0 });
    const made = model.replacement('p', new Replacement({ label: 'new' }), caller, null);
    expect(made).toEqual({ label: 'new', halvings: 0 });
  });

  it('is left as it is by a PUT that replaces the row', () => {
    const before = Object.assign(new Parcel(), { id: 'p', label: 'old', halvings: 3 });
    const after = model.replacement('p', new Replacement({ label: 'new' }), caller, before);
    expect(after).toEqual({ label: 'new', halvings: 3 });
  });
});

describe('a resource with personal data about nobody', () => {
  it('is no model, and so does not start', () => {
    class Visit extends CrudEntity {
      @Field({ type: 'string', personal: true })
      name!: string;
    }
    expect(() => new CrudModel('visit', Visit)).toThrow('Visit says not whom its data are about');
  });
});
