import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BadValue } from './bad-value.js';

/** @returns the text of the file @throws BadValue where it has no certificate, or one that is broken */
export function certificates(path: string): string {
  return read(path, 'certificate', (pem) => {
    const all = pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [''];
    for (const one of all) new X509Certificate(one);
  });
}

/** @returns the text of the file @throws BadValue where it has no private key, or one that needs a password */
export function privateKey(path: string): string {
  return read(path, 'private key without a password', createPrivateKey);
}

function read(path: string, what: string, check: (pem: string) => unknown): string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch {
    throw new BadValue('names a file that can not be read');
  }
  try {
    check(pem);
  } catch {
    throw new BadValue(`names a file that holds no ${what} in PEM`);
  }
  return pem;
}
