import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/api/v1alpha1/condition.ts';
import type { Deployment } from '../../../src/kube/builtin.ts';
import {
  egressToWaitFor,
  leaving,
  notSupported,
  proxiesCondition,
} from '../../../src/operator/egress/egress-condition.ts';
import { aRegistry } from '../samples.ts';

const proxies = (availableReplicas?: number) =>
  ({ spec: { replicas: 2 }, status: { availableReplicas } }) as unknown as Deployment;
const told = (status: string, reason: string) =>
  [{ type: 'EgressReady', status, reason, message: 'm' }] as unknown as Condition[];

describe('the condition EgressReady', () => {
  it.each<[string, Deployment | undefined, Condition[] | undefined, string]>([
    [
      'nothing is there',
      undefined,
      undefined,
      'Unknown Starting: 0 of 0 proxies are ready: sets wait for the first',
    ],
    [
      'none was ready yet',
      proxies(0),
      told('Unknown', 'Starting'),
      'Unknown Starting: 0 of 2 proxies are ready: sets wait for the first',
    ],
    ['one is ready', proxies(1), told('Unknown', 'Starting'), 'True ProxiesReady: 1 of 2 proxies are ready'],
    [
      'all went',
      proxies(),
      told('True', 'ProxiesReady'),
      'False ProxiesNotReady: 0 of 2 proxies are ready: nothing reaches the registry',
    ],
    [
      'all are gone for long',
      proxies(0),
      told('False', 'ProxiesNotReady'),
      'False ProxiesNotReady: 0 of 2 proxies are ready: nothing reaches the registry',
    ],
    [
      'a refusal ended',
      proxies(0),
      told('False', 'ApplyFailed'),
      'Unknown Starting: 0 of 2 proxies are ready: sets wait for the first',
    ],
  ])('when %s', (_when, deployment, previous, expected) => {
    const { status, reason, message } = proxiesCondition(deployment, previous);
    expect(`${status} ${reason}: ${message}`).toBe(expected);
  });

  it('tells who keeps the proxies', () => {
    expect(leaving(['a', 'b']).message).toContain('when a, b have left them');
    expect(leaving(['a']).message).toContain('when a has left them');
  });
});

describe('a set', () => {
  const waits = (mode: string, conditions?: Condition[]) =>
    egressToWaitFor({
      ...aRegistry({ spec: { egress: { mode } } }),
      ...(conditions && { status: { conditions } }),
    }) !== undefined;

  it.each<[string, boolean, Condition[] | undefined]>([
    ['nginx', true, undefined],
    ['nginx', true, told('Unknown', 'Starting')],
    ['nginx', true, told('Unknown', 'Leaving')],
    ['nginx', true, [notSupported() as Condition]],
    ['nginx', false, told('True', 'ProxiesReady')],
    // Its adapters must not be held up, nor go direct: the registry may know no other address
    ['nginx', false, told('False', 'ProxiesNotReady')],
    ['nginx', true, told('Unknown', 'Direct')],
    ['direct', false, undefined],
    ['direct', false, told('Unknown', 'Leaving')],
  ])('in mode %s waits: %s, after %j', (mode, expected, conditions) => {
    expect(waits(mode, conditions)).toBe(expected);
  });
});
