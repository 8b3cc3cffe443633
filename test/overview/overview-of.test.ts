import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EppConnectionLease } from '../../src/api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from '../../src/api/v1alpha1/connection-ledger.ts';
import type { EppGateway } from '../../src/api/v1alpha1/gateway.ts';
import type { EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import type { EppSet } from '../../src/api/v1alpha1/set.ts';
import type { ClusterObjects } from '../../src/overview/cluster-objects.ts';
import { overviewOf } from '../../src/overview/overview-of.ts';
import { aGateway, aRegistry, aSet, NAMESPACE } from '../operator/samples.ts';

const AT = '2026-11-21T12:00:00Z';

const API = { apiVersion: 'eppset.io/v1alpha1' };

function lease(
  pod: string,
  set: string,
  grants: Record<string, { slots: number; open?: number; waiting?: number }>,
  more: { spec?: object; status?: object } = {},
): EppConnectionLease {
  const figures = { ackGen: 1, cap: 0, connecting: 0, unconfirmed: 0, demand: 0, limitHits: 0 };
  const by = (value: (grant: { slots: number; open?: number; waiting?: number }) => object) =>
    Object.fromEntries(Object.entries(grants).map(([account, grant]) => [account, value(grant)]));
  return {
    ...API,
    kind: 'EppConnectionLease',
    metadata: { name: `uid-of-${pod}`, namespace: NAMESPACE },
    spec: {
      ...{ pod, set, class: 'core', incarnation: pod, fence: 1, state: 'Bound', ttlSeconds: 60 },
      grants: by(({ slots }) => ({ slots, gen: 1 })),
      ...more.spec,
    },
    status: {
      incarnation: pod,
      phase: 'Active',
      accounts: by(({ open = 0, waiting = 0 }) => ({ ...figures, open, waiting })),
      ...more.status,
    },
  } as EppConnectionLease;
}

type Entry = [set: string, state: 'Active' | 'Quarantined', charge: number];

function ledger(entries: readonly Entry[], spec: object = {}, name = 'verisign'): EppConnectionLedger {
  const rest = { fence: 1, target: 0, gen: 1 };
  return {
    ...API,
    kind: 'EppConnectionLedger',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ...{ term: 1, effectiveLimit: 20, cut: 0, seq: 1, learning: false },
      entries: Object.fromEntries(
        entries.map(([set, state, charge], n) => [`i${n}`, { lease: `l${n}`, set, state, charge, ...rest }]),
      ),
      ...spec,
    },
  };
}

function cluster(objects: Partial<ClusterObjects>): ClusterObjects {
  return { registries: [], sets: [], gateways: [], ledgers: [], leases: [], ...objects };
}

const condition = (type: string, status: 'True' | 'False', reason: string, message = '') => ({
  ...{ type, status, reason, message, lastTransitionTime: AT },
});

const core = aSet({ name: 'epp-core-bj' });
const query = aSet({ name: 'an-query', spec: { set: 'epp.query.bj', class: 'query' } });

