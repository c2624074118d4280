import fc from 'fast-check';
import { canonicalInstant, parseInstant } from './rfc3339.js';

describe('an RFC 3339 date-time', () => {
  it('is the instant that it names, cut to the millisecond', () => {
    const part = (max: number, min = 0) => fc.integer({ min, max });
    const two = (value: number) => String(value).padStart(2, '0');
    const text = fc
      .tuple(part(9999, 1), part(12, 1), part(28, 1), part(23), part(59), part(59), part(999_999_999), part(9, 1))
      .map(([year, month, day, hour, minute, second, fraction, digits]) => {
        const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
        return `${date}T${two(hour)}:${two(minute)}:${two(second)}.${String(fraction).padStart(9, '0').slice(0, digits)}`;
      });
    const zone = fc.oneof(
      fc.constantFrom('Z', '-00:00'),
      fc.tuple(fc.constantFrom('+', '-'), part(23), part(59)).map(([sign, h, m]) => `${sign}${two(h)}:${two(m)}`),
    );
    fc.assert(
      fc.property(text, zone, fc.boolean(), (local, offset, lower) => {
        const written = `${local}${offset}`;
        const [whole, fraction] = local.split('.') as [string, string];
        const meant = Date.parse(`${whole}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`);
        expect(parseInstant(lower ? written.toLowerCase() : written)).toBe(meant);
        if (meant >= Date.UTC(1000) && meant < Date.UTC(9999, 11, 31))
          expect(canonicalInstant(written)).toBe(new Date(meant).toISOString());
      }),
    );
  });

  it('has every day of the calendar and no other', () => {
    for (let year = 1896; year <= 2104; year++) {
      for (let month = 1; month <= 12; month++) {
        const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
        for (const day of [28, 29, 30, 31, 32]) {
          const text = `${year}-${String(month).padStart(2, '0')}-${day}T00:00:00Z`;
          expect({ text, is: parseInstant(text) !== null }).toEqual({ text, is: day <= days });
        }
      }
    }
  });

  it('may lie before the first year and after the last one by its offset', () => {
    expect(parseInstant('0001-01-01T00:00:00+01:00')).toBe(Date.parse('0000-12-31T23:00:00Z'));
    expect(parseInstant('9999-12-31T23:59:59-01:00')).toBe(Date.parse('+010000-01-01T00:59:59Z'));
  });
});
