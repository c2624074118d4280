import { DomainError } from '../problems/domain-error.js';

/** An id: 1 to 36 characters, unreserved in a URL (RFC 3986 section 2.3), never the colon that begins an action. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,35}$/;

/** Whether a text can be an id. Another one is not looked up: a collation could make the database find a row all the same. */
export function isId(value: string): boolean {
  return ID_PATTERN.test(value);
}

/** Refuses the id of a PUT, which would make a row of it; to the others such an id is an unknown one. */
export function notAnId(): DomainError {
  const detail = 'An id has 1 to 36 letters, digits, ".", "_", "~" or "-", and begins with a letter or digit.';
  return new DomainError('invalid-parameter', detail, { errors: [{ code: 'malformed', detail, parameter: 'id' }] });
}