describe('an account', () => {
  const registry = aRegistry({
    spec: { connections: { limit: 22, externalReserved: 2, idleTimeoutSeconds: 60 } },
  });
  const leases = [
    lease('a', 'epp-core-bj', { verisign: { slots: 4, open: 3 } }),
    lease('b', 'an-query', { verisign: { slots: 6, open: 6, waiting: 9 }, other: { slots: 1, open: 1 } }),
  ];

  it('is counted from its ledger and all leases, its sets core first', () => {
    const entries: Entry[] = [
      ['epp-core-bj', 'Active', 4],
      ['an-query', 'Active', 7],
      ['an-query', 'Quarantined', 3],
    ];
    const objects = cluster({
      registries: [registry],
      sets: [query, core],
      ledgers: [ledger(entries)],
      leases,
    });
    const [account] = overviewOf(objects, AT).accounts;
    expect(account).toMatchObject({
      ...{ namespace: NAMESPACE, name: 'verisign', endpoint: 'epp.example:700', tlds: ['com', 'net'] },
      ...{ limit: 22, externalReserved: 2, cut: 0, usable: 20, hasLedger: true, learning: false },
      ...{ granted: 10, open: 9, waiting: 9, quarantined: 3, free: 6 },
    });
    expect(account?.sets).toEqual([
      {
        ...{ name: 'epp-core-bj', set: 'epp.core.bj', class: 'core', min: 6, max: 12 },
        ...{ granted: 4, charged: 4, open: 3, waiting: 0, quarantined: 0 },
      },
      {
        ...{ name: 'an-query', set: 'epp.query.bj', class: 'query', min: 6, max: 12 },
        ...{ granted: 6, charged: 7, open: 6, waiting: 9, quarantined: 3 },
      },
    ]);
  });

  it('still shows what a set holds that is gone', () => {
    const entries: Entry[] = [['gone', 'Quarantined', 3]];
    const objects = cluster({ registries: [registry], sets: [core], ledgers: [ledger(entries)] });
    const [account] = overviewOf(objects, AT).accounts;
    expect(account?.sets.map(({ name, class: its, quarantined }) => [name, its, quarantined])).toEqual([
      ['epp-core-bj', 'core', 0],
      ['gone', '', 3],
    ]);
  });

  it('is what the operator wrote into status where ledgers may not be read', () => {
    const status = {
      observedGeneration: 1,
      connections: { limit: 19, granted: 8, open: 7, quarantined: 1, free: 10, waiting: 2 },
      sets: [
        {
          set: 'epp.core.bj',
          name: 'epp-core-bj',
          class: 'core',
          granted: 8,
          open: 7,
          waiting: 2,
          quarantined: 1,
        },
      ],
    };
    const objects = cluster({
      registries: [{ ...registry, status }],
      sets: [core],
      ledgers: undefined,
      leases,
    });
    const [account] = overviewOf(objects, AT).accounts;
    expect(account).toMatchObject({
      usable: 19,
      cut: 1,
      granted: 8,
      open: 7,
      quarantined: 1,
      free: 10,
      waiting: 2,
    });
    expect(account?.sets).toMatchObject([{ name: 'epp-core-bj', granted: 8, charged: 8, quarantined: 1 }]);
  });

  it('writes an IPv6 address as a URL does', () => {
    const ipv6 = aRegistry({ spec: { endpoint: { host: '2001:db8::1' } } });
    expect(overviewOf(cluster({ registries: [ipv6] }), AT).accounts[0]?.endpoint).toBe('[2001:db8::1]:700');
  });

  it('says what is wrong with a ledger that cannot be read', () => {
    const broken = ledger([], { term: 'first' });
    const [account] = overviewOf(cluster({ registries: [registry], ledgers: [broken] }), AT).accounts;
    expect(account).toMatchObject({ health: 'Degraded', hasLedger: false });
    expect(account?.troubles[0]).toMatchObject({ reason: 'InvalidLedger' });
    expect(account?.troubles[0]?.message).toContain('spec.term');
  });
});

describe('a set', () => {
  it('adds up its leases and shows each pod', () => {
    const gone = lease('e', 'epp-core-bj', {});
    const leases = [
      lease('b', 'epp-core-bj', { verisign: { slots: 2, open: 1 } }, { status: { phase: 'Draining' } }),
      lease('a', 'epp-core-bj', { verisign: { slots: 4, open: 3, waiting: 1 }, cnnic: { slots: 1 } }),
      lease('c', 'epp-core-bj', {}, { spec: { state: 'Fenced' } }),
      lease('d', 'epp-core-bj', {}, { spec: { incarnation: 'a later one' } }),
      { ...gone, metadata: { ...gone.metadata, deletionTimestamp: AT } },
    ];
    const [set] = overviewOf(cluster({ sets: [core], leases }), AT).sets;
    expect(set).toMatchObject({
      set: 'epp.core.bj',
      class: 'core',
      replicas: 2,
      granted: 7,
      open: 4,
      waiting: 1,
    });
    expect(set?.leases.map(({ pod, state }) => `${pod} ${state}`)).toEqual([
      'a Active',
      'b Draining',
      'c Fenced',
      'd Bound',
      'e Gone',
    ]);
    expect(set?.leases[0]?.accounts).toEqual([
      { registry: 'cnnic', granted: 1, open: 0, waiting: 0 },
      { registry: 'verisign', granted: 4, open: 3, waiting: 1 },
    ]);
  });

  it('keeps what a pod was granted when its report does not fit, and shows a lease that does not', () => {
    const leases = [
      lease('a', 'epp-core-bj', { verisign: { slots: 4, open: 3 } }, { status: { phase: 'Newer' } }),
      lease('b', 'epp-core-bj', {}, { spec: { fence: -1 } }),
    ];
    const [set] = overviewOf(cluster({ sets: [core], leases }), AT).sets;
    expect(set).toMatchObject({ granted: 4, open: 0 });
    expect(set?.leases.map(({ state }) => state)).toEqual(['Bound', 'Invalid']);
  });

  it('wants as many pods as its autoscaling last said', () => {
    const scaled = aSet({ spec: { autoscaling: { minReplicas: 1, maxReplicas: 9 } } });
    const [set] = overviewOf(
      cluster({ sets: [{ ...scaled, status: { replicas: 5, readyReplicas: 4 } }] }),
      AT,
    ).sets;
    expect(set).toMatchObject({ replicas: 5, readyReplicas: 4 });
  });
});

