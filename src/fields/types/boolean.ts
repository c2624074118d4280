import { NO_VIOLATION, wrong, type FieldType } from './field-type.js';

export const boolean: FieldType = {
  operators: ['eq', 'ne', 'in'],
  isSortable: true,
  column: () => ({ type: 'boolean' }),
  check: () => (value) => (typeof value === 'boolean' ? NO_VIOLATION : wrong('wrong-type', 'must be true or false')),
  bound: () => (literal) =>
    typeof literal === 'boolean' ? { value: literal, isExact: true } : 'must be true or false',
  order: (a: boolean, b: boolean) => Number(a) - Number(b),
  codec: () => ({ encode: (value: boolean) => Number(value), decode: (value) => Number(value) !== 0 }),
  schema: () => ({ type: 'boolean' }),
  sample: (_options, n) => n % 2 === 0,
};
