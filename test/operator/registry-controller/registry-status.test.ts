import { describe, expect, it } from 'vitest';
import { type EppRegistryStatus, registryStatus as schema } from '../../../src/api/v1alpha1/registry.ts';
import type { AccountFigures } from '../../../src/operator/budget-view.ts';
import {
  type RegistryView,
  registryStatus,
} from '../../../src/operator/registry-controller/registry-status.ts';

const figures: AccountFigures = {
  hasLedger: true,
  limit: 18,
  granted: 10,
  open: 9,
  waiting: 2,
  quarantined: 3,
  free: 5,
  cut: 0,
  learning: false,
  login: undefined,
  jobs: [],
  bySet: new Map(),
};
const valid: Extract<RegistryView, { state: 'valid' }> = {
  generation: 2,
  state: 'valid',
  credentialsProblem: undefined,
  credentials: { name: 'verisign-credentials', version: '7', rotating: false },
  figures,
  sets: [],
  refusedSets: [],
};
const login = { state: 'Proven', turn: 1, refusals: 0, changes: 0, password: 'Current' } as const;
const NOW = new Date('2026-02-03T04:05:06Z');

function conditionsOf(status: EppRegistryStatus): Record<string, string> {
  return Object.fromEntries(
    (status.conditions ?? []).map(({ type, status: s, reason }) => [type, `${s} ${reason}`]),
  );
}

describe('the status of an account', () => {
  it('is what the CRD lets through', () => {
    const status = registryStatus(valid, undefined, NOW);
    expect(schema.parse(status)).toEqual(status);
    expect(status.connections).toEqual({
      limit: 18,
      granted: 10,
      open: 9,
      quarantined: 3,
      free: 5,
      waiting: 2,
    });
  });

  it('tells the version of the Secret and the jobs, also while the Secret cannot be read or the account drains', () => {
    const jobs = [
      { name: 'poll', state: 'Ok', message: '', since: '2026-02-03T00:00:00Z', holder: 'p' },
    ] as const;
    const view = { ...valid, figures: { ...figures, jobs } };
    const status = registryStatus(view, undefined, NOW);
    expect(schema.parse(status)).toEqual(status);
    expect(status).toMatchObject({ credentialsVersion: '7', jobs });
    const draining: RegistryView = { generation: 2, state: 'draining', message: 'm', figures, sets: [] };
    expect(registryStatus(draining, status, NOW).credentialsVersion).toBe('7');
    expect(registryStatus(valid, status, NOW)).not.toHaveProperty('jobs');
  });

  it('tells no connections before there was a ledger, and goes on telling when it was lost', () => {
    const view = { ...valid, figures: { ...figures, hasLedger: false } };
    expect(registryStatus(view, undefined, NOW)).not.toHaveProperty('connections');
    const previous = registryStatus(valid, undefined, NOW);
    expect(registryStatus(view, previous, NOW)).toHaveProperty('connections');
  });

  it.each<{ what: string; view: RegistryView; expected: Record<string, string> }>([
    {
      what: 'all is well',
      view: valid,
      expected: {
        BudgetSatisfied: 'True MinimumsFit',
        CredentialsAvailable: 'True SecretsFound',
        Degraded: 'False AsExpected',
        Ready: 'True Usable',
        Stalled: 'False AsExpected',
      },
    },
    {
      what: 'a Secret is missing',
      view: { ...valid, credentialsProblem: 'no Secret' },
      expected: { CredentialsAvailable: 'False CredentialsMissing', Ready: 'False CredentialsMissing' },
    },
    {
      what: 'minimums do not fit',
      view: { ...valid, refusedSets: ['a', 'b'] },
      expected: { BudgetSatisfied: 'False MinimumsExceedLimit', Ready: 'True Usable' },
    },
    {
      what: 'the registry refuses sessions below the limit',
      view: { ...valid, figures: { ...figures, cut: 2 } },
      expected: { Degraded: 'True LimitCut' },
    },
    {
      what: 'the registry refuses the credentials',
      view: { ...valid, figures: { ...figures, login: { ...login, state: 'Refused', refusals: 2 } } },
      expected: {
        CredentialsAccepted: 'False CredentialsRefused',
        Degraded: 'True CredentialsRefused',
        Ready: 'True Usable',
      },
    },
    {
      what: 'a new password was set',
      view: {
        ...valid,
        credentials: { name: 'verisign-credentials', version: '7', rotating: true },
        figures: { ...figures, login: { ...login, password: 'Changed', secret: '7' } },
      },
      expected: { CredentialsAccepted: 'True LoggedIn', PasswordChange: 'True Changed' },
    },
    {
      what: 'the ledger was lost',
      view: { ...valid, figures: { ...figures, learning: true } },
      expected: { Degraded: 'True Learning' },
    },
    {
      what: 'the spec is not valid',
      view: { generation: 2, state: 'invalid', problem: 'spec.x is missing' } as const,
      expected: { Degraded: 'True InvalidSpec', Ready: 'False InvalidSpec', Stalled: 'True InvalidSpec' },
    },
    {
      what: 'it drains',
      view: { generation: 2, state: 'draining', message: 'm', figures, sets: [] } as const,
      expected: { Ready: 'False Draining' },
    },
  ])('when $what', ({ view, expected }) => {
    expect(conditionsOf(registryStatus(view, undefined, NOW))).toMatchObject(expected);
  });
});
