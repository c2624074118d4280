import fc from 'fast-check';
import { ndjsonLine } from './ndjson.js';

describe('NDJSON', () => {
  it('has one line for each row, whatever is in it', () => {
    const row = fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null)));
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const lines = rows
          .map((each) => ndjsonLine([], each))
          .join('')
          .split('\n');
        expect(lines.pop()).toBe('');
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(JSON.stringify(rows)));
      }),
    );
  });
});
