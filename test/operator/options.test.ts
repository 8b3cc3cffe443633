import { describe, expect, it } from 'vitest';
import { POD, type Pod } from '../../src/kube/builtin.ts';
import { type OperatorOptionsInput, operatorOptions } from '../../src/operator/options.ts';
import { adapterImage } from '../../src/operator/own-image.ts';

const pod = { namespace: 'eppset-system', name: 'eppset-operator-1' };
const base: OperatorOptionsInput = { identity: 'me', leaderElection: false, pod };
const never = new AbortController().signal;

describe('the options', () => {
  it('have defaults', () => {
    const leaderElection = { namespace: 'eppset-system' };
    expect(operatorOptions.parse({ ...base, leaderElection })).toEqual({
      ...base,
      timeScale: 1,
      leaderElection: { namespace: 'eppset-system', name: 'eppset-operator' },
    });
  });

  it.each<[string, object]>([
    ['no image and no pod to take it from', { pod: undefined }],
    ['a time scale of nothing', { timeScale: 0 }],
    ['a time scale that stretches', { timeScale: 2 }],
    ['an unknown pull policy', { imagePullPolicy: 'Sometimes' }],
    ['an election nowhere', { leaderElection: true }],
    ['policies of no such mode', { networkPolicies: { mode: 'off' } }],
    ['a label without a value', { networkPolicies: { mode: 'keep', monitoring: { namespaces: { a: 1 } } } }],
    [
      'a label of no such key',
      { networkPolicies: { mode: 'keep', monitoring: { namespaces: { '': 'x' } } } },
    ],
    ['scrapers of policies that go', { networkPolicies: { mode: 'remove', monitoring: { namespaces: {} } } }],
    ['a misspelt field', { namespaces: 'x' }],
  ])('cannot have %s', (_what, change) => {
    expect(operatorOptions.safeParse({ ...base, ...change }).success).toBe(false);
  });
});

describe('the image of the adapters', () => {
  const clientWith = (found: Pod | undefined) => ({ get: async () => found as never });
  const own = {
    ...{ apiVersion: POD.apiVersion, kind: POD.kind, metadata: pod },
    spec: {
      containers: [
        { name: 'sidecar', image: 'mesh:1' },
        { name: 'operator', image: 'eppset:1', imagePullPolicy: 'Never' },
      ],
    },
  } as Pod;

  it.each<[string, Partial<OperatorOptionsInput>, object]>([
    ['that of the options', { image: 'other:2' }, { image: 'other:2', imagePullPolicy: undefined }],
    ['else that of the operator’s own pod', {}, { image: 'eppset:1', imagePullPolicy: 'Never' }],
    [
      'with another pull policy',
      { imagePullPolicy: 'Always' },
      { image: 'eppset:1', imagePullPolicy: 'Always' },
    ],
  ])('is %s', async (_what, change, expected) => {
    const options = operatorOptions.parse({ ...base, ...change });
    expect(await adapterImage(clientWith(own), options, never)).toEqual(expected);
  });

  it('says what to do when the pod cannot be found', async () => {
    await expect(adapterImage(clientWith(undefined), operatorOptions.parse(base), never)).rejects.toThrow(
      'pod eppset-system/eppset-operator-1, whose image the adapters should run, was not found: correct POD_NAME and POD_NAMESPACE, or name the image',
    );
  });
});
