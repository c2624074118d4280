import type { CrudEntity } from './crud.entity.js';

/**
 * A strong validator (RFC 9110 section 8.8.1) made of what the update statement compares: the version counts the changes
 * of one life of a row, the time of the last change tells two lives of one id apart. Clients must not read anything
 * into it.
 */
export function etagOf(row: Pick<CrudEntity, 'version' | 'updated_at'>): string {
  const at = row.updated_at;
  return `"${row.version}-${at.slice(2, 4)}${at.slice(5, 7)}${at.slice(8, 10)}${at.slice(11, 13)}${at.slice(14, 16)}${at.slice(17, 19)}${at.slice(20, 23)}"`;
}
