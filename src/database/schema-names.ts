import { DefaultNamingStrategy, type Table } from 'typeorm';

/**
 * Names of indexes and unique constraints that say what they are of: `ix_loan_due_on`, `uq_loan_code`. TypeORM's own are
 * hashes, which nobody can read in a plan or an error. The `id` that ends an index, for keyset pages, is left out.
 */
export class SchemaNames extends DefaultNamingStrategy {
  override indexName(table: Table | string, columns: string[]): string {
    return nameOf('ix', table, columns.length > 1 && columns.at(-1) === 'id' ? columns.slice(0, -1) : columns);
  }

  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return nameOf('uq', table, columns);
  }
}

function nameOf(kind: string, table: Table | string, columns: readonly string[]): string {
  return [kind, typeof table === 'string' ? table : table.name, ...columns].join('_');
}
