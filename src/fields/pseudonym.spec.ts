import { fieldOf } from './field.decorator.js';
import { isPseudonym, newToken, pseudonymLength, pseudonymOf } from './pseudonym.js';

describe('a pseudonym', () => {
  it.each([undefined, 'email', 'uri', 'uuid'] as const)('of the format %s passes the rules of its field', (format) => {
    const options = format ? { format } : {};
    const length = pseudonymLength(options);
    const { check } = fieldOf('contact', { type: 'string', minLength: length, maxLength: length, ...options });
    const seen = new Set<string>();
    for (let n = 0; n < 500; n++) {
      const token = newToken();
      const value = pseudonymOf(options, token);
      expect(check(value)).toEqual([]);
      expect(isPseudonym(options, value)).toBe(true);
      expect(pseudonymOf(options, token)).toBe(value);
      seen.add(value);
    }
    expect(seen.size).toBe(500);
  });

  it('is told from values', () => {
    for (const value of [null, 7, '', 'erased', 'erased-ada', `x${pseudonymOf({}, newToken())}`])
      expect(isPseudonym({}, value)).toBe(false);
    expect(isPseudonym({ format: 'uuid' }, '0199f0a4-6e1c-7cc3-b0b5-4f1d4c2f9a11')).toBe(false);
    expect(isPseudonym({ format: 'email' }, 'erased-ada@erased.invalid')).toBe(false);
  });
});
