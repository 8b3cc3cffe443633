/** An issuer of tokens: keys, and an HTTP server with the set of the public ones. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export interface SigningKey {
  readonly alg: string;
  readonly kid?: string;
  readonly key: CryptoKey | Uint8Array;
  /** Of a pair. */
  readonly jwk?: JWK;
}

export async function newKey(alg: string, kid?: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), alg, use: 'sig', ...(kid === undefined ? {} : { kid }) };
  return { alg, key: privateKey, jwk, ...(kid === undefined ? {} : { kid }) };
}

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'eppset';

/** The header for a request, with claims that are right but for those that are given. */
export async function bearer(
  { alg, kid, key }: SigningKey,
  nowMs: number,
  claims: Record<string, unknown> = {},
): Promise<string> {
  const nowSeconds = Math.floor(nowMs / 1_000);
  const right: JWTPayload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'shop',
    exp: nowSeconds + 300,
    scope: 'epp:core:com',
  };
  const payload = Object.entries({ ...right, ...claims }).filter(([, value]) => value !== undefined);
  const token = await new SignJWT(Object.fromEntries(payload))
    .setProtectedHeader({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
    .sign(key);
  return `Bearer ${token}`;
}

/** Serves what `answer` says now. */
export class JwksServer {
  readonly #server: Server;
  fetches = 0;
  answer: { status: number; body: string } | 'hang' = { status: 200, body: '{"keys": []}' };

  private constructor() {
    this.#server = createServer((_request, response) => {
      this.fetches++;
      if (this.answer === 'hang') return;
      response.writeHead(this.answer.status, { 'content-type': 'application/json' }).end(this.answer.body);
    });
  }

  static async start(...keys: SigningKey[]): Promise<JwksServer> {
    const server = new JwksServer();
    server.show(...keys);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys?tenant=hidden`;
  }

  show(...keys: SigningKey[]): void {
    this.answer = { status: 200, body: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) };
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
