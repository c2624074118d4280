import { compileRules, type Violation } from '../../crud/field.rules.js';

const LONGEST = 100;
const text = compileRules({ type: 'string', minLength: 1, maxLength: LONGEST });
/** Control characters, invisible formatting (text that runs backwards among it), separators of lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}]/u;

/** What is wrong with a key's name, which people read in lists and terminals; null when it is good. */
export function violationOfName(value: unknown): Violation | null {
  const violation = text(value);
  if (violation) return violation;
  if (UNPRINTABLE.test(value as string))
    return { code: 'malformed', detail: 'must not contain control characters, line breaks or invisible formatting' };
  return VISIBLE.test(value as string) ? null : { code: 'too-short', detail: 'must not be blank' };
}

/** Text for a terminal, whatever the table has: what could steer the terminal is spelt out. */
export function printable(value: string): string {
  return value.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`);
}
