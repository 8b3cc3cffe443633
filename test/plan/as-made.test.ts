import { describe, expect, it } from 'vitest';
import { DEPLOYMENT } from '../../src/kube/builtin.ts';
import { stamped } from '../../src/operator/apply/intent.ts';
import type { Desired } from '../../src/operator/apply/owned-objects.ts';
import { egressObjects } from '../../src/operator/specs/egress/objects.ts';
import { gatewayFile } from '../../src/operator/specs/gateway/file.ts';
import { gatewayObjects } from '../../src/operator/specs/gateway/objects.ts';
import { type SetObjectsOptions, setObjects } from '../../src/operator/specs/set-objects.ts';
import { podsAsMade } from '../../src/plan/as-made.ts';
import { liveObjects } from '../../src/plan/changes.ts';
import { planOf } from '../../src/plan/plan.ts';
import { stateOf } from '../../src/plan/state.ts';
import { aGateway, aRegistry, aSet, byName } from '../operator/samples.ts';

const registry = aRegistry({ spec: { egress: { mode: 'nginx' } } });
const set = aSet();
const gateway = aGateway();

/** As an operator with these options makes them, and the API keeps them. */
function madeWith(pods: SetObjectsOptions): Desired[] {
  const file = gatewayFile(gateway, new Map([['verisign', 'shop']]), undefined);
  const owned = [
    ...egressObjects(registry, 'nginx:1', pods),
    ...setObjects(set, byName(registry), pods),
    ...gatewayObjects(gateway, file, pods),
  ];
  const field = pods.imagePullPolicy && { 'f:imagePullPolicy': {} };
  const managedFields = [{ manager: 'eppset', operation: 'Apply', fieldsV1: { 'f:spec': { ...field } } }];
  return owned.map(({ resource, object }) => {
    const { intent } = stamped(object);
    const isDeployment = resource === DEPLOYMENT;
    return {
      resource,
      object: { ...intent, metadata: { ...intent.metadata, ...(isDeployment && { managedFields }) } },
    };
  });
}

describe('podsAsMade', () => {
  it.each<[string, SetObjectsOptions]>([
    ['an image', { image: 'eppset:1', timeScale: 1 }],
    ['how it is pulled, and faster times', { image: 'eppset:1', imagePullPolicy: 'Always', timeScale: 0.1 }],
    ['network policies', { image: 'eppset:1', timeScale: 1, networkPolicies: {} }],
    [
      'who reads metrics',
      {
        image: 'eppset:1',
        timeScale: 1,
        networkPolicies: { monitoring: { namespaces: { team: 'sre' }, pods: { app: 'prometheus' } } },
      },
    ],
  ])('finds %s again, so that nothing changes', (_, pods) => {
    const owned = madeWith(pods);
    expect(podsAsMade(owned)).toEqual(pods);
    const state = stateOf([registry, set, gateway]);
    const plan = planOf({
      before: state,
      after: state,
      live: liveObjects(owned),
      pods: { ...pods, egressImage: 'nginx:1' },
      now: new Date(0),
    });
    expect(plan).toMatchObject({ result: 'NoChanges', objects: [] });
  });

  it('takes the image of most: sets that are paused may be behind', () => {
    const owned = ['eppset:2', 'eppset:1', 'eppset:1'].flatMap((image) => madeWith({ image, timeScale: 1 }));
    expect(podsAsMade(owned)?.image).toBe('eppset:1');
  });

  it('knows nothing of what was never made', () => {
    expect(podsAsMade([])).toBeUndefined();
  });
});
