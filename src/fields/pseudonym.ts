import { randomBytes } from 'node:crypto';
import type { FieldOptions } from './field.js';
import type { TextFormat } from './types/text.js';

/** The random part of a pseudonym: 22 characters of base64url. */
const TOKEN = '[A-Za-z0-9_-]{22}';
const TOKEN_BYTES = 16;
/** The first group of a UUID that stands for an erased one; its version is 8, whose bits are anybody's (RFC 9562). */
const ERASED_GROUP = 'e7a5ed00';

interface Form {
  readonly length: number;
  readonly of: (token: string) => string;
  readonly pattern: RegExp;
}

const PLAIN: Form = {
  length: 29,
  of: (token) => `erased-${token}`,
  pattern: new RegExp(`^erased-${TOKEN}$`),
};

const FORMS: Readonly<Record<TextFormat, Form>> = {
  email: {
    length: 44,
    of: (token) => `erased-${token}@erased.invalid`,
    pattern: new RegExp(`^erased-${TOKEN}@erased\\.invalid$`),
  },
  uri: {
    length: 45,
    of: (token) => `https://erased.invalid/${token}`,
    pattern: new RegExp(`^https://erased\\.invalid/${TOKEN}$`),
  },
  uuid: {
    length: 36,
    of: (token) => {
      const hex = Buffer.from(token, 'base64url').toString('hex');
      return `${ERASED_GROUP}-${hex.slice(0, 4)}-8${hex.slice(4, 7)}-8${hex.slice(7, 10)}-${hex.slice(10, 22)}`;
    },
    pattern: new RegExp(`^${ERASED_GROUP}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`),
  },
};

type Text = Pick<FieldOptions, 'format'>;

export const PLAIN_TEXT: Text = {};

const formOf = ({ format }: Text): Form => (format ? FORMS[format] : PLAIN);

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** The value that stands for erased ones: of the field's format, and the same for the same token. */
export function pseudonymOf(options: Text, token: string): string {
  return formOf(options).of(token);
}

/** The length of a field's pseudonyms, in characters. */
export function pseudonymLength(options: Text): number {
  return formOf(options).length;
}

export function isPseudonym(options: Text, value: unknown): boolean {
  return typeof value === 'string' && formOf(options).pattern.test(value);
}
