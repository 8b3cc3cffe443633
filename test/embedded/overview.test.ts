import { describe, expect, it } from 'vitest';
import type { EppGateway } from '../../src/api/v1alpha1/gateway.ts';
import type { EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import type { EppSet } from '../../src/api/v1alpha1/set.ts';
import { serviceOf } from '../../src/embedded/cluster-dns.ts';
import { describeCluster, liveLine, type Overview, suggestedCommands } from '../../src/embedded/overview.ts';
import type { Deployment, Service } from '../../src/kube/builtin.ts';

const meta = (name: string) => ({ namespace: 'demo', name });
const set = (name: string, setClass: 'core' | 'query', callers = 'Gateways') =>
  ({
    metadata: meta(name),
    spec: {
      set: `epp.${setClass}.bj`,
      class: setClass,
      callers,
      replicas: 2,
      pools: [{ registry: 'cn-account', min: 1, max: 3 }],
    },
    status: { readyReplicas: 1 },
  }) as unknown as EppSet;
const gateway = {
  metadata: meta('front'),
  spec: { prefix: 'epp', region: 'bj', replicas: 2, routes: [{ tlds: ['cn', 'com'] }] },
  status: { readyReplicas: 2 },
} as unknown as EppGateway;
const overview: Overview = {
  gateways: [gateway],
  sets: [set('core-bj', 'core'), set('query-bj', 'query')],
  registries: [
    {
      metadata: meta('cn-account'),
      spec: { tlds: ['cn'], endpoint: { host: 'cn-sim' }, connections: { limit: 4 } },
      status: { connections: { limit: 4, open: 3, quarantined: 1, granted: 3, free: 0 } },
    } as unknown as EppRegistry,
  ],
  services: [
    { metadata: meta('cn-sim'), spec: { selector: { app: 'sim' }, ports: [{ name: 'http', port: 80 }] } },
    { metadata: meta('other'), spec: { selector: { app: 'other' }, ports: [{ name: 'http', port: 80 }] } },
  ] as unknown as Service[],
  deployments: [
    {
      metadata: meta('cn-sim'),
      spec: {
        template: {
          metadata: { labels: { app: 'sim' } },
          spec: { containers: [{ name: 'x', args: ['simulator'] }] },
        },
      },
    },
  ] as unknown as Deployment[],
};
const urlOf = (namespace: string, service: string) => `http://${service}.${namespace}`;

it('describes what runs, in columns', () => {
  const lines = describeCluster(overview, urlOf);
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
    ['front', 'gateway', '2/2 pods', 'epp.*.bj', 'http://front-gateway.demo'],
    ['epp.core.bj', 'core', '1/2 pods', 'cn-account 1..3', 'http://core-bj-adapter.demo'],
    ['epp.query.bj', 'query', '1/2 pods', 'cn-account 1..3', 'http://query-bj-adapter.demo'],
    ['cn-sim', 'simulated registry', '4 connections, .cn', 'http://cn-sim.demo'],
  ]);
  expect(new Set(lines.map((line) => line.indexOf('http'))).size).toBe(1);
});

it('tells in one line what is used', () => {
  expect(liveLine(overview)).toBe(
    'cn-account 3/4 open (1 quarantined) | pods: epp.core.bj 1/2, epp.query.bj 1/2',
  );
});

describe('suggestedCommands', () => {
  it('go through the gateway', () => {
    expect(suggestedCommands(overview, urlOf, 'linux')).toEqual([
      `curl -s http://front-gateway.demo/cn/check -H 'content-type: application/json' -d '{"names":["example.cn","eppset-try.cn"]}'`,
      `curl -s http://front-gateway.demo/cn/create -H 'content-type: application/json' -d '{"name":"eppset-try.cn","period":{"value":1,"unit":"y"},"authInfo":{"pw":"demo-only-1"}}'`,
      'curl -s http://front-gateway.demo/discovery/v1/sets',
      'curl -s http://cn-sim.demo/stats',
    ]);
  });

  it('ask the open set of the right class where there is no gateway', () => {
    const sets = [
      set('closed-bj', 'query'),
      set('core-bj', 'core', 'Anyone'),
      set('query-bj', 'query', 'Anyone'),
    ];
    expect(suggestedCommands({ ...overview, gateways: [], sets }, urlOf, 'linux')).toEqual([
      `curl -s http://query-bj-adapter.demo/cn/check -H 'content-type: application/json' -d '{"names":["example.cn","eppset-try.cn"]}'`,
      `curl -s http://core-bj-adapter.demo/cn/create -H 'content-type: application/json' -d '{"name":"eppset-try.cn","period":{"value":1,"unit":"y"},"authInfo":{"pw":"demo-only-1"}}'`,
      'curl -s http://core-bj-adapter.demo/debug/pools',
      'curl -s http://cn-sim.demo/stats',
    ]);
  });

  it('ask no set that answers gateways alone', () => {
    expect(suggestedCommands({ ...overview, gateways: [] }, urlOf, 'linux')).toEqual([
      'curl -s http://cn-sim.demo/stats',
    ]);
  });

  it('are quoted for cmd.exe on Windows', () => {
    expect(suggestedCommands(overview, urlOf, 'win32')[0]).toBe(
      String.raw`curl -s http://front-gateway.demo/cn/check -H "content-type: application/json" -d "{\"names\":[\"example.cn\",\"eppset-try.cn\"]}"`,
    );
  });
});

describe('serviceOf', () => {
  it.each([
    ['sim', { name: 'sim', namespace: 'own' }],
    ['sim.other', { name: 'sim', namespace: 'other' }],
    ['sim.other.svc', { name: 'sim', namespace: 'other' }],
    ['sim.other.svc.cluster.local.', { name: 'sim', namespace: 'other' }],
    ['epp.registry.example', undefined],
    ['sim.other.svc.example', undefined],
  ])('%s', (host, expected) => {
    expect(serviceOf(host, 'own')).toEqual(expected);
  });
});
