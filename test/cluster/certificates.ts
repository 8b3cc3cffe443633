/** The certificates of an API server: an authority, and what it signs. EC keys: RSA ones would cost seconds. */
import type { webcrypto } from 'node:crypto';
import type { JsonGeneralName, X509Certificate } from '@peculiar/x509';
import { provideReflectMetadata } from '../../src/simulator/reflect-metadata.ts';

/** PEM, both. */
export interface KeyPair {
  cert: string;
  key: string;
}

const KEYS = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 3600 * 1000;
type Library = typeof import('@peculiar/x509');

export class CertificateAuthority {
  readonly cert: string;
  private readonly library: Library;
  private readonly issuer: X509Certificate;
  private readonly keys: webcrypto.CryptoKeyPair;

  private constructor(library: Library, issuer: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.library = library;
    this.issuer = issuer;
    this.keys = keys;
    this.cert = pem('CERTIFICATE', issuer.rawData);
  }

  static async create(name: string): Promise<CertificateAuthority> {
    provideReflectMetadata();
    const x509 = await import('@peculiar/x509');
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned(
      {
        name: `CN=${name}`,
        keys,
        ...terms(),
        extensions: [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        ],
      },
      globalThis.crypto,
    );
    return new CertificateAuthority(x509, certificate, keys);
  }

  /** `subject` as in RFC 4514, e.g. `O=system:masters,CN=admin`: Kubernetes reads groups out of O and the user out of CN. */
  async sign(subject: string, names: readonly JsonGeneralName[] = []): Promise<KeyPair> {
    const { library: x509 } = this;
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create(
      {
        subject,
        issuer: this.issuer.subject,
        publicKey: keys.publicKey,
        signingKey: this.keys.privateKey,
        ...terms(),
        extensions: [
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage.serverAuth,
            x509.ExtendedKeyUsage.clientAuth,
          ]),
          ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : []),
        ],
      },
      globalThis.crypto,
    );
    return { cert: pem('CERTIFICATE', certificate.rawData), key: (await pemOf(keys)).privateKey };
  }
}

/** A pair to sign service account tokens with and to check them by, PEM both. */
export async function signingKeys(): Promise<{ publicKey: string; privateKey: string }> {
  return pemOf(await generateKeys());
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return globalThis.crypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
}

async function pemOf(keys: webcrypto.CryptoKeyPair): Promise<{ publicKey: string; privateKey: string }> {
  const { subtle } = globalThis.crypto;
  return {
    publicKey: pem('PUBLIC KEY', await subtle.exportKey('spki', keys.publicKey)),
    privateKey: pem('PRIVATE KEY', await subtle.exportKey('pkcs8', keys.privateKey)),
  };
}

function pem(label: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der).toString('base64').replaceAll(/.{64}/g, '$&\n').trim();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function terms() {
  // A day back: clocks of containers and hosts differ.
  const notBefore = new Date(Date.now() - DAY_MS);
  return { signingAlgorithm: KEYS, notBefore, notAfter: new Date(Date.now() + 30 * DAY_MS) };
}
