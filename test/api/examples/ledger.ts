import { LEDGER_KIND } from '../../../src/api/v1alpha1/kinds.ts';
import { badTransition, broken, type Examples, good, misshapen } from './example.ts';

const entry = (changes: object = {}) => ({
  lease: '0b5a4f6e-8f5e-4a55-9d53-6d7c2f1f4f10',
  set: 'epp-core-bj',
  fence: 2,
  state: 'Active',
  target: 60,
  gen: 3,
  charge: 60,
  ...changes,
});

export const ledgerExamples: Examples = {
  kind: LEDGER_KIND,
  base: {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppConnectionLedger',
    metadata: { name: 'verisign-dnspod' },
    spec: {
      term: 4,
      effectiveLimit: 100,
      cut: 0,
      seq: 99,
      learning: false,
      entries: {
        'incarnation-1': entry(),
        'incarnation-2': entry({ state: 'Quarantined', target: 0, charge: 40, remainingSeconds: 12.5 }),
      },
    },
  },
  good: [
    good('as it is', {}),
    good('empty', { 'spec.entries': {} }),
    good('with a prover, and a pod that was refused', {
      'spec.login': {
        state: 'Refused',
        turn: 8,
        refusals: 2,
        changes: 1,
        password: 'Change',
        prover: { incarnation: 'a', turn: 8, password: 'Change' },
        secret: '1234',
      },
      'spec.entries': {
        a: entry({ credentials: { version: 1, refusals: 0 } }),
        b: entry({
          charge: 40,
          target: 40,
          credentials: { version: 0, refusals: 1, refused: 'Current', stale: true },
        }),
      },
    }),
    good('with a share of commands that falls', {
      'spec.entries': {
        a: entry({ millicommands: { perSecond: 2_000 }, chargedMillicommands: { perSecond: 2_500 } }),
        b: entry({ charge: 40, target: 40, millicommands: { perMinute: 2_000 }, chargedMillicommands: {} }),
      },
    }),
    good('made while learning, over the limit', {
      'spec.learning': true,
      'spec.entries.incarnation-1': entry({ charge: 500 }),
    }),
  ],
  bad: [
    misshapen('no term', { 'spec.term': undefined }, 'spec.term', 'is missing'),
    misshapen(
      'a negative charge',
      { 'spec.entries': { a: entry({ charge: -1, target: 0 }) } },
      'spec.entries.a.charge',
      '0',
    ),
    misshapen(
      'an unknown state',
      { 'spec.entries': { a: entry({ state: 'Gone' }) } },
      'spec.entries.a.state',
      'Active',
    ),
    misshapen(
      'less than no commands',
      { 'spec.entries': { a: entry({ millicommands: { perMinute: -1 } }) } },
      'spec.entries.a.millicommands.perMinute',
      'at least 0, not -1',
    ),
    broken(
      'granted beyond the charge',
      { 'spec.entries': { a: entry({ target: 61 }) } },
      'spec.entries.a.target',
      'not be more than charge (60)',
    ),
    broken(
      'an incarnation that cannot be',
      { 'spec.entries': { 'a b': entry() } },
      'spec.entries',
      'incarnation',
    ),
  ],
  goodTransitions: [
    good('a release', { 'spec.seq': 100, 'spec.entries': {} }),
    good('a limit that is cut below what is charged', { 'spec.effectiveLimit': 50, 'spec.cut': 50 }),
    good('up to the limit', {
      'spec.entries': { 'incarnation-1': entry({ charge: 100 }) },
    }),
    good('learning', { 'spec.learning': true, 'spec.entries.incarnation-1': entry({ charge: 500 }) }),
  ],
  badTransitions: [
    badTransition('an older leader', { 'spec.term': 3 }, 'spec.term', 'older leader'),
    badTransition('a lost write', { 'spec.seq': 98 }, 'spec.seq', 'must not fall'),
    badTransition(
      'overbooking',
      { 'spec.entries.incarnation-1': entry({ charge: 61 }) },
      'spec.entries',
      'must not charge more than effectiveLimit',
    ),
    badTransition(
      'more charged under a cut limit',
      { 'spec.effectiveLimit': 50, 'spec.entries.incarnation-1': entry({ charge: 61 }) },
      'spec.entries',
      'nor more than before',
    ),
  ],
};
