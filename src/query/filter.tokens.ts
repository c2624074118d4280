import { DomainError } from '../problems/domain-error.js';

export interface Token {
  readonly kind: 'word' | 'string' | 'number' | '(' | ')' | ',' | 'end';
  readonly text: string;
  /** The place in the filter, in characters (code points) from 0. */
  readonly position: number;
}

const TOKEN = /\s*(?:([a-z][a-z0-9_]*)|'((?:[^']|'')*)'(?!')|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])|([(),]))/y;
const SURROGATE_PAIR = /[\ud800-\udbff][\udc00-\udfff]/g;

/** @throws DomainError `invalid-filter` at the first character that begins nothing */
export function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  // UTF-16 units that are no characters of their own: what positions are less than offsets.
  let surplus = 0;
  while (at < filter.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(filter);
    if (!match) {
      const offset = at + filter.slice(at).search(/\S|$/);
      if (offset >= filter.length) break;
      throw invalidFilter(
        filter[offset] === "'"
          ? 'This string has no closing quote.'
          : "A name in lower case, a 'string', a number or one of ( ) , was expected.",
        offset - surplus,
      );
    }
    const [all, word, string, number, mark] = match;
    at = TOKEN.lastIndex;
    const position = at - all.trimStart().length - surplus;
    if (word !== undefined) tokens.push({ kind: 'word', text: word, position });
    else if (string !== undefined) {
      tokens.push({ kind: 'string', text: string.replaceAll("''", "'"), position });
      surplus += string.match(SURROGATE_PAIR)?.length ?? 0;
    } else if (number !== undefined) tokens.push({ kind: 'number', text: number, position });
    else tokens.push({ kind: mark as '(', text: mark!, position });
  }
  tokens.push({ kind: 'end', text: '', position: filter.length - surplus });
  return tokens;
}

export function invalidFilter(detail: string, position: number): DomainError {
  const errors = [{ code: 'invalid-filter', detail, parameter: 'filter', position }];
  return new DomainError('invalid-filter', `${detail} (at character ${position})`, { errors });
}
