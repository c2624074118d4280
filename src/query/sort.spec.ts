import { DomainError } from '../problems/domain-error.js';
import type { Field } from '../fields/field.js';
import { FieldSet } from '../fields/field-set.js';
import { orderBy, parseSort } from './sort.js';

const field = (name: string, sortable = true, readable: true | string = true) =>
  ({ name, type: 'string', nullable: false, sortable, readable, unique: name === 'id' || name === 'code' }) as Field;
const all = new FieldSet([
  ...['id', 'a', 'b', 'c', 'd', 'code'].map((name) => field(name)),
  field('hidden', true, 'scope'),
  field('plain', false),
]);
const fields = all.for(() => false);

describe('sort', () => {
  it('ends with the id in the direction of the key before it, unless another key is unique', () => {
    const order = (value?: string) => orderBy(parseSort(value, fields), 't').replaceAll('`t`.', '');
    expect(order()).toBe('`id`');
    expect(order('-id')).toBe('`id` DESC');
    expect(order('a')).toBe('`a`, `id`');
    expect(order('a,-b')).toBe('`a`, `b` DESC, `id` DESC');
    expect(order('-a,b,-c')).toBe('`a` DESC, `b`, `c` DESC, `id` DESC');
    expect(order('-id,a')).toBe('`id` DESC');
    expect(order('-a,code,b')).toBe('`a` DESC, `code`');
  });

  it('takes what is declared, once, three times at most', () => {
    for (const bad of [
      '',
      ',',
      'a,',
      'a,a',
      'a,-a',
      'a,b,c,d',
      'plain',
      '--a',
      '+a',
      ' a',
      'A',
      'a desc',
      '`a`',
      'id;',
    ]) {
      expect(() => parseSort(bad, fields)).toThrow(DomainError);
    }
  });

  it('tells a field that may not be read from none as little as one that may not be sorted by', () => {
    const refusal = (name: string) => {
      try {
        return parseSort(name, fields);
      } catch (error) {
        return (error as DomainError).detail.replace(name, '*');
      }
    };
    expect(parseSort('hidden', all)).toHaveLength(2);
    expect(refusal('hidden')).toBe(refusal('nobody'));
    expect(refusal('plain')).toBe(refusal('nobody'));
  });
});
