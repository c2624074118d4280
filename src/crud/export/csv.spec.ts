import fc from 'fast-check';
import type { Field } from '../../fields/field.js';
import { csvHeader, csvLine } from './csv.js';

const field = (name: string, type: Field['type'], options = {}) => ({ name, type, options }) as Field;
const text = [field('a', 'string'), field('b', 'string')];
const cellOf = (value: unknown, type: Field['type'] = 'string', options = {}) =>
  csvLine([field('a', type, options)], { a: value }).slice(0, -2);

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
  it('is read back as it was written, but for apostrophes before what a spreadsheet would run', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom(...'=+-@＝\t\r\n;",\'a ') }),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ a: value, b: value })), (rows) => {
        const csv = csvHeader(text) + rows.map((row) => csvLine(text, row)).join('');
        const plain = (cells: string[]) => cells.map((cell) => cell.replaceAll("'", ''));
        expect(read(csv).map(plain)).toEqual([['a', 'b'], ...rows.map(({ a, b }) => plain([a, b]))]);
        // Splits at every separator that a reader may know, whether it knows quotes or not.
        for (const cell of csv.split(/[;,|\t\r\n]/)) expect(cell).not.toMatch(/^[\s"]*[=+\-@＝＋－＠]/);
      }),
    );
  });

  it('leaves no text that begins a formula', () => {
    for (const sign of '=+-@＝＋－＠') {
      for (const before of ['', ' ', '\t', '\r', '\n', '\r\n', '"', ' "', '\ufeff', '\u200b', '\u00a0', '\u0000'])
        expect(cellOf(`${before}${sign}1`)).toMatch(/^"?'/);
      for (const separator of ';,|\t\r\n')
        expect(cellOf(`a${separator} "${sign}1`)).toMatch(
          new RegExp(`a${separator.replace('|', '[|]')} "+'[${sign}]1`),
        );
    }
    expect(cellOf('x;=1+1')).toBe("x;'=1+1");
    expect(cellOf('\n=1')).toBe('"\'\n\'=1"');
    for (const plain of ['a=b', 'a-b', '1 - 2', 'a@b.org', 'x; y', "it's"]) expect(cellOf(plain)).toBe(plain);
    expect(cellOf('=1,"x"')).toBe('"\'=1,""x"""');
    expect(cellOf('-5')).toBe("'-5");
  });

  it('leaves no formula in a document or a list either, which stays JSON', () => {
    const strings = fc.string({ unit: fc.constantFrom(...'=+-@＝\t\n;,|"\\a ') });
    fc.assert(
      fc.property(fc.array(strings), fc.dictionary(strings, strings), (list, members) => {
        const line = csvLine([field('a', 'list', { items: { type: 'string' } }), field('b', 'json')], {
          a: list,
          b: members,
        });
        for (const cell of line.split(/[;,|\t\r\n]/)) expect(cell).not.toMatch(/^[\s"]*[=+\-@＝＋－＠]/);
        const [[a, b]] = read(line) as [[string, string]];
        const plain = (value: unknown) => JSON.stringify(value).replaceAll("'", '');
        expect(plain(JSON.parse(a))).toBe(plain(list));
        expect(Object.keys(JSON.parse(b) as object)).toHaveLength(Object.keys(members).length);
      }),
    );
    expect(cellOf({ k: 'a;=1', '@x': [-1] }, 'json')).toBe(`"{""k"":""a;'=1"",""'@x"":[-1]}"`);
    expect(cellOf(['-1.50', '2.00'], 'list', { items: { type: 'decimal' } })).toBe('"[""-1.50"",""2.00""]"');
  });

  it('leaves numbers numbers, those that the database gives as text too', () => {
    expect(cellOf(-5, 'integer')).toBe('-5');
    expect(cellOf(-1e-7, 'number')).toBe('-1e-7');
    expect(cellOf('-12.50', 'decimal')).toBe('-12.50');
    expect(cellOf(false, 'boolean')).toBe('false');
  });

  it('takes no longer for what was made to take long', () => {
    const started = performance.now();
    for (const unit of ['\n', ' ', ';', '" ', "\t'"]) cellOf(unit.repeat(200_000));
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('has nothing for null', () => {
    expect(csvLine(text, { a: null })).toBe(',\r\n');
  });
});
