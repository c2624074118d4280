const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LEAST_MS = 10;
const MOST_MS = 365 * UNITS.d;

/** `'500ms'`, `'30s'`, `'15m'`, `'1h'`, `'7d'` */
export type Duration = `${number}${keyof typeof UNITS}`;

/**
 * In milliseconds.
 * @param what is said, for the error
 * @throws TypeError for what is no duration from 10 ms to a year
 */
export function durationMs(text: string, what: string): number {
  const [, digits, unit] = /^(\d{1,9})(ms|[smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * UNITS[unit as keyof typeof UNITS];
  if (ms >= LEAST_MS && ms <= MOST_MS) return ms;
  throw new TypeError(
    `${what} must be a whole number with ms, s, m, h or d, from 10ms to 365d, and not ${JSON.stringify(text)}.`,
  );
}
