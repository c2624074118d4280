import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TlsConfig } from '../../config/tls.js';

/** How a connection really goes to the server: the settings only say how it should. */
export interface Line {
  readonly text: string;
  /** Others than this machine can read it, and change what it says. */
  readonly isExposed: boolean;
}

/** Asks the socket. The server would tell of its own end, which may be a proxy's line to it. */
export function lineOf(stream: Socket, tls: TlsConfig | null): Line {
  if (!(stream instanceof TLSSocket)) return { text: 'in plain text', isExposed: !isLocal(stream.remoteAddress) };
  const { standardName } = stream.getCipher();
  const check = tls?.isVerified ? 'its certificate was checked' : 'its certificate was not checked';
  return { text: `encrypted (${stream.getProtocol()}, ${standardName}), ${check}`, isExposed: false };
}

function isLocal(address = ''): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(address);
}
