import { describe, expect, it } from 'vitest';
import { findCondition } from '../../../src/api/v1alpha1/conditions.ts';
import type { EppSetStatus } from '../../../src/api/v1alpha1/set.ts';
import { setStatus as setStatusSchema } from '../../../src/api/v1alpha1/set.ts';
import type { Deployment } from '../../../src/kube/builtin.ts';
import type { Judgement } from '../../../src/operator/set-controller/judgement.ts';
import { type SetView, setStatus } from '../../../src/operator/set-controller/set-status.ts';

const NOW = new Date('2026-02-03T04:05:06.789Z');

function aDeployment(options: { replicas?: number; generation?: number; status?: object } = {}): Deployment {
  const { replicas = 2, generation = 3, status = {} } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x', generation },
    spec: { replicas },
    status: { observedGeneration: generation, ...status },
  } as Deployment;
}

const complete = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

function statusOf(view: Partial<SetView> = {}, previous?: EppSetStatus): EppSetStatus {
  return setStatus(
    {
      generation: 4,
      judgement: { state: 'resolved' },
      deployment: aDeployment({ status: complete }),
      selector: 'a=b',
      pools: [],
      ...view,
    },
    previous,
    NOW,
  );
}

/** Status and reason by type. */
function conditionsOf(status: EppSetStatus): Record<string, string> {
  return Object.fromEntries(
    (status.conditions ?? []).map(({ type, status: s, reason }) => [type, `${s} ${reason}`]),
  );
}

const refused = (reason: 'InvalidSpec' | 'RegistryNotFound' | 'MinimumsExceedLimit'): Judgement => ({
  state: 'refused',
  refusal: { reason, message: 'because' },
});

describe('the status of a set', () => {
  it('is what the CRD lets through, and complete', () => {
    const pools = [
      { registry: 'a', granted: 3, open: 2, waiting: 1 },
      { registry: 'b', granted: 1, open: 1, waiting: 0 },
    ];
    const status = statusOf({ pools });
    expect(setStatusSchema.parse(status)).toEqual(status);
    expect(status).toMatchObject({
      observedGeneration: 4,
      replicas: 2,
      readyReplicas: 2,
      selector: 'a=b',
      connections: { granted: 4, open: 3, waiting: 1 },
      pools,
    });
    for (const condition of status.conditions ?? []) expect(condition.observedGeneration).toBe(4);
  });

  it.each<{ what: string; view: Partial<SetView>; expected: Record<string, string> }>([
    {
      what: 'all pods ready',
      view: {},
      expected: {
        BudgetSatisfied: 'True MinimumsFit',
        Degraded: 'False AsExpected',
        Progressing: 'False RolledOut',
        Ready: 'True PodsReady',
        Stalled: 'False AsExpected',
      },
    },
    {
      what: 'nothing made yet',
      view: { deployment: undefined },
      expected: { Ready: 'False PodsNotReady', Progressing: 'True RollingOut' },
    },
    {
      what: 'a rollout under way',
      view: { deployment: aDeployment({ status: { ...complete, replicas: 3, updatedReplicas: 1 } }) },
      expected: { Ready: 'False PodsNotReady', Progressing: 'True RollingOut', Degraded: 'False AsExpected' },
    },
    {
      what: 'a Deployment whose change was not seen by its controller yet',
      view: { deployment: aDeployment({ status: { ...complete, observedGeneration: 2 } }) },
      expected: { Ready: 'False PodsNotReady', Progressing: 'True RollingOut' },
    },
    {
      what: 'no pods wanted',
      view: { deployment: aDeployment({ replicas: 0 }) },
      expected: { Ready: 'True PodsReady', Progressing: 'False RolledOut' },
    },
    {
      what: 'a rollout that is stuck',
      view: {
        deployment: aDeployment({
          status: {
            conditions: [
              { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'm' },
            ],
          },
        }),
      },
      expected: { Degraded: 'True RolloutStuck', Ready: 'False PodsNotReady' },
    },
    {
      what: 'pods that a quota or a policy refuses',
      view: {
        deployment: aDeployment({
          status: {
            conditions: [
              { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' },
            ],
          },
        }),
      },
      expected: { Degraded: 'True PodsRefused' },
    },
    {
      what: 'an invalid spec: waiting is of no use',
      view: { judgement: refused('InvalidSpec') },
      expected: {
        BudgetSatisfied: 'Unknown NotJudged',
        Degraded: 'True InvalidSpec',
        Progressing: 'False Refused',
        Ready: 'False InvalidSpec',
        Stalled: 'True InvalidSpec',
      },
    },
    {
      what: 'a registry that may still come',
      view: { judgement: refused('RegistryNotFound') },
      expected: {
        Degraded: 'True RegistryNotFound',
        Ready: 'False RegistryNotFound',
        Stalled: 'False AsExpected',
      },
    },
    {
      what: 'minimums that do not fit',
      view: { judgement: refused('MinimumsExceedLimit') },
      expected: { BudgetSatisfied: 'False MinimumsExceedLimit', Degraded: 'True MinimumsExceedLimit' },
    },
    {
      what: 'something that is not known yet',
      view: { judgement: { state: 'waiting', message: 'm' } },
      expected: { Ready: 'False Waiting', Progressing: 'True Waiting', Degraded: 'False AsExpected' },
    },
    {
      what: 'a pause, with pods that are fine',
      view: { judgement: { state: 'paused' } },
      expected: { Ready: 'True PodsReady', Progressing: 'False Paused', Degraded: 'False AsExpected' },
    },
    {
      what: 'its end',
      view: { judgement: { state: 'draining', message: 'm' } },
      expected: { Ready: 'False Draining', Progressing: 'True Draining' },
    },
  ])('tells $what', ({ view, expected }) => {
    expect(conditionsOf(statusOf(view))).toMatchObject(expected);
  });

  it('keeps the time of a condition that stays, and the conditions of others', () => {
    const theirs = { ...(statusOf().conditions ?? [])[0], type: 'TheirOwn' } as never;
    const earlier = '2020-01-01T00:00:00Z';
    const before = statusOf();
    const previous = {
      ...before,
      conditions: [...(before.conditions ?? []).map((c) => ({ ...c, lastTransitionTime: earlier })), theirs],
    };
    const after = statusOf({ judgement: refused('RegistryNotFound') }, previous);
    expect(findCondition(after.conditions, 'Ready')?.lastTransitionTime).toBe('2026-02-03T04:05:06Z');
    expect(findCondition(after.conditions, 'Stalled')?.lastTransitionTime).toBe(earlier);
    expect(findCondition(after.conditions, 'TheirOwn')).toEqual(theirs);
  });

  it('says how many pods are ready and how many old ones are left', () => {
    const deployment = aDeployment({ status: { ...complete, replicas: 3, updatedReplicas: 2 } });
    expect(findCondition(statusOf({ deployment }).conditions, 'Ready')?.message).toBe(
      '2 of 2 pods are ready, 1 old pod is still there',
    );
  });
});
