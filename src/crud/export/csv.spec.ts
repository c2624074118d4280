import fc from 'fast-check';
import type { Field } from '../../fields/field.js';
import { csvHeader, csvLine } from './csv.js';

const field = (name: string, type: Field['type']) => ({ name, type }) as Field;
const text = [field('a', 'string'), field('b', 'string')];
const cellOf = (value: unknown, type: Field['type'] = 'string') =>
  csvLine([field('a', type)], { a: value }).slice(0, -2);

/** RFC 4180 section 2, read to the letter. */
function read(csv: string): string[][] {
  const records: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < csv.length) {
    const match = cell.exec(csv);
    if (!match) throw new Error('This is no CSV');
    records.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === '\r\n') records.push([]);
  }
  return records.slice(0, -1);
}

describe('CSV', () => {
  it('is read back as it was written, but for the apostrophe before what a spreadsheet would run', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom(...'=+-@\t\r\n",\'a ') }),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ a: value, b: value })), (rows) => {
        const csv = csvHeader(text) + rows.map((row) => csvLine(text, row)).join('');
        const neutral = (cell: string) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
        expect(read(csv)).toEqual([['a', 'b'], ...rows.map(({ a, b }) => [neutral(a), neutral(b)])]);
      }),
    );
  });

  it('leaves no text that begins a formula', () => {
    for (const start of '=+-@\t\r') expect(cellOf(`${start}1`)).toMatch(/^"?'/);
    expect(cellOf('=1,"x"')).toBe('"\'=1,""x"""');
    expect(cellOf('-5')).toBe("'-5");
  });

  it('leaves numbers numbers, those that the database gives as text too', () => {
    expect(cellOf(-5, 'integer')).toBe('-5');
    expect(cellOf(-1e-7, 'number')).toBe('-1e-7');
    expect(cellOf('-12.50', 'number')).toBe('-12.50');
    expect(cellOf("-1+cmd|'x'", 'number')).toBe("'-1+cmd|'x'");
    expect(cellOf(false, 'boolean')).toBe('false');
  });

  it('has nothing for null', () => {
    expect(csvLine(text, { a: null })).toBe(',\r\n');
  });
});
