import type { FieldOptions } from '../field.js';
import { decimalText, ExactDecimal } from './exact-decimal.js';
import { COMPARISONS, NO_VIOLATION, wrong, type Bound, type Check, type FieldType } from './field-type.js';

const INT = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const LONG = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
/** SQLite keeps decimals as integers of 64 bits, which hold 18 digits. */
const MOST_DIGITS = 18;

/** A whole number of the declared range, by default one of 32 bits. */
export const integer: FieldType = {
  operators: COMPARISONS,
  isSortable: true,
  refuse: (options) => {
    const { minimum, maximum } = rangeOf(options);
    if (!Number.isSafeInteger(minimum) || !Number.isSafeInteger(maximum))
      return "has whole limits within ±(2^53 - 1); type 'bigint' holds more";
    return minimum > maximum ? 'has a minimum above its maximum' : undefined;
  },
  column: (options) => ({ type: isInt(rangeOf(options)) ? 'int' : 'bigint' }),
  sqliteColumn: (options) => (isInt(rangeOf(options)) ? { type: 'integer' } : {}),
  check: (options) => {
    const range = checkRange(rangeOf(options));
    return (value) => (Number.isSafeInteger(value) ? range(value) : wrong('wrong-type', 'must be an integer'));
  },
  normalise: () => withoutNegativeZero,
  bound: (options) => (literal) =>
    literal instanceof ExactDecimal
      ? wholeBound(literal, isInt(rangeOf(options)) ? INT : { minimum: -(2 ** 53) + 1, maximum: 2 ** 53 - 1 })
      : 'must be a number',
  order: byNumber,
  schema: (options) => ({ type: 'integer', ...rangeOf(options) }),
  sample: (options, n) => {
    const { minimum, maximum } = rangeOf(options);
    const from = Math.max(0, minimum);
    return from + (n % (maximum - from + 1));
  },
};

/** A double (IEEE 754). */
export const number: FieldType = {
  operators: COMPARISONS,
  isSortable: true,
  refuse: ({ minimum = -Infinity, maximum = Infinity }) =>
    Number(minimum) > Number(maximum) ? 'has a minimum above its maximum' : undefined,
  column: () => ({ type: 'double' }),
  check: ({ minimum = -Infinity, maximum = Infinity }) => {
    const range = checkRange({ minimum: Number(minimum), maximum: Number(maximum) });
    return (value) => (Number.isFinite(value) ? range(value) : wrong('wrong-type', 'must be a number'));
  },
  normalise: () => withoutNegativeZero,
  bound: () => (literal) => (literal instanceof ExactDecimal ? doubleBound(literal.toNumber()) : 'must be a number'),
  order: byNumber,
  codec: () => ({ decode: Number }),
  schema: ({ minimum, maximum }) => ({
    type: 'number',
    ...(minimum !== undefined && { minimum: Number(minimum) }),
    ...(maximum !== undefined && { maximum: Number(maximum) }),
  }),
  sample: ({ minimum = 0, maximum = Infinity }, n) => Math.min(Number(minimum) + n + 0.5, Number(maximum)),
};

/** A whole number of 64 bits, as text: JSON's numbers are exact up to 2^53 only. */
export const bigint: FieldType = scaled({
  scale: () => 0,
  limits: ({ minimum = LONG.least, maximum = LONG.most }) => ({ least: BigInt(minimum), most: BigInt(maximum) }),
  expected: 'a whole number as text, such as "9007199254740993"',
  refuse: ({ minimum = 0, maximum = 0 }) =>
    [minimum, maximum].every((limit) => /^-?\d+$/.test(String(limit)))
      ? undefined
      : 'has limits that are whole numbers',
  column: () => ({ type: 'bigint' }),
  place: 'CAST(? AS SIGNED)',
});

/** A number with exactly `scale` digits after the point, as text; never rounded. */
export const decimal: FieldType = scaled({
  scale: ({ scale = 0 }) => scale,
  limits: (options) => {
    const { precision = 0, scale = 0 } = options;
    const most = 10n ** BigInt(precision) - 1n;
    const limit = (value: number | string | undefined, otherwise: bigint) =>
      value === undefined ? otherwise : ExactDecimal.parse(String(value))!.floor(scale).units;
    return { least: limit(options.minimum, -most), most: limit(options.maximum, most) };
  },
  expected: 'a decimal number as text, such as "12.50"',
  refuse: ({ precision = 0, scale = 0 }) => {
    if (!(Number.isInteger(precision) && precision >= 1 && precision <= MOST_DIGITS))
      return `needs a precision of 1 to ${MOST_DIGITS} digits: { type: 'decimal', precision: 12, scale: 2 }`;
    return Number.isInteger(scale) && scale >= 0 && scale <= precision
      ? undefined
      : 'has a scale of 0 to its precision';
  },
  column: ({ precision, scale = 0 }) => ({ type: 'decimal', precision: precision!, scale }),
});

interface Scaled {
  readonly scale: (options: FieldOptions) => number;
  readonly limits: (options: FieldOptions) => { readonly least: bigint; readonly most: bigint };
  readonly expected: string;
  readonly refuse: NonNullable<FieldType['refuse']>;
  readonly column: FieldType['column'];
  readonly place?: string;
}

