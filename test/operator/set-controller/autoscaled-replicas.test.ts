import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../src/kube/builtin.ts';
import { autoscaled } from '../../../src/operator/set-controller/autoscaled-replicas.ts';
import { setObjects } from '../../../src/operator/specs/set-objects.ts';
import { aRegistry, aSet, byName } from '../samples.ts';

const autoscaling = { minReplicas: 2, maxReplicas: 5 };
const intentOf = (set = aSet({ spec: { autoscaling } })) =>
  setObjects(set, byName(aRegistry()), { image: 'x', timeScale: 1 }).at(-1)?.object as Deployment;

/** As the API stores it, with the number owned by `manager`. */
function live(manager: string, operation: string, replicas = 4): Deployment {
  const intent = intentOf();
  const managedFields = [{ manager, operation, fieldsV1: { 'f:spec': { 'f:replicas': {} } } }];
  return {
    ...intent,
    metadata: { ...intent.metadata, uid: 'u', managedFields } as Deployment['metadata'],
    spec: { ...intent.spec, replicas } as NonNullable<Deployment['spec']>,
  };
}

describe('a Deployment under automatic scaling', () => {
  it.each([
    [1, 2],
    [3, 3],
    [9, 5],
  ])('begins with the %i replicas of its set within the bounds: %i', (replicas, expected) => {
    const { spec } = aSet({ spec: { autoscaling, replicas } });
    expect(autoscaled(intentOf(), undefined, spec).intent.spec?.replicas).toBe(expected);
  });

  it('hands the number over as it is when we own it', () => {
    const { spec } = aSet({ spec: { autoscaling } });
    const plan = autoscaled(intentOf(), live('eppset', 'Apply'), spec);
    expect(plan.intent.spec).not.toHaveProperty('replicas');
    expect(plan.handOver).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'epp-core-bj-adapter', namespace: 'shop', uid: 'u' },
      spec: { replicas: 4 },
    });
  });

  it.each([
    ['kube-controller-manager', 'Update'],
    ['eppset-replicas', 'Apply'],
  ])('leaves the number to %s', (manager, operation) => {
    const { spec } = aSet({ spec: { autoscaling } });
    const plan = autoscaled(intentOf(), live(manager, operation), spec);
    expect(plan).toEqual({ intent: intentOf() });
  });

  it('is left alone without it', () => {
    const intent = intentOf(aSet());
    expect(autoscaled(intent, live('eppset', 'Apply'), aSet().spec)).toEqual({ intent });
  });
});
