/** RFC 3339 section 5.6, with up to the nine digits of a second that the clocks of Go, Python and Java give. */
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/i;

/**
 * Milliseconds since 1970 of an RFC 3339 date-time of the years 0001 to 9999, cut to the millisecond; null for anything
 * else. An offset can lead out of these years, in which texts compare as times do. Date.parse would take hour 24 for the next day, and 30 February for 1 March. A leap second (:60) has no place of
 * its own in any column, and is refused rather than moved.
 */
export function parseInstant(text: string): number | null {
  const match = DATE_TIME.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (year === 0 || hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return null;
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) return null;
  const offset = (offsetHour * 60 + offsetMinute) * (match[8] === '-' ? -1 : 1);
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  return at.setUTCHours(hour, minute - offset, second, milliseconds);
}

/** An instant in the one spelling that rows have: UTC with milliseconds. */
export function canonicalInstant(text: string): string {
  return new Date(parseInstant(text)!).toISOString();
}
