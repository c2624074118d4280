import type { CrudModel } from '../src/crud/crud.model.js';
import { parseListQuery, type ListQuery } from '../src/crud/query/list-query.js';
import { pageSql } from '../src/crud/query/list-sql.js';
import type { CrudEntity } from '../src/crud/crud.entity.js';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { startApp, type TestApp } from './support/app.js';
import { engines } from './support/database.js';
import { MODULES, ownFields, value } from './support/modules.js';

const ROWS = 20_000;
const server = engines()[1];

/**
 * No team ships a full scan by declaring a field: every field that can be sorted by, or filtered for equality, has an
 * index that the plan of its page query uses. Asked of the server's own planner, on a table that is worth an index.
 */
(server === undefined ? describe.skip : describe).each(MODULES)('indexes of %s', (module) => {
  let test: TestApp;
  let model: CrudModel;
  beforeAll(async () => {
    test = await startApp(server!, { widget: module === 'widget' });
    model = test.app.get(ModuleRegistry).get(module).model;
    await fill(test, model);
  }, 60_000);
  afterAll(() => test.close());

  const plan = async (query: ListQuery): Promise<{ key: string | null; rows: number; extra: string }> => {
    const { sql, params } = pageSql(model.name, query);
    const [row] = await test.database.query<{ key: string | null; rows: number; Extra: string }>(
      // MySQL has another format by default, and MariaDB no name for this one.
      `EXPLAIN ${server === 'mysql' ? 'FORMAT=TRADITIONAL ' : ''}${sql}`,
      params,
    );
    return { key: row!.key, rows: row!.rows, extra: row!.Extra };
  };

  it('serve every declared sort, on the first page and in the middle, without sorting', async () => {
    const [middle] = await test.database.query<CrudEntity>(
      `SELECT * FROM \`${module}\` ORDER BY \`id\` LIMIT ${ROWS / 2}, 1`,
    );
    for (const { name, sortable } of model.fields.all) {
      if (!sortable) continue;
      for (const sort of [name, `-${name}`]) {
        const first = parseListQuery({ sort, limit: '20' }, model.fields);
        const after = first.sort.map(({ field }) => {
          const at = (middle as unknown as Record<string, string | number | null>)[field.name] ?? null;
          return field.type === 'timestamp' && typeof at === 'string' ? `${at.replace(' ', 'T')}Z` : at;
        });
        for (const query of [first, { ...first, after }]) {
          const { key, extra } = await plan(query);
          expect({ sort, deep: query !== first, key, filesort: extra.includes('filesort') }).toEqual({
            sort,
            deep: query !== first,
            key: expect.any(String),
            filesort: false,
          });
        }
      }
    }
  });

  it('serve every filter for equality, reading few rows', async () => {
    for (const field of model.fields.all) {
      if (!field.filterable.includes('eq')) continue;
      const literal =
        field.name === 'id'
          ? "'row-000077'"
          : field.type === 'string'
            ? `'${String(value(field, 77))}'`
            : field.type === 'timestamp'
              ? "'2026-01-01T00:01:17Z'"
              : '77';
      const { key, rows } = await plan(
        parseListQuery({ filter: `${field.name} eq ${literal}`, limit: '20' }, model.fields),
      );
      expect({ field: field.name, key, few: rows < ROWS / 10 }).toEqual({
        field: field.name,
        key: expect.any(String),
        few: true,
      });
    }
  });
});

async function fill({ database }: TestApp, model: CrudModel): Promise<void> {
  const own = ownFields(model);
  const columns = ['id', ...own.map(({ name }) => name), 'created_at'];
  for (let from = 0; from < ROWS; from += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, at) => {
      const n = from + at;
      const values = own.map((field) => {
        const given = value(field, n);
        return field.type === 'timestamp'
          ? String(given).replace('T', ' ').replace('Z', '')
          : typeof given === 'boolean'
            ? Number(given)
            : given;
      });
      return [
        `row-${String(n).padStart(6, '0')}`,
        ...values,
        new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString().replace('T', ' ').replace('Z', ''),
      ];
    });
    const places = rows.map((row) => `(${row.map(() => '?').join(', ')})`).join(', ');
    await database.execute(
      `INSERT INTO \`${model.name}\` (${columns.map((name) => `\`${name}\``).join(', ')}) VALUES ${places}`,
      rows.flat(),
    );
  }
  await database.query(`ANALYZE TABLE \`${model.name}\``);
}
