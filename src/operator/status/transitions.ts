import type { Condition } from '../../api/v1alpha1/condition.ts';
import { findCondition } from '../../api/v1alpha1/conditions.ts';

export interface Transition {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

interface Told {
  status: Condition['status'];
  type: Transition['type'];
}

/** The status of a condition that people want to be told about. */
const TOLD: Readonly<Record<string, readonly Told[]>> = {
  AccountsPooled: [{ status: 'False', type: 'Warning' }],
  BudgetSatisfied: [{ status: 'False', type: 'Warning' }],
  CredentialsAccepted: [
    { status: 'False', type: 'Warning' },
    { status: 'True', type: 'Normal' },
  ],
  CredentialsAvailable: [{ status: 'False', type: 'Warning' }],
  Degraded: [{ status: 'True', type: 'Warning' }],
  EgressReady: [
    { status: 'False', type: 'Warning' },
    { status: 'True', type: 'Normal' },
  ],
  PasswordChange: [{ status: 'True', type: 'Normal' }],
  RoutesResolved: [{ status: 'False', type: 'Warning' }],
  Ready: [{ status: 'True', type: 'Normal' }],
};

/**
 * The events that a change of conditions is worth: a trouble that begins or becomes another one, and the end of troubles. What stands
 * in the stored status already was told before, also by another process. A trouble that several conditions name is told once.
 */
export function transitions(
  before: readonly Condition[] | undefined,
  after: readonly Condition[],
): Transition[] {
  const told = after.flatMap((condition): Transition[] => {
    const { type, status, reason, message } = condition;
    const rule = TOLD[type]?.find((told) => told.status === status);
    if (rule === undefined) return [];
    const old = findCondition(before, type);
    const same = old?.status === status && (rule.type === 'Normal' || old.message === message);
    return same ? [] : [{ type: rule.type, reason, message }];
  });
  return told.filter(
    (event, index) =>
      told.findIndex(({ reason, message }) => reason === event.reason && message === event.message) === index,
  );
}
