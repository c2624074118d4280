import {
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const ISSUER = 'https://issuer.example.org';
export const AUDIENCE = 'plinth';

interface Pair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** An issuer of tokens with its keys behind a URL. */
export class Issuer {
  /** The number of times that the keys were asked for. */
  asked = 0;
  isAway = false;
  private keys: JWK[] = [];
  private readonly pairs = new Map<string, Pair>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Issuer> {
    const server = createServer((_request, response) => {
      issuer.asked++;
      if (issuer.isAway) return response.writeHead(500).end();
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: issuer.keys }));
    });
    const issuer: Issuer = new Issuer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await issuer.addKey('first');
    return issuer;
  }

  get env(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return {
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
    };
  }

  async addKey(kid: string, alg = 'RS256'): Promise<void> {
    const pair = await generateKeyPair(alg, { extractable: true });
    this.pairs.set(kid, pair);
    this.keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' });
  }

  removeKey(kid: string): void {
    this.keys = this.keys.filter((key) => key.kid !== kid);
  }

  pem(kid = 'first'): Promise<string> {
    return exportSPKI(this.pairs.get(kid)!.publicKey);
  }

  privatePem(kid = 'first'): Promise<string> {
    return exportPKCS8(this.pairs.get(kid)!.privateKey);
  }

  /** A good token, but for what is given. A claim that is undefined is left out. */
  sign(
    claims: JWTPayload = {},
    { kid = 'first', header = {} }: { kid?: string; header?: object } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', exp: now + 300, scope: '*:read openid', ...claims };
    const { alg = 'RS256' } = this.keys.find((key) => key.kid === kid) ?? {};
    return new SignJWT(payload).setProtectedHeader({ alg, kid, ...header }).sign(this.pairs.get(kid)!.privateKey);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
