import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certified {
  /** Paths of files in PEM. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in a temporary folder, by the command line of OpenSSL. */
export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), 'plinth-ca-'));
  readonly ca: string;
  private readonly key: string;

  constructor() {
    [this.ca, this.key] = [this.path('ca.pem'), this.path('ca.key')];
    this.openssl('req', '-x509', ...NEW_KEY, this.key, '-out', this.ca, '-days', '2', '-subj', '/CN=Test authority');
  }

  /** @param names as in `DNS:localhost,IP:127.0.0.1`; the same file again where it has the same name */
  issue(file: string, names: string, days = 2): Certified {
    const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) => this.path(`${file}.${end}`));
    writeFileSync(extensions!, `subjectAltName=${names}`);
    this.openssl('req', '-new', ...NEW_KEY, key!, '-out', request!, '-subj', `/CN=${file}`);
    const signed = ['-CA', this.ca, '-CAkey', this.key, '-CAcreateserial', '-days', String(days)];
    this.openssl('x509', '-req', '-in', request!, ...signed, '-extfile', extensions!, '-out', cert!);
    return { cert: cert!, key: key! };
  }

  /** A file beside the others. */
  write(file: string, text: string): string {
    writeFileSync(this.path(file), text);
    return this.path(file);
  }

  /** @returns the path of a private key that is too short for anybody to take */
  shortKey(): Certified {
    const [cert, key] = [this.path('short.pem'), this.path('short.key')];
    this.openssl('req', '-x509', '-newkey', 'rsa:512', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=short');
    return { cert, key };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private path(file: string): string {
    return join(this.folder, file);
  }

  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout'];
