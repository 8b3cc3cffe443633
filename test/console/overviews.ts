/** Overviews as a cluster of some size has them. */
import type {
  AccountOverview,
  AccountShare,
  GatewayOverview,
  LeaseOverview,
  Overview,
  SetOverview,
} from '../../src/overview/overview.ts';
import { account as smallAccount, set as smallSet, share as smallShare } from '../overview/overviews.ts';

export const AT = '2026-01-01T12:00:00.000Z';

/** Of EppSet objects that are named after their sets. */
const objectOf = (set: string): string => set.replaceAll('.', '-');

export const share = (set: string, figures: Partial<AccountShare> = {}): AccountShare =>
  smallShare(objectOf(set), { granted: 10, max: 60, ...figures });

/** What is free, granted and open follows from the shares. */
export const account = (
  name: string,
  sets: readonly AccountShare[],
  more: Partial<AccountOverview> = {},
): AccountOverview =>
  smallAccount(name, {
    accreditation: 'default',
    endpoint: `epp.${name}.example:700`,
    limit: 100,
    sets,
    ...more,
  });

export const set = (name: string, more: Partial<SetOverview> = {}): SetOverview =>
  smallSet(objectOf(name), { granted: 10, open: 10, ...more });

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
