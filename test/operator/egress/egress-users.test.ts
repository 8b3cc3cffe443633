import { describe, expect, it } from 'vitest';
import type { ConfigMap, Deployment } from '../../../src/kube/builtin.ts';
import { egressUsers } from '../../../src/operator/egress/egress-users.ts';
import { setObjects } from '../../../src/operator/specs/set-objects.ts';
import { aRegistry, aSet, byName } from '../samples.ts';

function podsOf(mode: string, status: object = { observedGeneration: 1, replicas: 2, updatedReplicas: 2 }) {
  const registries = byName(aRegistry({ spec: { egress: { mode } } }));
  const objects = setObjects(aSet(), registries, { image: 'x', timeScale: 1 }).map(({ object }) => object);
  const of = <T>(kind: string) => objects.find((object) => object.kind === kind) as T;
  const deployment = of<Deployment>('Deployment');
  deployment.metadata.generation = 1;
  return {
    set: 'epp-core-bj',
    file: of<ConfigMap>('ConfigMap') as ConfigMap | undefined,
    deployment: { ...deployment, status } as Deployment | undefined,
  };
}
const direct = podsOf('direct');

describe('the users of egress proxies', () => {
  it.each([
    ['a set that goes through them', podsOf('nginx'), true],
    ['a set that goes direct', direct, false],
    ['a set without pods', { ...direct, deployment: undefined }, false],
    ['a set whose file is not known', { ...direct, file: undefined }, true],
    [
      'a set whose Deployment follows its file yet',
      { ...direct, deployment: podsOf('nginx').deployment },
      true,
    ],
    ['a set whose Deployment nobody has looked at', podsOf('direct', {}), true],
    [
      'a set with older pods',
      podsOf('direct', { observedGeneration: 1, replicas: 3, updatedReplicas: 2 }),
      true,
    ],
  ])('count %s', (_what, pods, uses) => {
    expect(egressUsers('verisign-egress', [pods])).toEqual(uses ? ['epp-core-bj'] : []);
  });
});
