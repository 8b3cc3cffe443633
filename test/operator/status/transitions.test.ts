import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/api/v1alpha1/condition.ts';
import { transitions } from '../../../src/operator/status/transitions.ts';

const condition = (type: string, status: Condition['status'], reason: string, message = ''): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const trouble = condition('Degraded', 'True', 'RegistryNotFound', 'verisign does not exist');
const well = condition('Degraded', 'False', 'AsExpected');
const ready = condition('Ready', 'True', 'PodsReady', '2 of 2');
const accepted = condition('CredentialsAccepted', 'True', 'LoggedIn');
const refused = condition('CredentialsAccepted', 'False', 'CredentialsRefused', 'once');
const warning = { type: 'Warning', reason: 'RegistryNotFound', message: 'verisign does not exist' };

describe('transitions', () => {
  it.each([
    ['a trouble that begins', [well], [trouble], [warning]],
    ['the first look at an object in trouble', undefined, [trouble], [warning]],
    ['a trouble that stays, also for a new process', [trouble], [trouble], []],
    ['a trouble that passes', [trouble], [well], []],
    ['all well from the start', undefined, [well], []],
    [
      'getting ready',
      [condition('Ready', 'False', 'PodsNotReady')],
      [ready],
      [{ type: 'Normal', reason: 'PodsReady', message: '2 of 2' }],
    ],
    ['ready with other numbers', [ready], [condition('Ready', 'True', 'PodsReady', '3 of 3')], []],
    [
      'refused credentials',
      [accepted],
      [refused],
      [{ type: 'Warning', reason: 'CredentialsRefused', message: 'once' }],
    ],
    [
      'the same, once more',
      [refused],
      [{ ...refused, message: 'twice' }],
      [{ type: 'Warning', reason: 'CredentialsRefused', message: 'twice' }],
    ],
    [
      'credentials that are taken',
      [refused],
      [accepted],
      [{ type: 'Normal', reason: 'LoggedIn', message: '' }],
    ],
    ['and that stay so', [accepted], [accepted], []],
    ['not ready', [ready], [condition('Ready', 'False', 'PodsNotReady')], []],
  ] as const)('%s', (_what, before, after, expected) => {
    expect(transitions(before, after)).toEqual(expected);
  });

  it('tells another trouble', () => {
    const other = { ...trouble, message: 'cnnic does not exist' };
    expect(transitions([trouble], [other])).toEqual([{ ...warning, message: other.message }]);
  });

  it('tells a trouble once that two conditions name', () => {
    const budget = { ...trouble, type: 'BudgetSatisfied', status: 'False' as const };
    expect(transitions([], [budget, trouble])).toEqual([warning]);
  });
});
