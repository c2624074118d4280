import { caseVariants, variantsIn } from './case-folding.js';
import { padded } from '../database/padded.js';

/**
 * A column in which letters that differ from those of `texts` in case alone are the same, and the texts in these letters. The
 * engines' own functions know different letters: SQLite's those of ASCII, MariaDB's those of an old Unicode. So each letter is
 * replaced in the column; those that the texts do not have do not matter.
 */
export function foldedSql(
  column: string,
  texts: readonly string[],
): { readonly sql: string; readonly params: readonly string[]; readonly texts: readonly string[] } {
  const pairs = variantsIn(texts).flatMap(([kept, ...others]) => others.map((other) => [other, kept!]));
  const all = padded(pairs);
  return {
    sql: `${'REPLACE('.repeat(all.length)}${column}${', ?, ?)'.repeat(all.length)}`,
    params: all.flat(),
    texts: texts.map((text) => Array.from(text, (letter) => caseVariants(letter)[0]).join('')),
  };
}
