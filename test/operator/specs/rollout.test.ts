import { describe, expect, it } from 'vitest';
import { rolloutStrategy } from '../../../src/operator/specs/rollout.ts';
import { aRegistry, aSet, byName } from '../samples.ts';

const SURGE = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } };
const IN_PLACE = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };
const RECREATE = { type: 'Recreate' };

describe('rolloutStrategy', () => {
  it.each([
    { replicas: 4, min: 5, limit: 20, expected: SURGE },
    { replicas: 4, min: 4, limit: 20, expected: IN_PLACE },
    { replicas: 1, min: 2, limit: 4, expected: SURGE },
    { replicas: 1, min: 1, limit: 4, expected: IN_PLACE },
    { replicas: 9, min: 12, limit: 20, expected: SURGE },
    { replicas: 9, min: 11, limit: 20, expected: IN_PLACE },
    { replicas: 0, min: 1, limit: 4, expected: SURGE },
    { replicas: 1, min: 1, limit: 1, expected: RECREATE },
    { replicas: 1, min: 1, limit: 3, reserved: 2, expected: RECREATE },
  ])('$replicas replicas, minimum $min of $limit', ({ replicas, min, limit, reserved = 0, expected }) => {
    const registry = aRegistry({
      spec: { connections: { limit, externalReserved: reserved, idleTimeoutSeconds: 60 } },
    });
    const set = aSet({ spec: { replicas, pools: [{ registry: 'verisign', min, max: min }] } });
    expect(rolloutStrategy(set, byName(registry))).toEqual(expected);
  });

  it('looks at every pool', () => {
    const pools = [
      { registry: 'verisign', min: 10, max: 20 },
      { registry: 'cnnic', min: 2, max: 4 },
    ];
    const registries = byName(aRegistry(), aRegistry({ name: 'cnnic' }));
    expect(rolloutStrategy(aSet({ spec: { replicas: 2, pools } }), registries)).toEqual(IN_PLACE);
  });

  it('counts the most pods that automatic scaling may make', () => {
    const autoscaling = { minReplicas: 1, maxReplicas: 8 };
    const pools = [{ registry: 'verisign', min: 9, max: 12 }];
    const set = aSet({ spec: { replicas: 1, autoscaling, pools } });
    expect(rolloutStrategy(set, byName(aRegistry()))).toEqual(IN_PLACE);
  });
});
