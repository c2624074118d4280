import type { IncomingMessage } from 'node:http';

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * Takes the absolute form of a request target for the path and the Host that it stands for (RFC 9112 sections 3.2.2 and
 * 3.3): the one of its own Host header is not looked at. All others are left as they are.
 */
export function toOriginForm(request: IncomingMessage): void {
  const [, authority, rest = ''] = ABSOLUTE.exec(request.url!) ?? [];
  if (authority === undefined) return;
  request.headers.host = authority;
  // Without a path OPTIONS is about the server as a whole (section 3.2.4).
  if (rest === '' && request.method === 'OPTIONS') request.url = '*';
  else request.url = rest.startsWith('/') ? rest : `/${rest}`;
}
