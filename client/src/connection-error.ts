/** No answer came, or only a part of one, for as long as the client was to try. `cause` has the last failure. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}
