import { Table, type TableColumnOptions } from 'typeorm';
import type { FieldOptions } from '../../fields/field.js';
import { holds, shapeOf } from '../schema/column-shape.js';
import { SYSTEM_TIMES } from './portable.columns.js';
import { PortableKeys, type Key } from './portable.keys.js';
import { columnSql, misfit, quote } from './portable.sql.js';
import { rebuild } from './rebuild.js';

export interface Keys {
  /** Beside those of `SYSTEM_TIMES`, which every resource has. */
  readonly indexes?: readonly Key[];
  readonly uniques?: readonly Key[];
}

/**
 * The steps of migrations, the same on every engine. MariaDB and MySQL commit at each statement, so each step looks first, and
 * a migration that was interrupted can be run again.
 */
export class Portable extends PortableKeys {
  /** A resource's table with the columns that all have, for the kernel. On SQLite the rows stand in the tree of their ids. */
  async createResource(table: string, fields: Record<string, FieldOptions>, keys: Keys = {}): Promise<void> {
    const columns = this.crud(Object.entries(fields).map(([name, options]) => this.field(name, options)));
    const indices = [
      ...[...SYSTEM_TIMES, ...(keys.indexes ?? [])].map((key) => this.index(table, key)),
      ...(keys.uniques ?? []).map((key) => this.unique(table, key)),
    ];
    await this.runner.createTable(new Table({ name: table, columns, indices, withoutRowid: this.isSqlite }), true);
  }

  /** Drops the table with all its rows. */
  async dropResource(table: string): Promise<void> {
    await this.runner.query(`DROP TABLE IF EXISTS ${quote(table)}`);
  }

  /** @throws Error for a field that must have a value and has no default: rows that are there have none */
  async addField(table: string, name: string, options: FieldOptions): Promise<void> {
    const column = this.field(name, options);
    if (!column.isNullable && column.default === undefined)
      throw new Error(
        `${table}.${name} must have a value, and rows that are there have none: give it a default, or null.`,
      );
    if ((await this.find(table)).columns.has(name)) return;
    await this.alter(table, `ADD COLUMN ${columnSql(column)}`);
  }

  /** Drops the column with all its values, and the indexes that it is in. */
  async dropField(table: string, name: string): Promise<void> {
    const { columns, keys } = await this.find(table);
    if (!columns.has(name)) return;
    for (const [key, { columns: of }] of keys) if (of.includes(name)) await this.dropKey(table, key);
    await this.alter(table, `DROP COLUMN ${quote(name)}`);
  }

  /** Renames the column, and its indexes and constraints after it. The version before this one does not find the field. */
  async renameField(table: string, from: string, to: string): Promise<void> {
    if ((await this.find(table)).columns.has(from))
      await this.alter(table, `RENAME COLUMN ${quote(from)} TO ${quote(to)}`);
    for (const [name, { columns, isUnique }] of (await this.find(table)).keys) {
      const before = columns.map((column) => (column === to ? from : column));
      if (!columns.includes(to) || name !== this.keyName(table, before, isUnique)) continue;
      await this.dropKey(table, name);
      await this.addKey(table, { name: this.keyName(table, columns, isUnique), columnNames: [...columns], isUnique });
    }
  }

  /** @throws Error when there are rows whose values do not fit. Those without a value get the default. */
  async changeField(table: string, name: string, options: FieldOptions): Promise<void> {
    const column = this.field(name, options);
    const before = (await this.find(table)).columns.get(name);
    if (!before) throw new Error(`${table} has no column ${name} that could be changed.`);
    if (!column.isNullable && column.default !== undefined)
      await this.runner.query(
        `UPDATE ${quote(table)} SET ${quote(name)} = ${String(column.default)} WHERE ${quote(name)} IS NULL`,
      );
    if (!holds(shapeOf(column), before)) await this.refuseMisfits(table, column);
    if (!this.isSqlite) return this.alter(table, `MODIFY COLUMN ${columnSql(column)}`);
    await rebuild(this.runner, table, (anew) => Object.assign(anew.findColumnByName(name)!, REPLACED, column));
  }

  private async refuseMisfits(table: string, column: TableColumnOptions): Promise<void> {
    const condition = misfit(column, this.isSqlite);
    const rows = (await this.runner.query(`SELECT 1 FROM ${quote(table)} WHERE ${condition} LIMIT 1`)) as unknown[];
    const wanted = `${shapeOf(column).type}${column.isNullable ? '' : ' not null'}`;
    if (rows.length > 0) throw new Error(`${table}.${column.name} has values that do not fit ${wanted}.`);
  }
}

/** Clears the old declaration of a column, of which nothing may stay where the new one says nothing. */
const REPLACED = { length: '', precision: undefined, scale: undefined, default: undefined };
