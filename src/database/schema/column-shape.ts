/** A column's properties, in the same words for every engine and for declarations. */
export interface ColumnShape {
  /** `varchar(255)`, `decimal(12,2)`, `bigint` */
  readonly type: string;
  readonly isNullable: boolean;
  readonly isPrimary: boolean;
  /** The default as SQL, in one spelling: texts are quoted, numbers are not, expressions are in small letters. */
  readonly default: string | undefined;
  /** The collation of text, on MySQL and MariaDB. */
  readonly collation: string | undefined;
}

/** The parts of TypeORM's models of columns that are compared. */
export interface ColumnParts {
  readonly type: unknown;
  readonly length?: string | number;
  readonly precision?: number | null;
  readonly scale?: number;
  readonly unsigned?: boolean;
  readonly isNullable?: boolean;
  readonly isPrimary?: boolean;
  /** SQL. */
  readonly default?: string | null;
  readonly onUpdate?: string;
  readonly collation?: string;
}

export function shapeOf({ isNullable = false, isPrimary = false, collation, ...parts }: ColumnParts): ColumnShape {
  const type = typeOf(parts);
  return {
    type,
    isNullable,
    isPrimary,
    default: defaultOf(type, parts),
    collation: isText(type) ? collation : undefined,
  };
}

/** Whether a column has room for all that may stand in another one, so that who declares the other can work with it. */
export function holds(wide: ColumnShape, narrow: ColumnShape): boolean {
  if (narrow.isNullable && !wide.isNullable) return false;
  if (wide.isPrimary !== narrow.isPrimary || wide.collation !== narrow.collation) return false;
  if (wide.type === narrow.type) return true;
  if (narrow.type === 'int') return wide.type === 'bigint';
  if (narrow.type.startsWith('timestamp')) return wide.type === narrow.type.replace('timestamp', 'datetime');
  const [more, less] = [numbersOf(wide.type), numbersOf(narrow.type)];
  if (narrow.type.startsWith('varchar'))
    return wide.type === 'mediumtext' || (wide.type.startsWith('varchar') && more[0]! >= less[0]!);
  // The number of digits after the point is what a value is shown with.
  return [wide, narrow].every(({ type }) => type.startsWith('decimal')) && more[0]! >= less[0]! && more[1] === less[1];
}

/** Tells the properties of a column in which another one differs from it. */
export function told(shape: ColumnShape, other: ColumnShape): string {
  const parts = [shape.type];
  if (shape.collation !== other.collation) parts.push(`collate ${shape.collation}`);
  if (shape.isPrimary !== other.isPrimary) parts.push(shape.isPrimary ? 'primary key' : 'no primary key');
  if (shape.isNullable !== other.isNullable) parts.push(shape.isNullable ? 'null' : 'not null');
  if (shape.default !== other.default)
    parts.push(shape.default === undefined ? 'without default' : `default ${shape.default}`);
  return parts.join(' ');
}

export function isSame(a: ColumnShape, b: ColumnShape): boolean {
  return (Object.keys(a) as (keyof ColumnShape)[]).every((key) => a[key] === b[key]);
}

/** The limits in a type: `decimal(12,2)` to 12 and 2. */
export function numbersOf(type: string): number[] {
  return [...type.matchAll(/\d+/g)].map(([digits]) => Number(digits));
}

export function isText(type: string): boolean {
  return /^(varchar|mediumtext)/.test(type);
}

/** The type, with defaults of the engine that TypeORM leaves out. */
function typeOf({ type, length, precision, scale, unsigned = false }: ColumnParts): string {
  const name = String(type) === 'integer' ? 'int' : String(type);
  if (name === 'varchar') return `varchar(${Number(length) || 255})`;
  if (name === 'decimal') return `decimal(${precision ?? 10},${scale ?? 0})`;
  if (name === 'timestamp' || name === 'datetime') return precision ? `${name}(${precision})` : name;
  return unsigned ? `${name} unsigned` : name;
}

/** Texts have quotes on every engine; numbers on some. */
function defaultOf(type: string, { default: value, onUpdate }: ColumnParts): string | undefined {
  if (value === undefined || value === null) return onUpdate && `on update ${onUpdate.toLowerCase()}`;
  const plain = unwrapped(value);
  const isLiteral = plain.startsWith("'");
  const isQuoted = isText(type) || /^(date|time)/.test(type);
  const text = isLiteral ? (isQuoted ? plain : plain.slice(1, -1)) : plain.toLowerCase();
  return onUpdate === undefined ? text : `${text} on update ${onUpdate.toLowerCase()}`;
}

/** Takes the brackets of an expression off. */
function unwrapped(sql: string): string {
  return /^\((.*)\)$/s.exec(sql)?.[1] ?? sql;
}
