import type { V1Endpoint } from '@kubernetes/client-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instancesOf } from '../../../src/gateway/discovery/slice-instances.ts';
import type { InstanceState } from '../../../src/gateway/instance.ts';
import type { EndpointSlice } from '../../../src/kube/builtin.ts';
import { pod, slice } from './slices.ts';

const shown = (slices: EndpointSlice[], registered?: (name: string) => InstanceState | undefined) =>
  instancesOf(slices, registered).map(({ id, set, state, source }) => `${id} ${set} ${state} ${source}`);

describe('the state of an endpoint', () => {
  const cases: [string, V1Endpoint['conditions'], InstanceState][] = [
    ['no conditions', undefined, 'ready'],
    ['nil conditions', {}, 'ready'],
    ['ready', { ready: true, serving: true, terminating: false }, 'ready'],
    ['not ready', { ready: false, serving: false, terminating: false }, 'dead'],
    ['not ready, the rest nil', { ready: false }, 'dead'],
    ['serving but not ready', { ready: false, serving: true, terminating: false }, 'dead'],
    ['terminating and serving', { ready: false, serving: true, terminating: true }, 'draining'],
    ['terminating, no longer serving', { ready: false, serving: false, terminating: true }, 'draining'],
    // A Service with publishNotReadyAddresses calls all of them ready
    ['terminating and called ready', { ready: true, serving: true, terminating: true }, 'draining'],
  ];
  it.each(cases)('%s', (_name, conditions, state) => {
    const endpoint = { addresses: ['10.0.0.1'], ...(conditions && { conditions }) };
    expect(instancesOf([slice([endpoint])])).toEqual([
      {
        id: '10.0.0.1:8080',
        origin: 'http://10.0.0.1:8080',
        set: 'epp.core.bj',
        state,
        weight: 100,
        source: 'slice',
      },
    ]);
  });
});

