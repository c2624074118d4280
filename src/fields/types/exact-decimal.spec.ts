import fc from 'fast-check';
import { decimalText, ExactDecimal } from './exact-decimal.js';

describe('an exact decimal', () => {
  it('is what was written, however many digits it has', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(30), (units, scale) => {
        const text = decimalText(units, scale);
        expect(ExactDecimal.parse(text)!.floor(scale)).toEqual({ units, isExact: true });
        // Cut below, never rounded up.
        const { units: floor, isExact } = ExactDecimal.parse(text)!.floor(0);
        const one = 10n ** BigInt(scale);
        expect(floor * one <= units && units < (floor + 1n) * one).toBe(true);
        expect(isExact).toBe(floor * one === units);
      }),
    );
  });

  it('reads the numbers of JSON, and is the double that they are', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(double, (value) => expect(ExactDecimal.ofNumber(value).toNumber()).toBe(value + 0)));
    for (const bad of ['', '-', '.5', '1.', '1e', '0x1', ' 1', '1 ', 'NaN', 'Infinity', '1,5', '١'])
      expect(ExactDecimal.parse(bad)).toBeNull();
  });

  it('takes no time for an exponent that leads nowhere', () => {
    expect(ExactDecimal.parse('1e999999999')!.toNumber()).toBe(Infinity);
    expect(ExactDecimal.parse('-1e999999999')!.floor(2).units < 0n).toBe(true);
    expect(ExactDecimal.parse('1e-999999999')!.floor(9)).toEqual({ units: 0n, isExact: false });
    expect(ExactDecimal.parse('-1e-999999999')!.floor(9)).toEqual({ units: -1n, isExact: false });
  });
});
