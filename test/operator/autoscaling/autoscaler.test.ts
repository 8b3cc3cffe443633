import { beforeEach, describe, expect, it } from 'vitest';
import type { EppConnectionLease } from '../../../src/api/v1alpha1/connection-lease.ts';
import type { Deployment } from '../../../src/kube/builtin.ts';
import { Autoscaler } from '../../../src/operator/autoscaling/autoscaler.ts';
import { scalingConditions } from '../../../src/operator/autoscaling/conditions.ts';
import { ManualClock } from '../../kube/manual-clock.ts';
import { aSet } from '../samples.ts';

/** 12 connections for 4 pods, of which each is meant to use all: 3. */
const autoscaling = { minReplicas: 1, maxReplicas: 4, targetPoolUtilization: 100 };
const live = (replicas: number) => ({ spec: { replicas } }) as Deployment;

function aLease(pod: number, demand: number, seq = 1, more: object = {}): EppConnectionLease {
  const account = { ackGen: 1, cap: 9, open: 9, connecting: 0, unconfirmed: 0, waiting: 0, limitHits: 0 };
  return {
    metadata: { name: `pod-${pod}` },
    spec: { state: 'Bound', incarnation: 'i', renewSeconds: 20 },
    // A holder asks for one more than it uses.
    status: {
      incarnation: 'i',
      phase: 'Active',
      seq,
      accounts: { verisign: { ...account, demand: demand + 1 } },
    },
    ...more,
  } as unknown as EppConnectionLease;
}

let clock: ManualClock;
let leases: EppConnectionLease[];
let autoscaler: Autoscaler;

beforeEach(() => {
  clock = new ManualClock();
  leases = [];
  autoscaler = new Autoscaler({ clock, timeScale: 1, leases: () => leases, reachable: () => 12 });
});

const decide = (replicas: number, set = aSet({ spec: { autoscaling } })) =>
  autoscaler.decide(set, live(replicas));

describe('a set that scales automatically', () => {
  it('is asked for every 15 s, and at once when its spec changes', async () => {
    leases = [aLease(1, 3)];
    expect(decide(1)).toMatchObject({ replicas: 1, isNew: true, againMs: 15_000 });
    leases = [aLease(1, 9)];
    await clock.advance(5_000);
    expect(decide(1)).toMatchObject({ replicas: 1, isNew: false, againMs: 10_000 });
    await clock.advance(10_000);
    expect(decide(1)).toMatchObject({ replicas: 3, isNew: true });
    const changed = aSet({
      metadata: { generation: 2 },
      spec: { autoscaling: { ...autoscaling, minReplicas: 4 } },
    });
    expect(decide(3, changed)).toMatchObject({ replicas: 4, isNew: true });
  });

  it('says why', () => {
    leases = [aLease(1, 9)];
    expect(decide(1)).toMatchObject({
      why: 'its pods need 9 connections at verisign, where each is meant to use 3',
    });
  });

  it('does not count pods that are not heard any more', async () => {
    leases = [aLease(1, 9), aLease(2, 0)];
    expect(decide(2)).toMatchObject({ replicas: 3 });
    for (let seq = 2; seq <= 6; seq += 1) {
      await clock.advance(15_000);
      // The busy one is silent: what it said long ago asks for no more pods, and its silence for no fewer.
      leases = [aLease(1, 9), aLease(2, 0, seq)];
      expect(decide(2)).toMatchObject({ replicas: seq <= 5 ? 3 : 2, hasReports: true });
    }
  });

  it.each([
    ['is fenced', { spec: { state: 'Fenced', incarnation: 'i' } }],
    ['has not been bound', { spec: { state: 'None' } }],
    ['has a new process', { spec: { state: 'Bound', incarnation: 'another' } }],
    [
      'leaves',
      { status: { incarnation: 'i', phase: 'Draining', seq: 1, accounts: { verisign: { demand: 9 } } } },
    ],
    ['has said nothing', { status: undefined }],
  ])('does not count a pod that %s', (_, more) => {
    leases = [aLease(1, 9, 1, more)];
    expect(decide(2)).toMatchObject({ replicas: 2, hasReports: false });
  });

  it('has no pods while replicas is 0', () => {
    const off = aSet({ spec: { autoscaling, replicas: 0 } });
    expect(decide(3, off)).toMatchObject({ state: 'off', replicas: 0 });
    expect(autoscaler.decide(off, undefined)).toMatchObject({ state: 'off', replicas: 0 });
  });

  it.each([
    [1, 2],
    [3, 3],
    [9, 4],
  ])('begins with its %i replicas within the bounds: %i', (replicas, expected) => {
    const set = aSet({ spec: { autoscaling: { ...autoscaling, minReplicas: 2 }, replicas } });
    expect(autoscaler.decide(set, undefined)).toMatchObject({ replicas: expected });
  });

  it('begins with no more than there are connections for', () => {
    autoscaler = new Autoscaler({ clock, timeScale: 1, leases: () => [], reachable: () => 2 });
    const set = aSet({ spec: { autoscaling, replicas: 4 } });
    expect(autoscaler.decide(set, undefined)).toMatchObject({ replicas: 2 });
  });

  it('remembers nothing of a set that is gone', () => {
    leases = [aLease(1, 12), aLease(2, 0), aLease(3, 0), aLease(4, 0)];
    expect(decide(4)).toMatchObject({ replicas: 4 });
    autoscaler.forget({ name: 'epp-core-bj', namespace: 'shop' });
    expect(decide(2)).toMatchObject({ isNew: true, replicas: 4 });
  });
});

it('is nothing of a set that does not scale automatically', () => {
  expect(autoscaler.decide(aSet(), live(3))).toBeUndefined();
});

describe('its conditions', () => {
  const shown = (...of: Parameters<typeof scalingConditions>) =>
    scalingConditions(...of).map(({ type, status, reason }) => `${type} ${status} ${reason}`);

  it('tell what holds the number', () => {
    leases = [aLease(1, 90)];
    expect(shown({ state: 'resolved' }, decide(1))).toEqual([
      'AbleToScale True ReadyForNewScale',
      'ScalingActive True ValidReports',
      'ScalingLimited True TooManyReplicas',
    ]);
  });

  it('tell that nobody reports, that it is off, and that it is paused', () => {
    expect(shown({ state: 'resolved' }, decide(1))[1]).toBe('ScalingActive False NoReports');
    const off = aSet({ spec: { autoscaling, replicas: 0 } });
    expect(shown({ state: 'resolved' }, decide(0, off))[1]).toBe('ScalingActive False ScalingDisabled');
    expect(shown({ state: 'paused' }, undefined)).toEqual([
      'AbleToScale False Paused',
      'ScalingActive False Paused',
    ]);
  });
});
