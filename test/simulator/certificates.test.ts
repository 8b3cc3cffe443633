import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCertificates } from '../../src/simulator/certificates.ts';

describe('makeCertificates', () => {
  it('makes a CA, and a certificate for all the names that it signed', async () => {
    const made = await makeCertificates({
      names: ['epp.example', '*.b.example', '127.0.0.1', '::1'],
      days: 7,
    });
    const ca = new X509Certificate(made.ca);
    const cert = new X509Certificate(made.cert);
    expect(ca.ca).toBe(true);
    expect(cert.ca).toBe(false);
    expect(cert.checkIssued(ca)).toBe(true);
    expect(cert.verify(ca.publicKey)).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(cert.checkHost('epp.example')).toBe('epp.example');
    expect(cert.checkHost('a.b.example')).toBe('*.b.example');
    expect(cert.checkHost('other.test')).toBeUndefined();
    expect(cert.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(cert.checkIP('::1')).toBe('::1');
    const days = (Date.parse(cert.validTo) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
  });

  it('can make an expired one, under a CA that is valid', async () => {
    const made = await makeCertificates({ names: ['x'], days: -1 });
    const cert = new X509Certificate(made.cert);
    expect(Date.parse(cert.validTo)).toBeLessThan(Date.now());
    expect(Date.parse(cert.validFrom)).toBeLessThan(Date.parse(cert.validTo));
    expect(Date.parse(new X509Certificate(made.ca).validTo)).toBeGreaterThan(Date.now());
  });

  it('does not make the same key twice', async () => {
    const [a, b] = await Promise.all([
      makeCertificates({ names: ['x'] }),
      makeCertificates({ names: ['x'] }),
    ]);
    expect(a.key).not.toBe(b.key);
    expect(new X509Certificate(a.cert).serialNumber).not.toBe(new X509Certificate(b.cert).serialNumber);
  });
});
