import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/kube/objects.ts';
import { differences, uncovered } from '../../src/plan/fields.ts';

const object = (rest: object, kind = 'Deployment'): KubeObject =>
  ({ apiVersion: 'v1', kind, metadata: { name: 'x' }, ...rest }) as unknown as KubeObject;
const file = (text: string) => object({ data: { 'adapter.yaml': text } }, 'ConfigMap');

describe('differences', () => {
  it.each<[string, object, object, object[]]>([
    ['nothing', { spec: { a: 1, b: [1] } }, { spec: { b: [1], a: 1 } }, []],
    ['a value', { spec: { a: 1 } }, { spec: { a: 2 } }, [{ path: 'spec.a', before: 1, after: 2 }]],
    ['what is new', { spec: {} }, { spec: { a: 1 } }, [{ path: 'spec.a', after: 1 }]],
    ['what goes', { spec: { a: { b: 1 } } }, { spec: {} }, [{ path: 'spec.a', before: { b: 1 } }]],
    [
      'items by their name',
      {
        spec: {
          pools: [
            { registry: 'a', max: 1 },
            { registry: 'b', max: 2 },
          ],
        },
      },
      {
        spec: {
          pools: [
            { registry: 'b', max: 3 },
            { registry: 'a', max: 1 },
          ],
        },
      },
      [{ path: 'spec.pools.b.max', before: 2, after: 3 }],
    ],
    [
      'an item that comes',
      { spec: { pools: [{ registry: 'a' }] } },
      { spec: { pools: [{ registry: 'a' }, { registry: 'b' }] } },
      [{ path: 'spec.pools.b', after: { registry: 'b' } }],
    ],
    [
      'items without names by their place',
      { spec: { routes: [{ tlds: ['a'] }] } },
      { spec: { routes: [{ tlds: ['b'] }] } },
      [{ path: 'spec.routes[0].tlds', before: ['a'], after: ['b'] }],
    ],
    [
      'lists of another length as a whole',
      { spec: { routes: [{ tlds: ['a'] }] } },
      { spec: { routes: [] } },
      [{ path: 'spec.routes', before: [{ tlds: ['a'] }], after: [] }],
    ],
    [
      'nothing of the checksum of the whole',
      { metadata: { annotations: { 'eppset.io/intent-checksum': 'a' } } },
      { metadata: { annotations: { 'eppset.io/intent-checksum': 'b' } } },
      [],
    ],
  ])('tells %s', (_, before, after, fields) => {
    expect(differences(object(before), object(after))).toEqual(fields);
  });

  it('looks into the files of a ConfigMap', () => {
    expect(differences(file('a: {b: 1}\nc: 1'), file('a: {b: 2}'))).toEqual([
      { path: 'data["adapter.yaml"].a.b', before: 1, after: 2 },
      { path: 'data["adapter.yaml"].c', before: 1 },
    ]);
    expect(differences(file('just text'), file('{broken'))).toEqual([
      { path: 'data["adapter.yaml"]', before: 'just text', after: '{broken' },
    ]);
  });
});

describe('uncovered', () => {
  const container = { name: 'adapter', image: 'a', resources: { requests: { cpu: '1000m' } } };
  const pod = (own: object) => object({ spec: { containers: [{ ...container, ...own }] } });

  it('passes over what the API fills in, and amounts that it rewrites', () => {
    const live = pod({ resources: { requests: { cpu: '1' } }, terminationMessagePath: '/dev/x' });
    expect(uncovered(pod({}), live)).toEqual([]);
  });

  it('tells what somebody else has changed', () => {
    expect(uncovered(pod({}), pod({ image: 'b' }))).toEqual([
      { path: 'spec.containers.adapter.image', before: 'b', after: 'a' },
    ]);
  });

  it('tells what is missing in a file, and what should not be in it', () => {
    expect(uncovered(file('a: 1'), file('b: 1'))).toEqual([
      { path: 'data["adapter.yaml"].b', before: 1 },
      { path: 'data["adapter.yaml"].a', after: 1 },
    ]);
  });
});
