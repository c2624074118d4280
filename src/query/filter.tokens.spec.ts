import { DomainError } from '../problems/domain-error.js';
import { FILTER_LIMITS, parseFilter } from './filter.parser.js';

const positionOf = (filter: string): number | undefined => {
  try {
    parseFilter(filter);
  } catch (error) {
    return (error as DomainError).errors[0]!.position;
  }
  return undefined;
};

describe('positions in a filter', () => {
  it('are counted in characters, as its length is', () => {
    expect(positionOf("name eq 'a' 'b'")).toBe(12);
    expect(positionOf("name eq '😀' 'b'")).toBe(12);
    expect(positionOf("name eq '😀' and €")).toBe(16);
    expect(positionOf("name in ('😀','😀'")).toBe(16);
    expect(positionOf(`name eq '${'😀'.repeat(1015)}'`)).toBe(FILTER_LIMITS.characters);
    expect(positionOf(`name eq '${'😀'.repeat(1014)}'`)).toBeUndefined();
  });

  it('are those of the opening quote where the closing one is missing', () => {
    for (const rest of ['a', "a''", "a''''", "''", "'' or b eq 1"]) expect(positionOf(`name eq '${rest}`)).toBe(8);
    expect(positionOf("name eq 'a''b'")).toBeUndefined();
    expect(positionOf("name eq ''")).toBeUndefined();
    expect(positionOf("name eq ''''")).toBeUndefined();
  });

  it('are those of the predicate, list value or parenthesis that is one too many', () => {
    const joined = (count: number, part: string, by: string) => Array.from({ length: count }, () => part).join(by);
    expect(positionOf(joined(20, 'a eq 1', ' or '))).toBeUndefined();
    expect(positionOf(joined(21, 'a eq 1', ' or '))).toBe(200);
    expect(positionOf(`a in (${joined(50, '1', ',')})`)).toBeUndefined();
    expect(positionOf(`a in (${joined(51, '1', ',')})`)).toBe(106);
    expect(positionOf(`${'('.repeat(5)}a eq 1${')'.repeat(5)}`)).toBeUndefined();
    expect(positionOf(`${'('.repeat(6)}a eq 1${')'.repeat(6)}`)).toBe(5);
    expect(positionOf('not not a eq 1')).toBe(8);
  });
});

describe('the largest filters', () => {
  it('take the parser time in proportion to their length', () => {
    const values = Array.from({ length: 50 }, (_, n) => `'${n}'`).join(',');
    const filters = [
      Array.from({ length: 3 }, () => `name in (${values})`)
        .join(' or ')
        .slice(0, 1024),
      `name eq '${"''".repeat(507)}`,
      `name eq '${"''".repeat(507)}'`,
      '('.repeat(1024),
      ' '.repeat(1024),
      `${'1'.repeat(1023)}x`,
      `${'a'.repeat(1023)}X`,
    ];
    for (const filter of filters) {
      const times = Array.from({ length: 50 }, () => {
        const begun = performance.now();
        positionOf(filter);
        return performance.now() - begun;
      });
      expect(Math.min(...times)).toBeLessThan(1);
    }
  });
});
