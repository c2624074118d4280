import type { CrudModel } from '../../crud/crud.model.js';
import { parseListQuery, type ListQuery } from '../../query/list-query.js';
import { rangeOf } from '../../query/index-range.js';
import { pageSql, plainTable } from '../../query/list-sql.js';
import { declaredFields } from '../../fields/field.decorator.js';
import { CrudEntity } from '../../rows/crud.entity.js';
import type { SqlValue } from '../../database/session.js';
import type { TestService } from '../service.js';
import type { PositionValue } from '../../query/keyset.js';
import type { ColumnValue } from '../../fields/types/field-type.js';
import type { Subject } from '../subject.js';
import { distinct, value } from '../rows.js';

const ROWS = 20_000;

/**
 * No team ships a full scan by declaring a field: every field that can be sorted by, or filtered for equality, has an
 * index that the plan of its page query uses. Asked of the server's own planner, on a table that is worth an index.
 */
export function indexes(subject: Subject): void {
  beforeAll(() => fill(subject.test, subject.model), 60_000);

  const plan = async (query: ListQuery): Promise<{ key: string | null; rows: number; extra: string }> => {
    const range = rangeOf(query.sort, [query.filter], () => true);
    const { sql, params } = pageSql(plainTable(subject.model.name, subject.engine), query, { range });
    const [row] = await subject.test.database.query<{ key: string | null; rows: number; Extra: string | null }>(
      // MySQL has another format by default, and MariaDB no name for this one.
      `EXPLAIN ${subject.engine === 'mysql' ? 'FORMAT=TRADITIONAL ' : ''}${sql}`,
      params,
    );
    // MySQL has NULL where there is nothing to say.
    return { key: row!.key, rows: row!.rows, extra: row!.Extra ?? '' };
  };

  it('serve every declared sort, on the first page and in the middle, without sorting', async () => {
    const [middle] = await subject.test.database.query<CrudEntity>(
      `SELECT * FROM \`${subject.model.name}\` ORDER BY \`id\` LIMIT ${ROWS / 2}, 1`,
    );
    for (const { name, sortable } of subject.model.fields.all) {
      if (!sortable) continue;
      for (const sort of [name, `-${name}`]) {
        const first = parseListQuery({ sort, limit: '20', ...deletedIf(name) }, subject.model.fields);
        const after = first.sort.map(({ field }) => {
          const at = (middle as unknown as Record<string, ColumnValue>)[field.name] ?? null;
          const { decode } = field.codec(false);
          return (decode && at !== null ? decode(at) : at) as PositionValue;
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
    for (const field of subject.model.fields.all) {
      // Each of few different values has many rows.
      if (!field.filterable.includes('eq') || distinct((n) => value(field, n), 100) < 100) continue;
      const isTime = ['created_at', 'updated_at', 'deleted_at'].includes(field.name);
      const given = field.name === 'id' ? 'row-000077' : isTime ? '2026-01-01T00:01:17Z' : value(field, 77);
      const literal = typeof given === 'string' ? `'${given}'` : String(given);
      const { key, rows } = await plan(
        parseListQuery(
          { filter: `${field.name} eq ${literal}`, limit: '20', ...deletedIf(field.name) },
          subject.model.fields,
        ),
      );
      expect({ field: field.name, key, few: rows < ROWS / 10 }).toEqual({
        field: field.name,
        key: expect.any(String),
        few: true,
      });
    }
  });
}

/** Only with the deleted rows there are different values of `deleted_at`. */
function deletedIf(field: string): { include_deleted?: 'true' } {
  return field === 'deleted_at' ? { include_deleted: 'true' } : {};
}

/** Every second row is deleted, the one in the middle among them. */
async function fill({ database }: TestService, model: CrudModel): Promise<void> {
  const system = new Set(declaredFields(CrudEntity).map(({ name }) => name));
  const own = model.fields.all.filter(({ name, options }) => !options.derived && !system.has(name));
  const columns = ['id', ...own.map(({ name }) => name), 'created_at', 'updated_at', 'deleted_at'];
  for (let from = 0; from < ROWS; from += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, at) => {
      const n = from + at;
      const values = own.map((field) => {
        const { encode } = field.codec(false);
        const given = value(field, n);
        return encode ? encode(given as never) : given;
      });
      const when = new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString().replace('T', ' ').replace('Z', '');
      return [`row-${String(n).padStart(6, '0')}`, ...values, when, when, n % 2 === 0 ? when : null];
    });
    const places = rows.map((row) => `(${row.map(() => '?').join(', ')})`).join(', ');
    await database.execute(
      `INSERT INTO \`${model.name}\` (${columns.map((name) => `\`${name}\``).join(', ')}) VALUES ${places}`,
      rows.flat() as SqlValue[],
    );
  }
  await database.query(`ANALYZE TABLE \`${model.name}\``);
}
