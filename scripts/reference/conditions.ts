/** Conditions and events by their reasons, as the operator tells them. A test holds this list against its sources. */

export interface ConditionText {
  type: string;
  /** What it says when it is True. */
  meaning: string;
  /** Status, and what is so, by reason. */
  reasons: Readonly<Record<string, readonly [status: 'True' | 'False' | 'Unknown', text: string]>>;
}

const NOT_JUDGED = ['Unknown', 'something else is wrong first: see the other conditions'] as const;

/** Of a set, and those that a gateway has as well. */
const REFUSALS = {
  InvalidSpec: ['the spec breaks a rule; the message names the field. Only a change of this object helps'],
  NameTaken: ['an object of the name that is needed belongs to somebody else: rename one of the two'],
  ApplyFailed: ['the API server refused what the operator wanted to make; the message is its own'],
  RegistryNotFound: ['a pool or a route names an EppRegistry that is not in this namespace'],
  RegistryInvalid: ['an EppRegistry that is named is not valid itself'],
} as const;
const refusals = (status: 'True' | 'False', names: readonly (keyof typeof REFUSALS)[]) =>
  Object.fromEntries(names.map((name) => [name, [status, REFUSALS[name][0]] as const]));
const COMMON = Object.keys(REFUSALS) as (keyof typeof REFUSALS)[];

const WORKLOAD: readonly ConditionText[] = [
  {
    type: 'Ready',
    meaning: 'All pods are there, of the newest spec, and ready.',
    reasons: {
      PodsReady: ['True', 'so it is'],
      PodsNotReady: ['False', 'the message counts the pods'],
      Waiting: ['False', 'something is not known yet; it comes by itself'],
      Draining: ['False', 'the object is being deleted'],
      ...refusals('False', COMMON),
    },
  },
  {
    type: 'Progressing',
    meaning: 'Pods are being made, replaced or removed.',
    reasons: {
      RollingOut: ['True', 'pods are replaced'],
      Waiting: ['True', 'as above'],
      Draining: ['True', 'as above'],
      RolledOut: ['False', 'all pods are as the spec says'],
      Refused: ['False', 'what there is stays as it is: see Degraded'],
      Paused: ['False', '`spec.paused`: nothing is changed'],
    },
  },
  {
    type: 'Degraded',
    meaning: 'Somebody has to look.',
    reasons: {
      AsExpected: ['False', 'nobody has to'],
      PodsRefused: ['True', 'Kubernetes refuses to make pods: a quota, or an admission policy'],
      RolloutStuck: ['True', 'new pods have not become ready for ten minutes'],
      ...refusals('True', COMMON),
    },
  },
  {
    type: 'Stalled',
    meaning: 'Waiting is of no use; for tools that wait (kstatus).',
    reasons: {
      AsExpected: ['False', ''],
      InvalidSpec: ['True', 'as above'],
      NameTaken: ['True', 'as above'],
    },
  },
];

