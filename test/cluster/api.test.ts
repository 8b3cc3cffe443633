import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isPortTaken, whyNoAssets } from './api.ts';
import { commandLine, kubeconfigOf } from './api-processes.ts';
import { CertificateAuthority } from './certificates.ts';

describe('certificates', () => {
  it('are signed by their authority, with groups, user and names', async () => {
    const authority = await CertificateAuthority.create('test');
    const pair = await authority.sign('O=system:masters,CN=admin', [{ type: 'ip', value: '127.0.0.1' }]);
    const certificate = new X509Certificate(pair.cert);
    expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect(certificate.subject.split('\n').sort()).toEqual(['CN=admin', 'O=system:masters']);
    expect(certificate.subjectAltName).toBe('IP Address:127.0.0.1');
    // Throws where certificate and key do not belong together.
    createSecureContext({ ca: authority.cert, ...pair });
  });

  it('come as a kubeconfig', () => {
    const config = parse(kubeconfigOf('https://127.0.0.1:1', 'CA', { cert: 'CERT', key: 'KEY' }));
    expect(config.clusters[0].cluster).toEqual({
      server: 'https://127.0.0.1:1',
      'certificate-authority-data': Buffer.from('CA').toString('base64'),
    });
    expect(atob(config.users[0].user['client-key-data'])).toBe('KEY');
  });
});

describe('command lines', () => {
  const ports = { api: 20001, etcd: 20002, etcdPeer: 20003 };
  it('listen on loopback alone', () => {
    for (const program of ['etcd', 'kube-apiserver'] as const) {
      const line = commandLine(program, '/folder', ports, []).join(' ');
      expect(line).toMatch(/127\.0\.0\.1/);
      expect(line).not.toMatch(/0\.0\.0\.0|localhost/);
    }
    expect(commandLine('kube-controller-manager', '/folder', ports, [])).toContain('--secure-port=0');
  });
  it('name the controllers', () => {
    expect(commandLine('kube-controller-manager', '/folder', ports, ['a', 'b'])).toContain(
      '--controllers=a,b',
    );
  });
});

it('a port race is told by the logs', () => {
  expect(isPortTaken('listen tcp 127.0.0.1:20001: bind: address already in use')).toBe(true);
  expect(isPortTaken('permission denied')).toBe(false);
});

it('whyNoAssets names what is missing and what to do', () => {
  expect(whyNoAssets('/a', () => true)).toBeUndefined();
  const why = whyNoAssets('/a', (path) => path === '/a/etcd');
  expect(why).toMatch(/\/a lacks kube-apiserver, kube-controller-manager, kubectl.*unset/);
});
