import type { SqlValue, Statement } from '../database/session.js';

/**
 * Inserts of any number of rows, as statements of 1, 2, 4, 8 … rows: few shapes, so that few statements are prepared on
 * each connection.
 */
export class RowsInsert {
  private readonly into: string;
  private readonly places: string;
  private readonly shapes = new Map<number, string>();

  /** @param given what is put in for a column in place of `?` */
  constructor(table: string, columns: readonly string[], given: Readonly<Record<string, string>> = {}) {
    this.into = `INSERT INTO \`${table}\` (${columns.map((name) => `\`${name}\``).join(', ')}) VALUES `;
    this.places = `(${columns.map((name) => given[name] ?? '?').join(', ')})`;
  }

  /** @param rows values in the order of the columns, or rather of their `?` */
  of(rows: readonly (readonly SqlValue[])[]): Statement[] {
    const statements: Statement[] = [];
    for (let at = 0; at < rows.length;) {
      const size = 2 ** Math.floor(Math.log2(rows.length - at));
      const params: SqlValue[] = [];
      for (const end = at + size; at < end; at++) for (const value of rows[at]!) params.push(value);
      statements.push({ sql: this.shape(size), params });
    }
    return statements;
  }

  private shape(size: number): string {
    let sql = this.shapes.get(size);
    if (!sql) this.shapes.set(size, (sql = `${this.into}${`${this.places}, `.repeat(size - 1)}${this.places}`));
    return sql;
  }
}