export const CONDITIONS: Readonly<Record<string, readonly ConditionText[]>> = {
  EppRegistry: [
    {
      type: 'Ready',
      meaning: 'Sets can use this account.',
      reasons: {
        Usable: ['True', 'so it is'],
        CredentialsMissing: ['False', 'a Secret is not there, or lacks a key'],
        EgressNotReady: ['False', 'its proxies are not ready: see EgressReady'],
        InvalidSpec: ['False', 'the spec breaks a rule; the message names the field'],
        Draining: ['False', 'it is being deleted, and waits for the sets that use it'],
      },
    },
    {
      type: 'CredentialsAvailable',
      meaning: 'The Secrets are there, with the keys that are needed.',
      reasons: {
        SecretsFound: ['True', 'so it is'],
        CredentialsMissing: ['False', 'the message names the Secret and the key'],
        NotJudged: NOT_JUDGED,
      },
    },
    {
      type: 'CredentialsAccepted',
      meaning: 'The registry takes the credentials.',
      reasons: {
        LoggedIn: ['True', 'a pod has logged in with them'],
        BeingTried: ['Unknown', 'one pod tries; the others wait for it'],
        NotTried: ['Unknown', 'no pod has logged in yet'],
        CredentialsRefused: [
          'False',
          'the registry refused them; open sessions stay, new logins are tried seldom',
        ],
        NotJudged: NOT_JUDGED,
      },
    },
    {
      type: 'PasswordChange',
      meaning: 'The registry has taken `newPassword`. Only where one was asked for.',
      reasons: {
        Changed: ['True', 'put it into `password`, and remove `newPassword`'],
        Pending: ['False', 'a pod sets it as soon as it has read the Secret: minutes'],
        Refused: ['False', 'both passwords are refused'],
        NotAsked: ['False', 'there is no `newPassword` any more'],
      },
    },
    {
      type: 'EgressReady',
      meaning: 'Its proxies carry connections. Only with `egress.mode: nginx`, and until they are left.',
      reasons: {
        ProxiesReady: ['True', 'so it is'],
        Starting: ['Unknown', 'sets wait for the first proxy'],
        Direct: ['Unknown', 'the mode is `direct`: there are no proxies'],
        Leaving: ['Unknown', 'the mode is `direct` again; the proxies go when no adapter uses them'],
        ProxiesNotReady: ['False', 'nothing reaches the registry'],
        NotSupported: ['False', 'this operator makes no proxies: connections are direct'],
        ...refusals('False', ['NameTaken', 'ApplyFailed']),
      },
    },
    {
      type: 'BudgetSatisfied',
      meaning: 'The minimums of all sets fit the limit.',
      reasons: {
        MinimumsFit: ['True', 'so it is'],
        MinimumsExceedLimit: ['False', 'the message names the sets that are refused'],
        NotJudged: NOT_JUDGED,
      },
    },
    {
      type: 'Degraded',
      meaning: 'Somebody has to look.',
      reasons: {
        AsExpected: ['False', 'nobody has to'],
        Learning: ['True', 'the ledger was lost: grants do not grow until it is known again what is open'],
        CredentialsRefused: ['True', 'as above'],
        LimitCut: [
          'True',
          'the registry refused sessions below the limit that is configured: fewer are used for now',
        ],
        InvalidSpec: ['True', 'the spec breaks a rule'],
      },
    },
    {
      type: 'Stalled',
      meaning: 'Waiting is of no use.',
      reasons: { AsExpected: ['False', ''], InvalidSpec: ['True', 'as above'] },
    },
  ],
  EppSet: [
    ...withReasons(WORKLOAD, ['Ready', 'Degraded'], (status) => ({
      CredentialsMissing: [status, 'an account of its pools has no credentials'],
      MinimumsExceedLimit: [status, 'its minimum does not fit an account beside those of the others'],
      RegistryDeleting: [status, 'an account of its pools is being deleted'],
    })),
    {
      type: 'BudgetSatisfied',
      meaning: 'Its minimums fit the accounts.',
      reasons: {
        MinimumsFit: ['True', 'so it is'],
        MinimumsExceedLimit: ['False', 'lower minimums, or raise the limit'],
        NotJudged: NOT_JUDGED,
      },
    },
    {
      type: 'AbleToScale',
      meaning:
        'The number of pods may be changed. This and the next two: only with `spec.autoscaling`, as a HorizontalPodAutoscaler has them.',
      reasons: {
        ReadyForNewScale: ['True', 'so it is'],
        Refused: ['False', 'see Degraded'],
        Waiting: ['False', 'see Ready'],
        Paused: ['False', '`spec.paused`'],
        Draining: ['False', 'the set is being deleted'],
      },
    },
    {
      type: 'ScalingActive',
      meaning: 'The number follows what pods report.',
      reasons: {
        ValidReports: ['True', 'so it is'],
        NoReports: ['False', 'no pod has told lately what it needs: the number stays'],
        ScalingDisabled: ['False', '`spec.replicas` is 0'],
        Refused: ['False', 'see Degraded'],
        Waiting: ['False', 'see Ready'],
        Paused: ['False', '`spec.paused`'],
        Draining: ['False', 'the set is being deleted'],
      },
    },
    {
      type: 'ScalingLimited',
      meaning: 'A bound, not the demand, decides.',
      reasons: {
        DesiredWithinRange: ['False', 'the demand decides'],
        TooFewReplicas: ['True', '`minReplicas` decides'],
        TooManyReplicas: ['True', '`maxReplicas` decides'],
        TooFewConnections: ['True', 'more pods would get no connection'],
      },
    },
  ],
  EppGateway: [
    ...withReasons(WORKLOAD, ['Ready', 'Degraded'], (status) => ({
      SecretMissing: [status, 'a Secret of `authentication` is not there, or lacks a key'],
    })),
    {
      type: 'RoutesResolved',
      meaning: 'Every account of the routes exists.',
      reasons: {
        RegistriesFound: ['True', 'so it is'],
        RegistryNotFound: ['False', 'the message names the route'],
        RegistryInvalid: ['False', 'an account is not valid itself'],
        NotJudged: NOT_JUDGED,
      },
    },
    {
      type: 'AccountsPooled',
      meaning: 'Every account of the routes is in a pool of a set that this gateway can reach.',
      reasons: {
        Pooled: ['True', 'the message names businesses without a pool of an account'],
        NotPooled: ['False', 'requests for these TLDs find nobody'],
        NotJudged: NOT_JUDGED,
      },
    },
  ],
};

function withReasons(
  conditions: readonly ConditionText[],
  types: readonly string[],
  more: (status: 'True' | 'False') => ConditionText['reasons'],
): ConditionText[] {
  return conditions.map((condition) =>
    types.includes(condition.type)
      ? {
          ...condition,
          reasons: { ...condition.reasons, ...more(condition.type === 'Degraded' ? 'True' : 'False') },
        }
      : condition,
  );
}

/** Events beside those that repeat a condition: by whom they are about. */
export const EVENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  EppRegistry: {
    Quarantined: 'connections of a pod that is gone still count, for a time that is told',
    LeaseLost: "a pod's lease was deleted or cannot be relied on: its connections are in quarantine",
    LimitReached: 'the registry refused a session below the limit: one fewer is used',
    LimitRecovered: 'one more is used again',
    Learning: 'the ledger was lost: nothing is raised',
    Learned: 'it is known again what is open',
  },
  EppSet: { SuccessfulRescale: 'the operator has changed the number of pods' },
  EppGateway: {
    RolloutStarted: 'a rollout by steps begins',
    RolloutStepReached: 'the next step holds',
    RolloutPaused: '`paused: true`',
    RolloutResumed: 'it goes on',
    RolloutCompleted: 'the last step has held',
    RolloutRolledBack: 'bounds were broken: all goes to the legacy system; the message says which',
    RolloutAborted: '`aborted: true`',
  },
  EppConnectionLease: {
    Fenced: 'a pod was silent for too long: it may open nothing any more',
    CrashLoop: 'a pod restarts again and again: it gets connections ever later',
  },
  'EppSet and EppGateway': { DriftCorrected: 'somebody changed an object of ours: it was set back' },
  'Secret eppset-internal-token': {
    TokenMade: 'the token that gateways and adapters of this namespace show each other',
    TokenRepaired: 'somebody changed it so that it cannot be used',
    TokenAnnounced: 'a new token is accepted beside the old one',
    TokenSwitched: 'the new one is shown',
    TokenChanged: 'only the new one is accepted',
  },
};
