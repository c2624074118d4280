const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** The largest exponent, beyond the range of every column and of doubles; larger powers would only cost time. */
const MOST_EXPONENT = 400;

/** A number as it was written, without rounding: `unscaled` × 10^-`scale`. */
export class ExactDecimal {
  private constructor(
    readonly unscaled: bigint,
    readonly scale: number,
  ) {}

  /** Null for what is no JSON number (RFC 8259 section 6, leading zeros allowed). */
  static parse(text: string): ExactDecimal | null {
    const match = DECIMAL.exec(text);
    if (!match) return null;
    const [, sign, whole, fraction = '', exponent = '0'] = match;
    const digits = BigInt(`${whole!}${fraction}`);
    const power = Math.max(-MOST_EXPONENT, Math.min(MOST_EXPONENT, Number(exponent)));
    const scale = fraction.length - power;
    const unscaled = sign === '-' ? -digits : digits;
    return scale >= 0 ? new ExactDecimal(unscaled, scale) : new ExactDecimal(unscaled * 10n ** BigInt(-scale), 0);
  }

  /** The shortest decimal that reads back as this double. */
  static ofNumber(value: number | bigint): ExactDecimal {
    return ExactDecimal.parse(String(value))!;
  }

  /** The largest multiple of 10^-`scale` that is not more than this, in such units. */
  floor(scale: number): { readonly units: bigint; readonly isExact: boolean } {
    if (scale >= this.scale) return { units: this.unscaled * 10n ** BigInt(scale - this.scale), isExact: true };
    const divisor = 10n ** BigInt(this.scale - scale);
    const quotient = this.unscaled / divisor;
    const isExact = quotient * divisor === this.unscaled;
    return { units: isExact || this.unscaled >= 0n ? quotient : quotient - 1n, isExact };
  }

  toNumber(): number {
    return Number(`${this.unscaled}e-${this.scale}`);
  }

  toString(): string {
    return decimalText(this.unscaled, this.scale);
  }
}

/** `units` of 10^-`scale`, with exactly `scale` digits after the point. */
export function decimalText(units: bigint, scale: number): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
