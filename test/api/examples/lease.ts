import { LEASE_KIND } from '../../../src/api/v1alpha1/kinds.ts';
import { badTransition, broken, type Examples, good, many, misshapen } from './example.ts';

const ACCOUNT = {
  ackGen: 3,
  cap: 10,
  open: 5,
  connecting: 1,
  unconfirmed: 0,
  demand: 6,
  waiting: 0,
  limitHits: 0,
};

export const leaseExamples: Examples = {
  kind: LEASE_KIND,
  base: {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppConnectionLease',
    metadata: { name: '0b5a4f6e-8f5e-4a55-9d53-6d7c2f1f4f10' },
    spec: {
      pod: 'epp-core-bj-7c9f-abcde',
      set: 'epp-core-bj',
      class: 'core',
      incarnation: '6f1c2d3e-0000-4000-8000-000000000001',
      fence: 2,
      state: 'Bound',
      ttlSeconds: 600,
      grants: { 'verisign-dnspod': { slots: 10, gen: 3 } },
    },
  },
  good: [
    good('as it is', {}),
    good('fresh', {
      'spec.incarnation': undefined,
      'spec.state': 'None',
      'spec.grants': {},
      'spec.fence': 0,
    }),
    good('times scaled down', { 'spec.ttlSeconds': 0.6 }),
    good('a share of commands', {
      'spec.grants': { a: { slots: 1, gen: 1, millicommands: { perSecond: 2_983, perMinute: 40_000 } } },
    }),
    good('logins, and a report of them', {
      'spec.logins': { a: { turn: 4, permission: 'Prove', password: 'Change' } },
      status: {
        incarnation: 'i',
        phase: 'Active',
        seq: 1,
        accounts: {
          a: {
            ...ACCOUNT,
            login: { version: 1, result: 'Refused', refusals: 2, heardTurn: 4, answeredTurn: 4 },
            jobs: {
              poll: { state: 'Failing', message: 'the webhook answers 503', since: '2026-01-02T03:04:05Z' },
            },
          },
        },
      },
    }),
    good('as many grants as pools', {
      'spec.grants': Object.fromEntries(many(64, 'registry-').map((name) => [name, { slots: 1, gen: 1 }])),
    }),
  ],
  bad: [
    misshapen('no fence', { 'spec.fence': undefined }, 'spec.fence', 'is missing'),
    misshapen('an unknown state', { 'spec.state': 'Lost' }, 'spec.state', 'None, Bound, Fenced'),
    misshapen('half a fence', { 'spec.fence': 1.5 }, 'spec.fence', 'whole number'),
    misshapen(
      'a permission that nobody knows',
      { 'spec.logins': { a: { turn: 1, permission: 'Some', password: 'Current' } } },
      'spec.logins.a.permission',
      'All, Prove, None',
    ),
    misshapen('no grants', { 'spec.grants': undefined }, 'spec.grants', 'is missing: it must be an object'),
    misshapen(
      'a negative grant',
      { 'spec.grants': { a: { slots: -1, gen: 1 } } },
      'spec.grants.a.slots',
      '0, not -1',
    ),
    misshapen(
      'half a thousandth of a command',
      { 'spec.grants': { a: { slots: 1, gen: 1, millicommands: { perSecond: 0.5 } } } },
      'spec.grants.a.millicommands.perSecond',
      'whole number',
    ),
    broken(
      'a grant of nothing that can be',
      { 'spec.grants': { A: { slots: 1, gen: 1 } } },
      'spec.grants',
      'EppRegistry',
    ),
    misshapen(
      'more grants than pools',
      { 'spec.grants': Object.fromEntries(many(65, 'r').map((name) => [name, { slots: 1, gen: 1 }])) },
      'spec.grants',
      'at most 64 entries',
    ),
    misshapen('a negative time to live', { 'spec.ttlSeconds': -1 }, 'spec.ttlSeconds', 'at least 0'),
  ],
  goodTransitions: [
    good('a new binding', {
      'spec.incarnation': '6f1c2d3e-0000-4000-8000-000000000002',
      'spec.fence': 3,
      'spec.grants': { 'verisign-dnspod': { slots: 0, gen: 4 } },
    }),
    good('an account less', { 'spec.grants': {} }),
    good('an account more', {
      'spec.grants': { 'verisign-dnspod': { slots: 10, gen: 3 }, cnnic: { slots: 1, gen: 1 } },
    }),
  ],
  badTransitions: [
    badTransition('another pod', { 'spec.pod': 'other' }, 'spec.pod', 'cannot be changed'),
    badTransition('another set', { 'spec.set': 'epp-core-gz' }, 'spec.set', 'delete the pod instead'),
    badTransition('another class', { 'spec.class': 'query' }, 'spec.class', 'cannot be changed'),
    badTransition('a fence that falls', { 'spec.fence': 1 }, 'spec.fence', 'must not fall'),
    badTransition(
      'an older generation',
      { 'spec.grants': { 'verisign-dnspod': { slots: 500, gen: 2 } } },
      'spec.grants',
      'older generation',
    ),
  ],
};

/** What the pod writes. */
export const leaseStatus = {
  incarnation: '6f1c2d3e-0000-4000-8000-000000000001',
  phase: 'Active',
  seq: 17,
  ttlInUseSeconds: 600,
  accounts: { 'verisign-dnspod': ACCOUNT },
};

export const badReports = [
  misshapen('an unknown phase', { 'status.phase': 'Sleepy' }, 'status.phase', 'Active, Draining, Released'),
  misshapen(
    'half a report',
    { 'status.accounts': { a: { open: 1 } } },
    'status.accounts.a.ackGen',
    'is missing',
  ),
  misshapen(
    'less than nothing open',
    { 'status.accounts': { a: { ...ACCOUNT, open: -1 } } },
    'status.accounts.a.open',
    'at least 0, not -1',
  ),
  broken(
    'an account that cannot be',
    { 'status.accounts': { 'a b': ACCOUNT } },
    'status.accounts',
    'EppRegistry',
  ),
];
