import { findCondition } from '../../api/v1alpha1/conditions.ts';
import type { EppRegistryStatus } from '../../api/v1alpha1/registry.ts';
import type { AccountFigures } from '../budget-view.ts';
import { type Update, updatedConditions } from '../status/workload-conditions.ts';
import { credentialsAccepted, passwordChange, refused, type SecretFacts } from './login-conditions.ts';

export type SetFigures = NonNullable<EppRegistryStatus['sets']>[number];

/** What is known of an account when its status is made. */
export type RegistryView = { generation: number } & (
  | { state: 'invalid'; problem: string }
  | { state: 'draining'; message: string; figures: AccountFigures; sets: SetFigures[] }
  | {
      state: 'valid';
      /** What is wrong with its Secrets. */
      credentialsProblem: string | undefined;
      /** The Secret with its credentials, where there is one. */
      credentials: SecretFacts | undefined;
      /** `EgressReady`; undefined where there never was an egress. */
      egress?: Update | undefined;
      figures: AccountFigures;
      sets: SetFigures[];
      /** Names of the sets whose minimums do not fit. */
      refusedSets: readonly string[];
    }
);

/** An account's status, all of it. `previous` gives the times of the conditions that did not change. */
export function registryStatus(
  view: RegistryView,
  previous: EppRegistryStatus | undefined,
  now: Date,
): EppRegistryStatus {
  const updates = updatesOf(view, previous);
  const conditions = updatedConditions(previous?.conditions, updates, view.generation, now);
  if (view.state === 'invalid') return { observedGeneration: view.generation, conditions };
  const { limit, granted, open, quarantined, free, waiting } = view.figures;
  // Once told, told for ever: an account that had connections and has no ledger has lost it, which the allocator must know.
  const hadLedger = view.figures.hasLedger || previous?.connections !== undefined;
  const secret = view.state === 'valid' ? view.credentials?.version : previous?.credentialsVersion;
  return {
    observedGeneration: view.generation,
    ...(secret !== undefined && { credentialsVersion: secret }),
    ...(hadLedger && { connections: { limit, granted, open, quarantined, free, waiting } }),
    sets: view.sets,
    ...(view.figures.jobs.length > 0 && { jobs: [...view.figures.jobs] }),
    conditions,
  };
}

type ValidView = Extract<RegistryView, { state: 'valid' }>;

function updatesOf(view: RegistryView, previous: EppRegistryStatus | undefined): Update[] {
  switch (view.state) {
    case 'invalid':
      return invalid(view.problem);
    case 'draining':
      return draining(view.message);
    case 'valid':
      return [
        credentials(view.credentialsProblem),
        ...logins(view, findCondition(previous?.conditions, 'PasswordChange') !== undefined),
        budget(view.refusedSets),
        degraded(view.figures, secretName(view)),
        ...(view.egress ? [view.egress] : []),
        ready(view),
        { type: 'Stalled', status: 'False', reason: 'AsExpected', message: '' },
      ];
  }
}

function ready({ credentialsProblem, egress }: ValidView): Update {
  const type = 'Ready';
  if (credentialsProblem !== undefined) {
    return { type, status: 'False', reason: 'CredentialsMissing', message: credentialsProblem };
  }
  // Leaving them and having none, both go direct: sets are served
  if (
    egress !== undefined &&
    !['ProxiesReady', 'Leaving', 'Direct', 'NotSupported'].includes(egress.reason)
  ) {
    return { type, status: 'False', reason: 'EgressNotReady', message: egress.message };
  }
  return { type, status: 'True', reason: 'Usable', message: 'sets can use this account' };
}

const secretName = ({ credentials }: ValidView): string => credentials?.name ?? 'of spec.credentials';

function logins(view: ValidView, changeWasTold: boolean): Update[] {
  const { credentials: secret, figures } = view;
  const change = secret && passwordChange(figures.login, secret, changeWasTold);
  const accepted = credentialsAccepted(figures.login, secretName(view));
  return change === undefined ? [accepted] : [accepted, change];
}

function invalid(problem: string): Update[] {
  const trouble = { reason: 'InvalidSpec', message: `the spec is not valid: ${problem}` };
  const unknown = { status: 'Unknown', reason: 'NotJudged', message: 'see the other conditions' } as const;
  return [
    { type: 'BudgetSatisfied', ...unknown },
    { type: 'CredentialsAccepted', ...unknown },
    { type: 'CredentialsAvailable', ...unknown },
    { type: 'Degraded', status: 'True', ...trouble },
    { type: 'Ready', status: 'False', ...trouble },
    { type: 'Stalled', status: 'True', ...trouble },
  ];
}

function draining(message: string): Update[] {
  return [{ type: 'Ready', status: 'False', reason: 'Draining', message }];
}

function credentials(problem: string | undefined): Update {
  const type = 'CredentialsAvailable';
  return problem === undefined
    ? { type, status: 'True', reason: 'SecretsFound', message: 'all Secrets have the keys that are needed' }
    : { type, status: 'False', reason: 'CredentialsMissing', message: problem };
}

function budget(refusedSets: readonly string[]): Update {
  const type = 'BudgetSatisfied';
  if (refusedSets.length === 0) {
    return { type, status: 'True', reason: 'MinimumsFit', message: 'all guaranteed minimums fit the limit' };
  }
  return {
    type,
    status: 'False',
    reason: 'MinimumsExceedLimit',
    message: `the limit does not hold the minimums of ${refusedSets.join(', ')}: lower minimums or raise the limit`,
  };
}

function degraded({ cut, learning, limit, login }: AccountFigures, secret: string): Update {
  const type = 'Degraded';
  if (learning) {
    return {
      type,
      status: 'True',
      reason: 'Learning',
      message:
        'the ledger was lost and is learned anew from the leases: grants do not grow until every holder was heard or surely is gone',
    };
  }
  if (login?.state === 'Refused') return { type, status: 'True', ...refused(login, secret) };
  if (cut > 0) {
    return {
      type,
      status: 'True',
      reason: 'LimitCut',
      message: `the registry refused sessions below the configured limit, so only ${limit} are used for now: compare spec.connections with what it allows, and who else uses the account`,
    };
  }
  return { type, status: 'False', reason: 'AsExpected', message: '' };
}
