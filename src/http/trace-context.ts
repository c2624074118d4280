import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;
const prefix = randomBytes(8).toString('hex');
let count = 0;

/**
 * The trace id of a request: the caller's own (W3C Trace Context, `traceparent`), or a new one. New ones are a random
 * number of the process and a count, unique without asking the system's generator for each request.
 */
export function traceIdOf(traceparent: string | string[] | undefined): string {
  const given = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  return given ?? `${prefix}${(++count).toString(16).padStart(16, '0')}`;
}
