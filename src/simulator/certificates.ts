import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { provideReflectMetadata } from './reflect-metadata.ts';

/** PEM, all three. `cert` serves as a server's and as a client's. */
export interface Certificates {
  ca: string;
  cert: string;
  key: string;
}

const KEYS = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/**
 * A CA of its own and one certificate that it signed (EC P-256), for demos and tests. The CA's key is forgotten.
 * @param options.names host names and IP addresses; the first is the common name
 * @param options.days validity, default 30; negative values make an expired certificate
 * @param options.now when they are made; the present by default
 */
export async function makeCertificates(options: {
  names: readonly [string, ...string[]];
  days?: number;
  now?: Date;
}): Promise<Certificates> {
  const { names, days = 30, now = new Date() } = options;
  provideReflectMetadata();
  const x509 = await import('@peculiar/x509');
  const { crypto } = globalThis;
  const notBefore = new Date(now.getTime() - DAY_MS * Math.max(1, 1 - days));
  const notAfter = new Date(now.getTime() + DAY_MS * days);
  const validity = { notBefore, notAfter, signingAlgorithm: KEYS };

  const authority = await crypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
  const caName = `CN=eppset demo CA ${randomHex(8)}`;
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity,
      serialNumber: randomHex(16),
      name: caName,
      notAfter: new Date(now.getTime() + DAY_MS * Math.max(1, days)),
      keys: authority,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(authority.publicKey, false, crypto),
      ],
    },
    crypto,
  );

  const keys = await crypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.create(
    {
      ...validity,
      serialNumber: randomHex(16),
      subject: [{ CN: [names[0]] }],
      issuer: caName,
      signingKey: authority.privateKey,
      publicKey: keys.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([
          x509.ExtendedKeyUsage.serverAuth,
          x509.ExtendedKeyUsage.clientAuth,
        ]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey, false, crypto),
      ],
    },
    crypto,
  );

  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replaceAll(/.{64}/g, '$&\n').trim()}\n-----END PRIVATE KEY-----\n`;
  return { ca: `${ca.toString('pem')}\n`, cert: `${cert.toString('pem')}\n`, key };
}

/** A positive number of so many bytes, as RFC 5280 section 4.1.2.2 wants serial numbers. */
function randomHex(bytes: number): string {
  const value = Buffer.from(webcrypto.getRandomValues(new Uint8Array(bytes)));
  value[0] = ((value[0] ?? 0) & 0x7f) | 0x40;
  return value.toString('hex');
}
