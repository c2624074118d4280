import { fieldOf } from '../fields/field.decorator.js';
import { FieldSet } from '../fields/field-set.js';
import { settle } from './condition.js';
import { parseFilter } from './filter.parser.js';
import { rangeOf } from './index-range.js';
import { parseListQuery } from './list-query.js';
import { pageSql, plainTable } from './list-sql.js';

const field = (name: string, nullable = false) =>
  fieldOf(name, { type: 'string', nullable, filterable: true, sortable: name !== 'plain' });
const fields = new FieldSet([field('id'), field('name'), field('tenant'), field('plain'), field('note', true)]);
const isIndexed = (column: string) => column !== 'plain';
const range = (sort: string, filter?: string, rule?: string) => {
  const query = parseListQuery({ sort, ...(filter !== undefined && { filter }) }, fields);
  return rangeOf(
    query.sort,
    [rule === undefined ? undefined : settle(parseFilter(rule), fields), query.filter],
    isIndexed,
  );
};

describe('the index in which the rows of a list stand side by side', () => {
  it.each([
    ['id', undefined, undefined, 'id'],
    ['-name', undefined, undefined, 'name'],
    ['name', "name ge 'a' and (name lt 'b' and startswith(name,'a'))", undefined, 'name'],
    ['id', "name eq 'a' and id gt '1'", undefined, 'name'],
    ['-id', undefined, "tenant eq 't'", 'tenant'],
    ['id', "id lt '7'", "tenant eq 't'", 'tenant'],
  ])('sort=%s filter=%s rule=%s: that of %s', (sort, filter, rule, column) => {
    expect(range(sort, filter, rule)).toBe(column);
  });

  it.each([
    ['name,tenant', undefined, undefined],
    ['id', "name gt 'a'", undefined],
    ['id', "plain eq 'a'", undefined],
    ['id', "name eq 'a'", "tenant eq 't'"],
    ['name', undefined, "tenant eq 't'"],
    ['name', "name eq 'a' or name eq 'b'", undefined],
    ['name', "not (name eq 'a')", undefined],
    ['name', "name ne 'a'", undefined],
    ['name', "name in ('a','b')", undefined],
    ['name', "contains(name,'a')", undefined],
    ['name', "casei(name) eq 'a'", undefined],
    // The NULLs of a field stand apart from its values.
    ['note', "note gt 'a'", undefined],
  ])('sort=%s filter=%s rule=%s: none', (sort, filter, rule) => {
    expect(range(sort, filter, rule)).toBeUndefined();
  });

  it('is the only one that MariaDB and MySQL weigh', () => {
    const query = parseListQuery({ sort: 'name' }, fields);
    const sqlOf = (engine: 'mariadb' | 'sqlite', column: string) =>
      pageSql(plainTable('thing', engine), query, { range: column }).sql;
    expect(sqlOf('mariadb', 'name')).toContain('FROM `thing` IGNORE INDEX (PRIMARY) WHERE');
    expect([sqlOf('mariadb', 'id'), sqlOf('sqlite', 'name')].join()).not.toContain('IGNORE');
  });
});
