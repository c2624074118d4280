import type { Field, FieldOptions } from '../fields/field.js';
import { fieldOf } from '../fields/field.decorator.js';
import { DomainError } from '../problems/domain-error.js';

/** Columns that the kernel fills, and never a caller. */
const SYSTEM: ReadonlySet<string> = new Set(['created_at', 'updated_at', 'deleted_at', 'version']);
const SAFE = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

/**
 * Refuses values that a table's columns do not hold, the same on every engine, where no request's rules have seen them. SQLite
 * would store anything; MySQL and MariaDB refuse some of it, and round, convert or pad the rest.
 */
export class ColumnLimits {
  private readonly columns: readonly Field[];

  constructor(fields: Iterable<Field>) {
    this.columns = [...fields].flatMap((field) => {
      const options = SYSTEM.has(field.name) ? undefined : columnOf(field);
      return options ? [fieldOf(field.name, options)] : [];
    });
  }

  /** @throws DomainError `value-out-of-range`; what is missing is the database's to refuse */
  check(row: object): void {
    for (const { name, check, normalise } of this.columns) {
      const value = (row as Record<string, unknown>)[name];
      if (value === null || value === undefined) continue;
      // Another spelling of a value is encoded as another value.
      if (check(value).length > 0 || (normalise && normalise(value) !== value))
        throw new DomainError('value-out-of-range', 'A value does not fit its column.', {
          cause: new RangeError(`The value of ${name} does not fit its column.`),
        });
    }
  }
}

/** The limits of the column, whatever the field is limited to; undefined for documents, which are text of the service's own. */
function columnOf({ options }: Field): FieldOptions | undefined {
  const { type, maxLength, precision, scale, column, minimum, maximum } = options;
  switch (type) {
    case 'json':
    case 'list':
      return undefined;
    case 'enum':
      return { type: 'string', maxLength: 64 };
    case 'reference':
      return { type: 'string', maxLength: 36 };
    case 'integer':
      return { type, ...(isLong(minimum, maximum) && SAFE) };
    default:
      return {
        type,
        ...(maxLength !== undefined && { maxLength }),
        ...(precision !== undefined && { precision }),
        ...(scale !== undefined && { scale }),
        ...(column && { column }),
      };
  }
}

function isLong(minimum: unknown = 0, maximum: unknown = 0): boolean {
  return Number(minimum) < -(2 ** 31) || Number(maximum) >= 2 ** 31;
}
