// Times as MySQL's binary protocol has them: a length, and as many parts as are not zero.

const TWO = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));

/** `2026-11-24 02:37:36.123`. */
export function instantText(buffer: Buffer, at: number, isDate: boolean, decimals: number): string {
  const length = buffer[at]!;
  if (length === 11 && decimals === 3) return millisecondText(buffer, at);
  const year = length < 4 ? 0 : buffer[at + 1]! | (buffer[at + 2]! << 8);
  const day =
    length < 4
      ? '0000-00-00'
      : `${year < 1000 ? String(year).padStart(4, '0') : year}-${TWO[buffer[at + 3]!]}-${TWO[buffer[at + 4]!]}`;
  if (isDate) return day;
  if (length < 7) return `${day} 00:00:00`;
  const time = `${day} ${TWO[buffer[at + 5]!]}:${TWO[buffer[at + 6]!]}:${TWO[buffer[at + 7]!]}`;
  if (length < 11) return time;
  return `${time}.${String(buffer.readUInt32LE(at + 8))
    .padStart(6, '0')
    .slice(0, decimals || 6)}`;
}

/**
 * Writes an instant with milliseconds, as most have them: from its characters at once, as joining parts takes four times as
 * long.
 */
function millisecondText(buffer: Buffer, at: number): string {
  const year = buffer[at + 1]! | (buffer[at + 2]! << 8);
  const [month, day, hour, minute, second] = [
    buffer[at + 3]!,
    buffer[at + 4]!,
    buffer[at + 5]!,
    buffer[at + 6]!,
    buffer[at + 7]!,
  ];
  const ms = Math.floor(buffer.readUInt32LE(at + 8) / 1000);
  // prettier-ignore
  return String.fromCharCode(
    digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), 0x2d,
    digit(month / 10), digit(month), 0x2d, digit(day / 10), digit(day), 0x20,
    digit(hour / 10), digit(hour), 0x3a, digit(minute / 10), digit(minute), 0x3a, digit(second / 10), digit(second), 0x2e,
    digit(ms / 100), digit(ms / 10), digit(ms),
  );
}

/** The last digit of a number's whole part, as a character. */
function digit(number: number): number {
  return 0x30 + (Math.trunc(number) % 10);
}

/** `-838:59:59.5`: hours go on beyond a day. */
export function timeText(buffer: Buffer, at: number): string {
  const length = buffer[at]!;
  if (length < 8) return '00:00:00';
  const hours = buffer.readUInt32LE(at + 2) * 24 + buffer[at + 6]!;
  const time = `${buffer[at + 1] ? '-' : ''}${String(hours).padStart(2, '0')}:${TWO[buffer[at + 7]!]}:${TWO[buffer[at + 8]!]}`;
  const micros = length < 12 ? 0 : buffer.readUInt32LE(at + 9);
  return micros === 0 ? time : `${time}.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
}
