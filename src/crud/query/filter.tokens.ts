import { DomainError } from '../../http/domain-error.js';

export interface Token {
  readonly kind: 'word' | 'string' | 'number' | '(' | ')' | ',' | 'end';
  readonly text: string;
  readonly position: number;
}

const TOKEN = /\s*(?:([a-z][a-z0-9_]*)|'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])|([(),]))/y;

/** @throws DomainError `invalid-filter` at the first character that begins nothing */
export function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < filter.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(filter);
    if (!match) {
      const position = at + filter.slice(at).search(/\S|$/);
      if (position >= filter.length) break;
      throw invalidFilter(
        filter[position] === "'" ? 'This string has no closing quote.' : 'Nothing begins like this.',
        position,
      );
    }
    const [all, word, string, number, mark] = match;
    at = TOKEN.lastIndex;
    const position = at - all.trimStart().length;
    if (word !== undefined) tokens.push({ kind: 'word', text: word, position });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.replaceAll("''", "'"), position });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, position });
    else tokens.push({ kind: mark as '(', text: mark!, position });
  }
  tokens.push({ kind: 'end', text: '', position: filter.length });
  return tokens;
}

export function invalidFilter(detail: string, position: number): DomainError {
  const errors = [{ code: 'invalid-filter', detail, parameter: 'filter', position }];
  return new DomainError('invalid-filter', `${detail} (at character ${position})`, { errors });
}