describe('slices become instances', () => {
  const ready = { ready: true };
  const dead = { ready: false };
  const headless = { headless: true };
  const cases: [string, EndpointSlice[], string[]][] = [
    ['no slices', [], []],
    ['a slice without endpoints', [slice([])], []],
    ['endpoints that are null', [slice(null as unknown as [])], []],
    ['an endpoint without an address', [slice([{ addresses: [] }])], []],
    [
      'a pod in both Services of its set once, as the headless one has it',
      [
        slice([pod('a', '10.0.0.1', dead)]),
        slice([pod('a', '10.0.0.1', ready), pod('b', '10.0.0.2', ready)], headless),
      ],
      ['10.0.0.1:8080 epp.core.bj ready slice', '10.0.0.2:8080 epp.core.bj ready slice'],
    ],
    [
      'a pod in two slices of one Service once, while it moves: as ready',
      [slice([pod('a', '10.0.0.1', dead)], headless), slice([pod('a', '10.0.0.1', ready)], headless)],
      ['10.0.0.1:8080 epp.core.bj ready slice'],
    ],
    [
      'a pod of two address families by its IPv4 address',
      [
        slice([pod('a', 'fd00::1', ready)], { ...headless, addressType: 'IPv6' }),
        slice([pod('a', '10.0.0.1', ready)], headless),
      ],
      ['10.0.0.1:8080 epp.core.bj ready slice'],
    ],
    [
      'a pod that has IPv6 alone',
      [slice([pod('a', 'fd00::1', ready)], { ...headless, addressType: 'IPv6' })],
      ['[fd00::1]:8080 epp.core.bj ready slice'],
    ],
    [
      'an address that two pods had, one after the other, once and as the ready one',
      [slice([pod('old', '10.0.0.1', dead), pod('new', '10.0.0.1', ready)])],
      ['10.0.0.1:8080 epp.core.bj ready slice'],
    ],
    [
      'what stands in another form than addresses is left out',
      [slice([{ addresses: ['a.example'] }], { addressType: 'FQDN' })],
      [],
    ],
    [
      'the port named http',
      [
        slice([pod('a', '10.0.0.1')], {
          ports: [
            { name: 'metrics', port: 9 },
            { name: 'http', port: 81 },
          ],
        }),
      ],
      ['10.0.0.1:81 epp.core.bj ready slice'],
    ],
    [
      'a single port of another name, or of none',
      [
        slice([pod('a', '10.0.0.1')], { ports: [{ name: 'web', port: 80 }] }),
        slice([pod('b', '10.0.0.2')], { ports: [{ port: 82 }] }),
      ],
      ['10.0.0.1:80 epp.core.bj ready slice', '10.0.0.2:82 epp.core.bj ready slice'],
    ],
    [
      'several ports of other names: nothing',
      [
        slice([pod('a', '10.0.0.1')], {
          ports: [
            { name: 'x', port: 80 },
            { name: 'y', port: 81 },
          ],
        }),
      ],
      [],
    ],
    [
      'no port: nothing',
      [
        slice([pod('a', '10.0.0.1')], { ports: [] }),
        slice([pod('b', '10.0.0.2')], { ports: undefined as unknown as [] }),
        slice([pod('c', '10.0.0.3')], { ports: [{ name: 'http' }] }),
      ],
      [],
    ],
    [
      'the fallback set by its label',
      [slice([pod('a', '10.0.0.1')], { set: ['epp', 'core', 'any'] })],
      ['10.0.0.1:8080 epp.core.* ready slice'],
    ],
    [
      'labels that name no set: an instance of none',
      [slice([pod('a', '10.0.0.1')], { set: ['epp', '', 'bj'] })],
      ['10.0.0.1:8080 undefined ready slice'],
    ],
    [
      'a registered one that nobody answers for is left out',
      [slice([{ addresses: ['10.0.0.9'] }], { registered: true })],
      [],
    ],
  ];
  it.each(cases)('%s', (_name, slices, expected) => {
    expect(shown(slices)).toEqual(expected);
    expect(shown([...slices].reverse())).toEqual(expected);
  });

  it('takes the state of registered ones from their leases, and pods before them', () => {
    const slices = [
      slice([{ addresses: ['10.0.0.1'] }], { name: 'r1', registered: true }),
      slice([{ addresses: ['10.0.0.2'] }], { name: 'r2', registered: true }),
      slice([{ addresses: ['10.0.0.3'] }], { name: 'r3', registered: true }),
      slice([{ addresses: ['10.0.0.3'] }], { name: 'r4', registered: true }),
      slice([pod('a', '10.0.0.1', { ready: false })]),
    ];
    const states: Record<string, InstanceState> = { r1: 'ready', r2: 'dead', r3: 'dead', r4: 'ready' };
    expect(shown(slices, (name) => states[name])).toEqual([
      '10.0.0.1:8080 epp.core.bj dead slice',
      '10.0.0.2:8080 epp.core.bj dead registered',
      '10.0.0.3:8080 epp.core.bj ready registered',
    ]);
  });

  it.each([
    ['250', 250],
    ['1', 1],
    ['0', 0],
    ['-1', 100],
    ['1e3', 100],
    ['100000', 100],
    ['', 100],
  ])('weight %j counts as %i', (text, weight) => {
    expect(instancesOf([slice([pod('a', '10.0.0.1')], { weight: text })])[0]?.weight).toBe(weight);
  });
});

describe('for any slices', () => {
  const endpoint = fc.record({
    uid: fc.constantFrom('a', 'b', 'c', 'd'),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1', 'fd00::2'),
    ready: fc.boolean(),
    terminating: fc.boolean(),
  });
  const anySlice = fc
    .record({ endpoints: fc.array(endpoint, { maxLength: 5 }), headless: fc.boolean() })
    .map(({ endpoints, headless }) =>
      slice(
        endpoints.map(({ uid, address, ...conditions }) => pod(uid, address, conditions)),
        { headless },
      ),
    );

  it('no id and no pod stands twice, and the order of the slices does not matter', () => {
    fc.assert(
      fc.property(fc.array(anySlice, { maxLength: 5 }), (slices) => {
        const instances = instancesOf(slices);
        const ids = instances.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect([...ids].sort()).toEqual(ids);
        const pods = new Set(slices.flatMap(({ endpoints = [] }) => endpoints.map((e) => e.targetRef?.uid)));
        expect(ids.length).toBeLessThanOrEqual(pods.size);
        expect(instancesOf([...slices].reverse())).toEqual(instances);
      }),
    );
  });
});