/** A number of units of 10^-scale: text in JSON, DECIMAL or BIGINT in MySQL and MariaDB, an integer in SQLite. */
function scaled({ scale: scaleOf, limits, expected, refuse, column, place }: Scaled): FieldType {
  const unitsOf = (value: string, scale: number) => ExactDecimal.parse(value)!.floor(scale).units;
  return {
    operators: COMPARISONS,
    isSortable: true,
    refuse,
    column,
    check: (options) => {
      const [scale, { least, most }] = [scaleOf(options), limits(options)];
      return (value) => {
        const number = asDecimal(value);
        if (!number) return wrong('wrong-type', `must be ${expected}`);
        const { units, isExact } = number.floor(scale);
        if (!isExact) return wrong('too-precise', `must have at most ${scale} digits after the point`);
        return units < least || units > most
          ? wrong('out-of-range', `must be from ${decimalText(least, scale)} to ${decimalText(most, scale)}`)
          : NO_VIOLATION;
      };
    },
    normalise: (options) => (value: string | number) =>
      decimalText(asDecimal(value)!.floor(scaleOf(options)).units, scaleOf(options)),
    bound: (options) => {
      const scale = scaleOf(options);
      // The limits of the column, not those of the field.
      const { least, most } = limits({ ...options, minimum: undefined, maximum: undefined });
      return (literal) => {
        const number = typeof literal === 'string' ? ExactDecimal.parse(literal) : literal;
        if (!(number instanceof ExactDecimal)) return 'must be a number';
        const { units, isExact } = number.floor(scale);
        if (units < least) return { value: null, isExact: false };
        if (units > most) return { value: decimalText(most, scale), isExact: false };
        return { value: decimalText(units, scale), isExact };
      };
    },
    order: (a: string, b: string) => {
      const [left, right] = [BigInt(a.replace('.', '')), BigInt(b.replace('.', ''))];
      return left < right ? -1 : left > right ? 1 : 0;
    },
    codec: (options, isSqlite) => {
      const scale = scaleOf(options);
      if (!isSqlite) {
        const { precision } = options;
        return { decode: String, place: place ?? `CAST(? AS DECIMAL(${precision!}, ${scale}))` };
      }
      return {
        encode: (value: string) => unitsOf(value, scale),
        decode: (value) => decimalText(BigInt(value as string), scale),
        // better-sqlite3 gives integers as doubles.
        select: (name) => `CAST(${name} AS TEXT) AS ${name}`,
      };
    },
    schema: (options) => ({
      type: 'string',
      pattern: scaleOf(options) === 0 ? '^-?\\d+$' : `^-?\\d+(\\.\\d{1,${scaleOf(options)}})?$`,
      format: 'decimal',
    }),
    sample: (options, n) => {
      const [scale, { least, most }] = [scaleOf(options), limits(options)];
      const from = least > 0n ? least : 0n;
      return decimalText(
        from + ((BigInt(n) * (scale === 0 ? 1n : 10n ** BigInt(scale) + 1n)) % (most - from + 1n)),
        scale,
      );
    },
  };
}

/** A JSON number is taken too, where its shortest spelling says all of it. */
function asDecimal(value: unknown): ExactDecimal | null {
  if (typeof value === 'number') return Number.isFinite(value) ? ExactDecimal.ofNumber(value) : null;
  return typeof value === 'string' && value.length <= 64 ? ExactDecimal.parse(value) : null;
}

function rangeOf({ minimum = INT.minimum, maximum = INT.maximum }: FieldOptions): { minimum: number; maximum: number } {
  return { minimum: Number(minimum), maximum: Number(maximum) };
}

function isInt({ minimum, maximum }: { minimum: number; maximum: number }): boolean {
  return minimum >= INT.minimum && maximum <= INT.maximum;
}

function checkRange({ minimum, maximum }: { minimum: number; maximum: number }): Check {
  const [low, high] = [
    wrong('out-of-range', `must be at least ${minimum}`),
    wrong('out-of-range', `must be at most ${maximum}`),
  ];
  return (value) => ((value as number) < minimum ? low : (value as number) > maximum ? high : NO_VIOLATION);
}

function wholeBound(literal: ExactDecimal, { minimum, maximum }: { minimum: number; maximum: number }): Bound {
  const { units, isExact } = literal.floor(0);
  if (units < BigInt(minimum)) return { value: null, isExact: false };
  return units > BigInt(maximum) ? { value: maximum, isExact: false } : { value: Number(units), isExact };
}

function doubleBound(value: number): Bound {
  if (value === -Infinity) return { value: null, isExact: false };
  return value === Infinity
    ? { value: Number.MAX_VALUE, isExact: false }
    : { value: withoutNegativeZero(value), isExact: true };
}

/** Makes -0 a 0: some columns keep it and others don't; JSON has no need of it. */
function withoutNegativeZero(value: number): number {
  return value + 0;
}

function byNumber(a: number, b: number): number {
  return a - b;
}