describe('a gateway', () => {
  const legacy = { url: 'https://old.example' };
  const steps = [{ percent: 10, hold: '1m' }];
  const rolling = { phase: 'Progressing', percent: 10, step: 0, run: 'r' } as const;

  it.each([
    ['no older path', {}, undefined, undefined, undefined],
    ['a share', { rollout: { percent: 30, legacy } }, undefined, 30, undefined],
    ['a share that is off', { rollout: { percent: 30, legacy, aborted: true } }, undefined, 0, undefined],
    ['steps not begun', { rollout: { legacy, steps } }, undefined, 0, undefined],
    ['a step', { rollout: { legacy, steps } }, rolling, 10, 'Progressing'],
    [
      'bounds that broke',
      { rollout: { legacy, steps } },
      { ...rolling, phase: 'RolledBack' } as const,
      0,
      'RolledBack',
    ],
    ['steps of long ago', { rollout: { percent: 40, legacy } }, rolling, 40, undefined],
  ])('with %s', (_, spec, rollout, percent, phase) => {
    const gateway = { ...aGateway({ spec }), status: rollout ? { rollout } : {} };
    const [found] = overviewOf(cluster({ gateways: [gateway] }), AT).gateways;
    expect([found?.percent, found?.phase]).toEqual([percent, phase]);
  });

  it('names the businesses that are switched off', () => {
    const gateway = aGateway({ spec: { switches: { query: false, core: true } } });
    expect(overviewOf(cluster({ gateways: [gateway] }), AT).gateways[0]?.switchedOff).toEqual(['query']);
  });
});

describe('health', () => {
  const ready = condition('Ready', 'True', 'PodsReady');
  const notReady = condition('Ready', 'False', 'PodsNotReady', '1 of 2 pods are ready');
  const refused = (type: string, status: 'True' | 'False') =>
    condition(type, status, 'MinimumsExceedLimit', 'too much');

  it.each([
    ['nobody judged it', {}, 'Unknown', ['NotJudged']],
    ['all is well', { conditions: [ready] }, 'Ready', []],
    ['its spec is newer', { conditions: [ready], observedGeneration: 0 }, 'Progressing', ['NotObserved']],
    [
      'pods are starting',
      { conditions: [notReady, condition('Progressing', 'True', 'RollingOut')] },
      'Progressing',
      ['PodsNotReady'],
    ],
    [
      'it drains',
      { conditions: [condition('Ready', 'False', 'Draining', 'one pod left')] },
      'Progressing',
      ['Draining'],
    ],
    ['it is not ready and nothing moves', { conditions: [notReady] }, 'Degraded', ['PodsNotReady']],
    [
      'its proxies are gone',
      { conditions: [ready, condition('EgressReady', 'False', 'ProxiesNotReady')] },
      'Degraded',
      ['ProxiesNotReady'],
    ],
    [
      'it needs more pods than it may have',
      { conditions: [ready, condition('ScalingLimited', 'True', 'TooManyReplicas')] },
      'Ready',
      ['TooManyReplicas'],
    ],
    [
      'it needs few pods',
      { conditions: [ready, condition('ScalingLimited', 'True', 'TooFewReplicas')] },
      'Ready',
      [],
    ],
    [
      'one trouble stands in four conditions',
      {
        conditions: [
          refused('Ready', 'False'),
          refused('Degraded', 'True'),
          refused('Stalled', 'True'),
          refused('BudgetSatisfied', 'False'),
        ],
      },
      'Degraded',
      ['MinimumsExceedLimit'],
    ],
    [
      'an account is refused while its pods start',
      {
        conditions: [
          notReady,
          condition('Progressing', 'True', 'RollingOut'),
          condition('Degraded', 'True', 'RolloutStuck', 'stuck'),
        ],
      },
      'Degraded',
      ['RolloutStuck', 'PodsNotReady'],
    ],
  ])('when %s', (_, status, health, reasons) => {
    const set = { ...aSet(), status: { observedGeneration: 1, ...status } } as EppSet;
    const [found] = overviewOf(cluster({ sets: [set] }), AT).sets;
    expect([found?.health, found?.troubles.map(({ reason }) => reason)]).toEqual([health, reasons]);
  });

  it('is degraded where the object is not valid, which says why', () => {
    const set = { ...aSet(), spec: { set: 'epp' } } as unknown as EppSet;
    const [found] = overviewOf(cluster({ sets: [set] }), AT).sets;
    expect(found).toMatchObject({ health: 'Degraded', troubles: [{ reason: 'InvalidSpec' }] });
    expect(found?.troubles[0]?.message).toContain('spec.set');
  });
});

