import type { ConnectionOptions } from 'mysql2';
import { connect, type Socket } from 'node:net';
import type { DatabaseConfig } from '../../config/config.js';

type Target = Pick<DatabaseConfig, 'url' | 'tls' | 'connectTimeoutMs'>;

/** The options of every connection of the process: those of the pool, of the probe and of commands. */
export function connectionOptions({ url, tls, connectTimeoutMs }: Target): ConnectionOptions {
  const { hostname, port, username, password, pathname } = new URL(url);
  const host = decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1');
  const address = { host, port: Number(port) || 3306 };
  const login = {
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    connectTimeout: connectTimeoutMs,
  };
  if (!tls) return { ...address, ...login };
  const { isVerified, serverName = host, ca, cert, key } = tls;
  const pems = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  return {
    ...login,
    port: address.port,
    // mysql2 checks the certificate for the host that it connects to: it is told the name, and not how to get there.
    host: serverName,
    stream: () => open(address, serverName),
    ssl: { ...pems, rejectUnauthorized: isVerified, verifyIdentity: isVerified },
  };
}

/**
 * A socket as mysql2 opens it. In an address there is no name for TLS to ask for, and the certificate would be checked for
 * "localhost": Node takes for it what the socket says that it was opened to, which it sets itself only for names.
 */
function open(address: { host: string; port: number }, serverName: string): Socket {
  const socket = connect({ ...address, keepAlive: true, noDelay: true });
  return Object.assign(socket, { _host: serverName });
}
