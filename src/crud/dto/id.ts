/** An id: 1 to 36 characters, unreserved in a URL (RFC 3986 section 2.3), never the colon that begins an action. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,35}$/;

/** What can't be an id need not be looked up; collations could make the database find one all the same. */
export function isId(value: string): boolean {
  return ID_PATTERN.test(value);
}
