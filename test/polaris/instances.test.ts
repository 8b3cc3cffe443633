import { describe, expect, it } from 'vitest';
import type { EndpointSlice } from '../../src/kube/builtin.ts';
import { instancesOf } from '../../src/polaris/instances.ts';

const slice = (endpoints: object[], more: { labels?: object; ports?: object[] } = {}) =>
  ({
    metadata: {
      name: 'core-bj-x',
      labels: {
        'eppset.io/set-prefix': 'epp',
        'eppset.io/set-business': 'core',
        'eppset.io/set-region': 'bj',
        ...more.labels,
      },
    },
    addressType: 'IPv4',
    endpoints,
    ports: more.ports ?? [{ name: 'http', port: 8080 }],
  }) as unknown as EndpointSlice;
const pod = (conditions: object = { ready: true }, host = '10.0.0.7') => ({ addresses: [host], conditions });
const made = { service: 'epp', host: '10.0.0.7', port: 8080, set: 'epp.core.bj' };

describe('instances of sets', () => {
  it.each<[string, EndpointSlice[], object[]]>([
    ['a pod that is ready', [slice([pod()])], [{ ...made, isolate: false }]],
    ['one that is not', [slice([pod({ ready: false })])], [{ ...made, isolate: true }]],
    ['one of which nothing is known', [slice([pod({})])], [{ ...made, isolate: false }]],
    ['one that goes', [slice([pod({ ready: true, terminating: true })])], [{ ...made, isolate: true }]],
    ['one of two Services', [slice([pod()]), slice([pod()])], [{ ...made, isolate: false }]],
    [
      'one of which one Service knows more',
      [slice([pod({ ready: false })]), slice([pod()])],
      [{ ...made, isolate: true }],
    ],
    [
      'the public fallback set',
      [slice([pod()], { labels: { 'eppset.io/set-region': 'any' } })],
      [{ ...made, set: 'epp.core.*', isolate: false }],
    ],
    ['what has no port for commands', [slice([pod()], { ports: [{ name: 'other', port: 1 }] })], []],
    ['what is no set', [slice([pod()], { labels: { 'eppset.io/set-business': '' } })], []],
  ])('are taken from %s', (_what, slices, expected) => {
    expect(instancesOf(slices, { service: undefined })).toEqual(expected);
  });

  it('are those of the service that was named', () => {
    expect(instancesOf([slice([pod()])], { service: 'shop-epp' })).toMatchObject([{ service: 'shop-epp' }]);
  });
});
