import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TlsConfig } from '../../config/tls.js';

/** The line as a connection really has it; the settings only ask for it. */
export interface Line {
  readonly text: string;
  /** Whether other machines can read the line, and change what it says. */
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
