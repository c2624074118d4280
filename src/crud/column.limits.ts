import type { EntityMetadata } from 'typeorm';
import { DomainError } from '../http/domain-error.js';

type Column = EntityMetadata['columns'][number];
type Fits = (value: unknown) => boolean;

/** Made by the kernel, and never by who asks. */
const SYSTEM: ReadonlySet<string> = new Set(['created_at', 'updated_at', 'deleted_at', 'version']);

const BITS: Readonly<Record<string, number>> = { smallint: 16, mediumint: 24, int: 32, integer: 32 };
/** MySQL's and MariaDB's, in UTC. */
const [FIRST_TIMESTAMP, LAST_TIMESTAMP] = ['1970-01-01T00:00:01.000Z', '2038-01-19T03:14:07.999Z'];

/**
 * What a table's columns hold, the same on every engine, for values that no request's rules have seen. SQLite would store
 * anything; MySQL and MariaDB refuse some of it, and round, convert or pad the rest.
 */
export class ColumnLimits {
  private readonly limits: readonly (readonly [name: string, fits: Fits])[];

  constructor({ columns, dataSource }: EntityMetadata) {
    this.limits = columns.flatMap((column) => {
      const fits = fitsOf(column, dataSource.driver.normalizeType(column));
      return fits && !SYSTEM.has(column.databaseName) ? [[column.databaseName, fits] as const] : [];
    });
  }

  /** @throws DomainError `value-out-of-range`; what is missing is the database's to refuse */
  check(row: object): void {
    for (const [name, fits] of this.limits) {
      const value = (row as Record<string, unknown>)[name];
      if (value !== null && value !== undefined && !fits(value))
        throw new DomainError('value-out-of-range', 'A value does not fit its column.');
    }
  }
}

function fitsOf({ length, unsigned }: Column, type: string): Fits | undefined {
  switch (type) {
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'integer': {
      const values = 2 ** BITS[type]!;
      const least = unsigned ? 0 : -values / 2;
      return (value) => Number.isInteger(value) && (value as number) >= least && (value as number) < least + values;
    }
    case 'bigint':
      return (value) => Number.isSafeInteger(value);
    case 'double':
      return (value) => Number.isFinite(value);
    case 'varchar':
      return (value) => isText(value, Number(length || 255));
    case 'text':
      return (value) => isText(value, 65_535) && Buffer.byteLength(value as string) <= 65_535;
    case 'timestamp':
      return (value) => isInstant(value) && value >= FIRST_TIMESTAMP && value <= LAST_TIMESTAMP;
    case 'datetime':
      return isInstant;
  }
  return undefined;
}

/** Text with U+0000 is sorted in two ways by MariaDB; a lone surrogate would be stored as another character. */
function isText(value: unknown, length: number): boolean {
  if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) return false;
  // A text has at most as many code points as UTF-16 units: most need no counting.
  return value.length <= length || [...value].length <= length;
}

/** RFC 3339 in UTC with milliseconds, which is how rows have it; and a day of the calendar. */
function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || value.length !== 24) return false;
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString() === value;
}
