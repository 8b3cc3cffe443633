import { describe, expect, it } from 'vitest';
import { nginxConf } from '../../../../src/operator/specs/egress/nginx-conf.ts';

const conf = (host: string, more: object = {}) =>
  nginxConf({ registry: 'verisign', host, port: 700, idleTimeoutSeconds: 600, limit: 100, ...more });

describe('the file of an egress proxy', () => {
  it.each([
    ['192.0.2.7', 'proxy_pass 192.0.2.7:700;', false],
    ['2001:db8::7', 'proxy_pass [2001:db8::7]:700;', false],
    ['epp.example', 'proxy_pass $registry;', true],
    // Services of the cluster: the system's search domains find them, and their address stays
    ['verisign-sim', 'proxy_pass verisign-sim:700;', false],
    ['verisign-sim.demo.svc', 'proxy_pass verisign-sim.demo.svc:700;', false],
    ['sim.demo.svc.cluster.local', 'proxy_pass $registry;', true],
  ])('leads to %s by %s', (host, pass, looksUp) => {
    const text = conf(host);
    expect(text).toContain(pass);
    expect(text.includes('include /tmp/resolver.conf;')).toBe(looksUp);
    expect(text.includes(`default "${host}:700"`)).toBe(looksUp);
  });

  it('never closes before the registry does, and never opens two connections for one', () => {
    const text = conf('epp.example');
    expect(text).toContain('proxy_timeout 660s;');
    expect(text).toContain('proxy_next_upstream off;');
    expect(text).toContain('proxy_socket_keepalive off;');
    expect(text).toContain('listen 7000 so_keepalive=30s:10s:3;');
  });

  it('has room for all connections of the account, in transition twice', () => {
    expect(conf('epp.example', { limit: 500 })).toContain('worker_connections 2128;');
  });

  it('does not end TLS', () => {
    expect(conf('epp.example')).not.toContain('ssl');
  });
});
