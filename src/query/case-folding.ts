/** The last code point that can have a case. */
const LAST_CASED = 0x1ffff;
const IS_CASED = /[\p{Changes_When_Casemapped}\p{Changes_When_Casefolded}]/u;
const SYNTAX = /[\\^$.*+?()[\]{}|/]/g;
let cased: string | undefined;
const known = new Map<string, readonly string[]>();

/**
 * The letters that are one where case does not count, `letter` among them: those of Unicode's simple case folding, which keeps
 * the number of letters (ß is ẞ, and not ss). The first is the shortest in UTF-8.
 */
export function caseVariants(letter: string): readonly string[] {
  if (!IS_CASED.test(letter)) return [letter];
  let variants = known.get(letter);
  if (!variants) {
    // A letter of Unicode's is no syntax of a pattern.
    variants = allCased().match(new RegExp(letter, 'giu'))!;
    variants = [...variants].sort((a, b) => Buffer.byteLength(a) - Buffer.byteLength(b));
    for (const one of variants) known.set(one, variants);
  }
  return variants;
}

/** The variants of each different letter of `texts` that has a case. */
export function variantsIn(texts: readonly string[]): (readonly string[])[] {
  const all = [...new Set(texts.join(''))].map(caseVariants);
  return [...new Set(all)].filter(({ length }) => length > 1);
}

/** Matches a text that is one of `texts`, begins with it, ends with it or has it inside, without regard to case. */
export function patternOf(texts: readonly string[], place: 'in' | 'startswith' | 'endswith' | 'contains'): RegExp {
  const all = texts.map((text) => text.replace(SYNTAX, '\\$&')).join('|');
  const [from, to] = [place === 'in' || place === 'startswith', place === 'in' || place === 'endswith'];
  return new RegExp(`${from ? '^' : ''}(?:${all})${to ? '$' : ''}`, 'iu');
}

/** All letters that have a case, some 2,900; takes 10 ms, and only where a filter asks. */
function allCased(): string {
  if (cased !== undefined) return cased;
  const found: string[] = [];
  for (let point = 0; point <= LAST_CASED; point++) {
    const letter = String.fromCodePoint(point);
    if (IS_CASED.test(letter)) found.push(letter);
  }
  cased = found.join('');
  return cased;
}
