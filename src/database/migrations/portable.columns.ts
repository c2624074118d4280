import type { QueryRunner, TableColumnOptions } from 'typeorm';
import { columnOptionsOf, defaultSqlOf, sqliteColumnOf } from '../../fields/field.column.js';
import { fieldOf } from '../../fields/field.decorator.js';
import type { FieldOptions } from '../../fields/field.js';
import { SQLITE_NOW } from '../../runtime/instant.js';

/** Binary and without padding: case, accents and trailing spaces all count. */
export const EXACT_COLLATION = { mariadb: 'utf8mb4_nopad_bin', mysql: 'utf8mb4_0900_bin' } as const;

/** Columns of every resource that have an index. */
export const SYSTEM_TIMES = ['created_at', 'updated_at', 'deleted_at'] as const;

/** Columns as each engine has to be told of them. The defaults of MySQL make 'abc' equal to 'ABC' and 'ábc'. */
export class PortableColumns {
  private readonly type: string;

  constructor({ dataSource }: Pick<QueryRunner, 'dataSource'>) {
    this.type = dataSource.options.type;
  }

  id(name = 'id'): TableColumnOptions {
    return { ...this.text(name, 36), isPrimary: true };
  }

  /** Compared exactly. */
  text(name: string, length: number, { isNullable = false } = {}): TableColumnOptions {
    return { name, type: 'varchar', length: String(length), isNullable, ...this.exactly };
  }

  /**
   * A column for documents. Its character set is named, too: the default of the database may be latin1, which has no room for
   * an emoji.
   */
  document(name: string, { isNullable = false } = {}): TableColumnOptions {
    return { name, type: 'mediumtext', isNullable, ...this.exactly };
  }

  /** A field's own column. @throws TypeError for a declaration that can't work */
  field(name: string, options: FieldOptions): TableColumnOptions {
    const field = fieldOf(name, options);
    const { type, length, precision, scale } = {
      ...columnOptionsOf(options),
      ...(this.isSqlite && sqliteColumnOf(options)),
    };
    const byDefault = defaultSqlOf(field, this.isSqlite);
    return {
      name,
      type: type as string,
      isNullable: field.nullable,
      ...(length !== undefined && { length: String(length) }),
      ...(precision !== undefined && { precision: precision ?? undefined }),
      ...(scale !== undefined && { scale }),
      ...(byDefault !== undefined && { default: byDefault }),
      ...((type === 'varchar' || type === 'mediumtext') && this.exactly),
    };
  }

  integer(name: string, options: Partial<TableColumnOptions> = {}): TableColumnOptions {
    return { name, type: this.isSqlite ? 'integer' : 'int', ...options };
  }

  timestamp(name: string, { isNullable = false, hasDefault = false } = {}): TableColumnOptions {
    if (this.isSqlite) return { name, type: 'timestamp', isNullable, ...(hasDefault && { default: SQLITE_NOW }) };
    // A TIMESTAMP that is null has to say so: the first one of a table would otherwise take ON UPDATE of itself.
    return {
      name,
      type: 'timestamp',
      precision: 3,
      isNullable,
      ...(hasDefault && { default: 'CURRENT_TIMESTAMP(3)' }),
    };
  }

  /** The columns of `CrudEntity`; the module's own go between. */
  crud(own: TableColumnOptions[]): TableColumnOptions[] {
    return [
      this.id(),
      ...own,
      this.timestamp('created_at', { hasDefault: true }),
      this.timestamp('updated_at', { hasDefault: true }),
      this.timestamp('deleted_at', { isNullable: true }),
      this.integer('version', { default: 1 }),
    ];
  }

  protected get isSqlite(): boolean {
    return this.type === 'better-sqlite3';
  }

  private get exactly(): Pick<TableColumnOptions, 'charset' | 'collation'> {
    if (this.isSqlite) return {};
    return { charset: 'utf8mb4', collation: EXACT_COLLATION[this.type as keyof typeof EXACT_COLLATION] };
  }
}
