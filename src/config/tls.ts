import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { SETTINGS, type Setting } from './settings.js';

export interface TlsConfig {
  /** Whether it is checked who the server is. */
  readonly isVerified: boolean;
  /** Certificates in PEM, as the two that follow. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Undefined: the host that is connected to. */
  readonly serverName: string | undefined;
}

/** @returns null for a line in plain text */
export function readTls(
  read: <T>(setting: Setting<T>) => T,
  isSqlite: boolean | undefined,
  faults: string[],
): TlsConfig | null {
  const mode = read<string | undefined>(SETTINGS.tls);
  const [ca, serverName] = [read(SETTINGS.tlsCa), read(SETTINGS.tlsServerName)];
  const [cert, key] = [read(SETTINGS.tlsCert), read(SETTINGS.tlsKey)];
  // A value that is undefined is at fault already.
  if (mode === undefined) return null;
  const given = (value: string | null | undefined) => value !== null && value !== undefined;
  const only = (setting: Setting<string | null>, value: string | null, isOfUse: boolean, where: string) => {
    if (given(value) && !isOfUse) faults.push(`${setting.key} must not be set unless DATABASE_TLS is ${where}`);
  };
  only(SETTINGS.tlsCa, ca, mode === 'verified', 'verified: the certificate would not be checked');
  only(SETTINGS.tlsServerName, serverName, mode === 'verified', 'verified: the name would not be checked');
  only(SETTINGS.tlsCert, cert, mode !== 'off', 'required or verified');
  only(SETTINGS.tlsKey, key, mode !== 'off', 'required or verified');
  if ((cert === null) !== (key === null)) faults.push('DATABASE_TLS_CERT and DATABASE_TLS_KEY must be set together');
  if (given(cert) && given(key)) {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      faults.push('DATABASE_TLS_KEY must be the key of DATABASE_TLS_CERT');
  }
  if (mode === 'off') return null;
  if (isSqlite) faults.push('DATABASE_TLS must be off on SQLite: there is no line to encrypt');
  const pems = { ca: ca ?? undefined, cert: cert ?? undefined, key: key ?? undefined };
  if (faults.length === 0) refuseWeak(pems, faults);
  return { isVerified: mode === 'verified', serverName: serverName ?? undefined, ...pems };
}

/** A key that is too short, for example: each connection would fail for it. */
function refuseWeak(pems: Pick<TlsConfig, 'ca' | 'cert' | 'key'>, faults: string[]): void {
  try {
    createSecureContext(pems);
  } catch (error) {
    faults.push(`DATABASE_TLS_CA, _CERT and _KEY must be what OpenSSL takes: ${(error as Error).message}`);
  }
}
