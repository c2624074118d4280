/** A key that nobody else has. (`crypto.randomUUID` is only for pages that came over TLS.) */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
