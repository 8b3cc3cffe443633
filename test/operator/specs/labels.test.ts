import { expect, it } from 'vitest';
import {
  ownedMeta,
  podLabels,
  podSelector,
  selectorText,
  setLabels,
} from '../../../src/operator/specs/labels.ts';
import { aSet } from '../samples.ts';

it('labels everything of a set alike', () => {
  expect(setLabels(aSet())).toEqual({
    'app.kubernetes.io/component': 'adapter',
    'app.kubernetes.io/instance': 'epp-core-bj',
    'app.kubernetes.io/managed-by': 'eppset',
    'app.kubernetes.io/name': 'eppset-adapter',
    'app.kubernetes.io/part-of': 'eppset',
    'eppset.io/class': 'core',
    'eppset.io/set-business': 'core',
    'eppset.io/set-object': 'epp-core-bj',
    'eppset.io/set-prefix': 'epp',
    'eppset.io/set-region': 'bj',
  });
});

it.each([
  ['epp.core.bj', 'bj', 'epp.core.bj'],
  ['epp.core.*', 'any', undefined],
  [`${'p'.repeat(30)}.${'b'.repeat(30)}.r`, 'r', `${'p'.repeat(30)}.${'b'.repeat(30)}.r`],
  [`${'p'.repeat(31)}.${'b'.repeat(31)}.r`, 'r', undefined],
])('pods of %s have the region %s and the set name %s', (set, region, name) => {
  const labels = podLabels(aSet({ spec: { set } }));
  expect(labels['eppset.io/set-region']).toBe(region);
  expect(labels['internal-set-name']).toBe(name);
  expect(labels['internal-enable-set']).toBe('Y');
  for (const value of Object.values(labels))
    expect(value).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
});

it('keeps the full name, wildcard included, in an annotation', () => {
  const meta = ownedMeta(aSet({ spec: { set: 'epp.core.*' } }), 'x');
  expect(meta.annotations).toEqual({ 'eppset.io/set': 'epp.core.*' });
});

it('makes the set the controlling owner', () => {
  expect(ownedMeta(aSet(), 'x').ownerReferences).toEqual([
    {
      apiVersion: 'eppset.io/v1alpha1',
      kind: 'EppSet',
      name: 'epp-core-bj',
      uid: 'uid-of-epp-core-bj',
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
});

it('selects pods by what never changes in the life of a set', () => {
  const before = podSelector(aSet());
  expect(podSelector(aSet({ spec: { class: 'query', set: 'epp.query.gz' } }))).toEqual(before);
  expect(selectorText(podSelector(aSet()))).toBe(
    'app.kubernetes.io/component=adapter,eppset.io/set-object=epp-core-bj',
  );
});