describe('an overview', () => {
  const metadata = (name: string) =>
    fc.record({ name: fc.constant(name), namespace: fc.constantFrom('a', 'b') }, { requiredKeys: ['name'] });
  /** Specs that are valid and others, each with any status. */
  const anything = <T>(kind: string, names: readonly string[], valid: object): fc.Arbitrary<T[]> => {
    const spec = fc.oneof(
      fc.constantFrom<unknown>(valid, undefined, null, 1),
      fc.object({ maxDepth: 3 }),
      fc
        .tuple(fc.constantFrom(...Object.keys(valid)), fc.anything({ maxDepth: 1 }))
        .map(([field, value]) => ({ ...valid, [field]: value })),
    );
    const object = fc.constantFrom(...names).chain((name) =>
      fc.record({
        apiVersion: fc.constant(API.apiVersion),
        kind: fc.constant(kind),
        metadata: metadata(name),
        spec,
        status: fc.anything({ maxDepth: 2 }),
      }),
    );
    return fc.array(object, { maxLength: 3 }) as unknown as fc.Arbitrary<T[]>;
  };

  it('is made of whatever objects there are', () => {
    const objects = fc.record({
      registries: anything<EppRegistry>('EppRegistry', ['verisign', 'cnnic'], aRegistry().spec),
      sets: anything<EppSet>('EppSet', ['one', 'two'], aSet().spec),
      gateways: anything<EppGateway>('EppGateway', ['front'], aGateway().spec),
      ledgers: fc.option(
        anything<EppConnectionLedger>(
          'EppConnectionLedger',
          ['verisign'],
          ledger([['one', 'Active', 1]]).spec,
        ),
        {
          nil: undefined,
        },
      ),
      leases: fc.option(
        anything<EppConnectionLease>(
          'EppConnectionLease',
          ['l1', 'l2'],
          lease('p', 'one', { verisign: { slots: 1 } }).spec,
        ),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(objects, (all) => {
        const { accounts, sets, gateways } = overviewOf(all, AT);
        expect([accounts.length, sets.length, gateways.length]).toEqual([
          all.registries.length,
          all.sets.length,
          all.gateways.length,
        ]);
      }),
      { numRuns: 50 },
    );
  });

  it('has sums that agree', () => {
    const slots = fc.integer({ min: 0, max: 9 });
    const leaseOf = fc.record({
      set: fc.constantFrom('epp-core-bj', 'an-query'),
      granted: slots,
      open: slots,
      waiting: slots,
    });
    const entryOf = fc.tuple(
      fc.constantFrom('epp-core-bj', 'an-query', 'gone'),
      fc.constantFrom('Active' as const, 'Quarantined' as const),
      fc.integer({ min: 0, max: 5 }),
    );
    fc.assert(
      fc.property(
        fc.array(leaseOf, { maxLength: 6 }),
        fc.array(entryOf, { maxLength: 4 }),
        (held, entries) => {
          const leases = held.map(({ set, granted, open, waiting }, n) =>
            lease(`p${n}`, set, { verisign: { slots: granted, open, waiting } }),
          );
          const all = cluster({
            registries: [aRegistry()],
            sets: [core, query],
            ledgers: [ledger(entries)],
            leases,
          });
          const { accounts, sets } = overviewOf(all, AT);
          const [account] = accounts;
          if (account === undefined) throw new Error('the account is missing');
          const shares = (field: 'granted' | 'open' | 'waiting' | 'quarantined' | 'charged') =>
            account.sets.reduce((sum, share) => sum + share[field], 0);
          for (const field of ['granted', 'open', 'waiting'] as const) {
            expect(shares(field)).toBe(account[field]);
            expect(sets.reduce((sum, set) => sum + set[field], 0)).toBe(account[field]);
          }
          expect(shares('quarantined')).toBe(account.quarantined);
          expect(shares('charged') + account.quarantined + account.free).toBe(account.usable);
        },
      ),
    );
  });
});
