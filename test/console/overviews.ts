/** Overviews as a cluster of some size has them. */
import type {
  AccountOverview,
  AccountShare,
  GatewayOverview,
  LeaseOverview,
  Overview,
  SetOverview,
} from '../../src/overview/overview.ts';

export const AT = '2026-01-01T12:00:00.000Z';

export function share(set: string, figures: Partial<AccountShare> = {}): AccountShare {
  const granted = figures.granted ?? 10;
  return {
    name: set.replaceAll('.', '-'),
    set,
    class: set.split('.')[1] ?? '',
    min: 2,
    max: 60,
    granted,
    charged: granted,
    open: granted,
    waiting: 0,
    quarantined: 0,
    ...figures,
  };
}

/** What is free, granted and open follows from the shares. */
export function account(
  name: string,
  sets: readonly AccountShare[],
  more: Partial<AccountOverview> = {},
): AccountOverview {
  const { limit = 100, externalReserved = 0, cut = 0 } = more;
  const sum = (field: 'granted' | 'charged' | 'open' | 'quarantined' | 'waiting') =>
    sets.reduce((total, one) => total + one[field], 0);
  const usable = limit - externalReserved - cut;
  return {
    namespace: 'shop',
    name,
    profile: 'verisign',
    accreditation: 'default',
    tlds: ['com', 'net'],
    endpoint: `epp.${name}.example:700`,
    health: 'Ready',
    troubles: [],
    limit,
    externalReserved,
    cut,
    usable,
    granted: sum('granted'),
    open: sum('open'),
    quarantined: sum('quarantined'),
    free: usable - sum('charged') - sum('quarantined'),
    waiting: sum('waiting'),
    hasLedger: true,
    learning: false,
    sets,
    ...more,
  };
}

export function set(name: string, more: Partial<SetOverview> = {}): SetOverview {
  return {
    namespace: 'shop',
    name: name.replaceAll('.', '-'),
    set: name,
    class: name.split('.')[1] ?? '',
    health: 'Ready',
    troubles: [],
    paused: false,
    replicas: 2,
    readyReplicas: 2,
    granted: 10,
    open: 10,
    waiting: 0,
    leases: [],
    ...more,
  };
}

export function lease(pod: string, granted: number, open: number, state = 'Active'): LeaseOverview {
  return { pod, state, accounts: [{ registry: 'verisign', granted, open, waiting: 0 }] };
}

export function gateway(name: string, more: Partial<GatewayOverview> = {}): GatewayOverview {
  return {
    namespace: 'shop',
    name,
    prefix: 'epp',
    region: 'bj',
    health: 'Ready',
    troubles: [],
    replicas: 2,
    readyReplicas: 2,
    paused: false,
    switchedOff: [],
    ...more,
  };
}

/** A cluster on a bad day: something of everything that the page can show. */
export function badDay(core = 40, query = 24): Overview {
  return {
    at: new Date().toISOString(),
    accounts: [
      account(
        'verisign',
        [
          share('epp.core.bj', { granted: core, open: core - 6, min: 10, max: 80, waiting: 3 }),
          share('epp.manage.bj', { granted: 14, open: 5, max: 20 }),
          share('epp.query.bj', { granted: query, charged: query + 2, open: query, quarantined: 5 }),
        ],
        { externalReserved: 6, health: 'Ready' },
      ),
      account(
        'cnnic',
        [share('epp.core.bj', { granted: 18, open: 11 }), share('epp.query.bj', { granted: 8, open: 0 })],
        {
          limit: 30,
          cut: 2,
          tlds: ['cn', '中国'],
          profile: 'cnnic',
          health: 'Degraded',
          troubles: [
            {
              type: 'BudgetSatisfied',
              reason: 'MinimumsExceedLimit',
              message:
                'the sets of this account want at least 32 connections, and 28 can be had: epp.query.bj gets 2 fewer than its minimum',
              since: AT,
            },
          ],
        },
      ),
    ],
    sets: [
      set('epp.core.bj', {
        replicas: 4,
        readyReplicas: 4,
        granted: core + 18,
        open: core + 5,
        waiting: 3,
        leases: [0, 1, 2, 3].map((index) => lease(`epp-core-bj-7d9f${index}`, 10, index < 3 ? 10 : 4)),
      }),
      set('epp.manage.bj', {
        granted: 14,
        open: 5,
        leases: [lease('epp-manage-bj-1', 7, 3), lease('epp-manage-bj-2', 7, 2, 'Draining')],
      }),
      set('epp.query.bj', { health: 'Progressing', readyReplicas: 0, granted: query + 8, open: query }),
    ],
    gateways: [gateway('epp-bj', { percent: 50, phase: 'Progressing', switchedOff: ['manage'] })],
  };
}
