import type { QueryRunner, Table, TableIndexOptions } from 'typeorm';
import { PortableColumns } from './portable.columns.js';
import { quote } from './portable.sql.js';
import { rebuild } from './rebuild.js';
import { foundShapes, type TableShape } from '../schema/table-shape.js';

/** A field, whose index ends in the id for keyset pages; or the columns as they are. */
export type Key = string | readonly string[];

/** The indexes and unique constraints of a table, named by the naming strategy. */
export class PortableKeys extends PortableColumns {
  constructor(protected readonly runner: QueryRunner) {
    super(runner);
  }

  async addIndex(table: string, key: Key): Promise<void> {
    await this.addKey(table, this.index(table, key));
  }

  async dropIndex(table: string, key: Key): Promise<void> {
    await this.dropKey(table, this.index(table, key).name!);
  }

  /** @throws Error when there are rows with the same values */
  async addUnique(table: string, key: Key): Promise<void> {
    await this.addKey(table, this.unique(table, key));
  }

  async dropUnique(table: string, key: Key): Promise<void> {
    await this.dropKey(table, this.unique(table, key).name!);
  }

  protected index(table: string, key: Key): TableIndexOptions {
    const columnNames = typeof key === 'string' ? [key, 'id'] : [...key];
    return { name: this.keyName(table, columnNames, false), columnNames };
  }

  /** An index on SQLite as well, which can be dropped without making the table anew. */
  protected unique(table: string, key: Key): TableIndexOptions {
    const columnNames = [key].flat();
    return { name: this.keyName(table, columnNames, true), columnNames, isUnique: true };
  }

  protected keyName(table: string, columns: readonly string[], isUnique: boolean): string {
    const { namingStrategy } = this.runner.dataSource;
    return isUnique
      ? namingStrategy.uniqueConstraintName(table, [...columns])
      : namingStrategy.indexName(table, [...columns]);
  }

  protected async addKey(table: string, { name, columnNames, isUnique }: TableIndexOptions): Promise<void> {
    if ((await this.find(table)).keys.has(name!)) return;
    const kind = isUnique ? 'UNIQUE INDEX' : 'INDEX';
    await this.runner.query(`CREATE ${kind} ${quote(name!)} ON ${quote(table)} (${columnNames.map(quote).join(', ')})`);
  }

  protected async dropKey(table: string, name: string): Promise<void> {
    if (!(await this.find(table)).keys.has(name)) return;
    if (!this.isSqlite) return this.alter(table, `DROP INDEX ${quote(name)}`);
    const isConstraint = (found: Table) => found.uniques.find((unique) => unique.name === name);
    if (isConstraint((await this.runner.getTable(table))!))
      await rebuild(this.runner, table, (anew) => anew.removeUniqueConstraint(isConstraint(anew)!));
    else await this.runner.query(`DROP INDEX ${quote(name)}`);
  }

  /** @throws Error where it is not there */
  protected async find(table: string): Promise<TableShape> {
    const found = (await foundShapes(this.runner, [table])).get(table);
    if (!found) throw new Error(`There is no table ${table}.`);
    return found;
  }

  protected async alter(table: string, change: string): Promise<void> {
    await this.runner.query(`ALTER TABLE ${quote(table)} ${change}`);
  }
}
