/** Types of columns (https://mariadb.com/kb/en/result-set-packets/#field-types). */
export const TYPE = {
  decimal: 0x00,
  tiny: 0x01,
  short: 0x02,
  long: 0x03,
  float: 0x04,
  double: 0x05,
  timestamp: 0x07,
  longlong: 0x08,
  int24: 0x09,
  date: 0x0a,
  time: 0x0b,
  datetime: 0x0c,
  year: 0x0d,
  bit: 0x10,
  newdecimal: 0xf6,
} as const;
export const INTEGERS: ReadonlySet<number> = new Set([
  TYPE.tiny,
  TYPE.short,
  TYPE.long,
  TYPE.int24,
  TYPE.longlong,
  TYPE.year,
]);
/** The server says that they are binary. */
export const TEXTS: ReadonlySet<number> = new Set([
  TYPE.decimal,
  TYPE.newdecimal,
  TYPE.date,
  TYPE.time,
  TYPE.datetime,
  TYPE.timestamp,
]);
export const NULL_TEXT = 0xfb;
export const BINARY_CHARSET = 63;
export const UNSIGNED = 32;
export const JSON_TYPE = 0xf5;
