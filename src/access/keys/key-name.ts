/** Neither control characters nor invisible formatting (text that runs backwards among it), nor separators of lines. */
export const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u;
export const NOT_BLANK = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}]/u;

/** Text for a terminal, whatever the table has: what could steer the terminal is spelt out. */
export function printable(value: string): string {
  return value.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`);
}
