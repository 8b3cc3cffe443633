/** An overview for tests, with a bit of everything. */
import type { AccountOverview, AccountShare, Overview, SetOverview } from '../../src/overview/overview.ts';

export const AT = '2026-11-21T12:00:00.123Z';

export function share(name: string, numbers: Partial<AccountShare> = {}): AccountShare {
  const granted = numbers.granted ?? 0;
  return {
    name,
    set: name.replaceAll('-', '.'),
    class: name.split('-')[1] ?? '',
    min: 2,
    max: 12,
    granted,
    charged: granted,
    open: granted,
    waiting: 0,
    quarantined: 0,
    ...numbers,
  };
}

/** Free, granted, open and the like as its sets say. */
export function account(name: string, fields: Partial<AccountOverview> = {}): AccountOverview {
  const { sets = [], limit = 20, externalReserved = 0, cut = 0 } = fields;
  const sum = (field: 'granted' | 'open' | 'waiting' | 'quarantined' | 'charged') =>
    sets.reduce((total, share) => total + share[field], 0);
  const usable = limit - externalReserved - cut;
  return {
    namespace: 'shop',
    name,
    profile: 'verisign',
    accreditation: 'shop',
    tlds: ['com', 'net'],
    endpoint: 'epp.example:700',
    health: 'Ready',
    troubles: [],
    limit,
    externalReserved,
    cut,
    usable,
    granted: sum('granted'),
    open: sum('open'),
    quarantined: sum('quarantined'),
    free: Math.max(0, usable - sum('charged') - sum('quarantined')),
    waiting: sum('waiting'),
    hasLedger: true,
    learning: false,
    sets,
    ...fields,
  };
}

export function set(name: string, fields: Partial<SetOverview> = {}): SetOverview {
  return {
    namespace: 'shop',
    name,
    set: name.replaceAll('-', '.'),
    class: name.split('-')[1] ?? '',
    health: 'Ready',
    troubles: [],
    paused: false,
    replicas: 2,
    readyReplicas: 2,
    granted: 6,
    open: 5,
    waiting: 0,
    leases: [],
    ...fields,
  };
}

export function overview(fields: Partial<Overview> = {}): Overview {
  return { at: AT, accounts: [], sets: [], gateways: [], ...fields };
}

export const BUSY: Overview = overview({
  accounts: [
    account('cnnic', {
      limit: 10,
      health: 'Degraded',
      sets: [share('epp-core-bj', { granted: 2, open: 0 })],
      troubles: [
        {
          type: 'CredentialsAccepted',
          reason: 'CredentialsRefused',
          message:
            'the registry refused the credentials once: compare Secret cnnic-credentials with what it knows',
          since: '2026-11-21T11:57:00Z',
        },
      ],
    }),
    account('verisign', {
      limit: 20,
      externalReserved: 2,
      sets: [
        share('epp-core-bj', { granted: 6, open: 5 }),
        share('epp-query-bj', { granted: 8, charged: 9, waiting: 12, quarantined: 2 }),
      ],
    }),
  ],
  sets: [
    set('epp-core-bj', {
      granted: 8,
      leases: [
        {
          pod: 'epp-core-bj-adapter-7d9f-x2x4l',
          state: 'Active',
          accounts: [
            { registry: 'cnnic', granted: 2, open: 0, waiting: 0 },
            { registry: 'verisign', granted: 6, open: 5, waiting: 0 },
          ],
        },
      ],
    }),
    set('epp-query-bj', {
      health: 'Progressing',
      readyReplicas: 1,
      granted: 8,
      open: 8,
      waiting: 12,
      troubles: [
        {
          type: 'Ready',
          reason: 'PodsNotReady',
          message: '1 of 2 pods are ready',
          since: '2026-11-21T11:59:48Z',
        },
      ],
    }),
  ],
  gateways: [
    {
      namespace: 'shop',
      name: 'front',
      prefix: 'epp',
      region: 'bj',
      health: 'Ready',
      troubles: [],
      replicas: 2,
      readyReplicas: 2,
      percent: 10,
      phase: 'Progressing',
      paused: false,
      switchedOff: ['query'],
    },
  ],
});
