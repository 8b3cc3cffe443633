import type { EppConnectionLease } from '../api/v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from '../api/v1alpha1/connection-ledger.ts';
import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import { CLASSES } from '../api/v1alpha1/set.ts';
import { accountFigures, NOTHING } from '../operator/account-figures.ts';
import type { Figures } from '../operator/budget-view.ts';
import { invalid, type Judged, judged } from './health.ts';
import type { AccountOverview, AccountShare } from './overview.ts';
import { type Checked, type NamespaceObjects, namespaceOf } from './parsed-objects.ts';

/** An account's connections, whoever told of them. */
interface Connections extends Figures {
  usable: number;
  free: number;
  cut: number;
  hasLedger: boolean;
  learning: boolean;
  /** By name of the EppSet object. */
  shares: ReadonlyMap<string, Figures & { charged: number }>;
}

/** @param around all objects of its namespace */
export function accountOverview(
  { raw, parsed }: Checked<EppRegistry>,
  around: NamespaceObjects,
): AccountOverview {
  const { name } = raw.metadata;
  const ledger = around.ledgers?.get(name);
  const leases = around.leasesAt.get(name) ?? [];
  const registry = parsed.ok ? parsed.value : undefined;
  const connections =
    around.ledgers === undefined || around.leases === undefined
      ? asStatusSays(registry)
      : asCounted({ name, registry, ledger: ledger?.parsed.ok ? ledger.parsed.value : undefined, leases });
  const { shares, ...figures } = connections;
  const identity = registry
    ? identityOf(registry)
    : { profile: '', accreditation: '', tlds: [], endpoint: '', limit: figures.usable + figures.cut };
  return {
    namespace: namespaceOf(raw),
    name,
    ...identity,
    externalReserved: registry?.spec.connections.externalReserved ?? 0,
    ...withLedger(registry ? judged(registry) : invalid(parsed.ok ? [] : parsed.problems), ledger),
    ...figures,
    sets: sharesOf(name, around, shares),
  };
}

function identityOf({ spec }: EppRegistry) {
  const { profile, accreditation, tlds, endpoint, connections } = spec;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return {
    profile,
    accreditation,
    tlds,
    endpoint: `${host}:${endpoint.port}`,
    limit: connections.limit,
  };
}

/** A ledger that cannot be read is a trouble of its account. */
function withLedger(own: Judged, ledger: Checked<EppConnectionLedger> | undefined): Judged {
  if (ledger === undefined || ledger.parsed.ok) return own;
  const [trouble] = invalid(ledger.parsed.problems).troubles;
  const told = { type: 'Ledger', reason: 'InvalidLedger', message: trouble?.message ?? '' };
  return { health: 'Degraded', troubles: [told, ...own.troubles] };
}

function asCounted(known: {
  name: string;
  registry: EppRegistry | undefined;
  ledger: EppConnectionLedger | undefined;
  leases: readonly EppConnectionLease[];
}): Connections {
  const { name, registry, ledger, leases } = known;
  const { limit = 0, externalReserved = 0 } = registry?.spec.connections ?? {};
  const usable = limit - externalReserved;
  const { bySet, limit: effective, ...figures } = accountFigures({ name, usable, ledger, leases });
  const charged = new Map<string, number>();
  for (const { set, state, charge } of Object.values(ledger?.spec.entries ?? {})) {
    if (state === 'Active') charged.set(set, (charged.get(set) ?? 0) + charge);
  }
  const names = [...new Set([...bySet.keys(), ...charged.keys()])];
  const { granted, open, waiting, quarantined, free, cut, hasLedger, learning } = figures;
  return {
    ...{ granted, open, waiting, quarantined, free, cut, hasLedger, learning },
    usable: effective,
    shares: new Map(
      names.map((set) => [set, { ...(bySet.get(set) ?? NOTHING), charged: charged.get(set) ?? 0 }]),
    ),
  };
}

/** What the operator last wrote, for those who may not read ledgers and leases. */
function asStatusSays(registry: EppRegistry | undefined): Connections {
  const { connections, sets = [] } = registry?.status ?? {};
  const { limit = 0, externalReserved = 0 } = registry?.spec.connections ?? {};
  const usable = connections?.limit ?? limit - externalReserved;
  return {
    granted: connections?.granted ?? 0,
    open: connections?.open ?? 0,
    waiting: connections?.waiting ?? 0,
    quarantined: connections?.quarantined ?? 0,
    free: connections?.free ?? usable,
    usable,
    cut: Math.max(0, limit - externalReserved - usable),
    hasLedger: connections !== undefined,
    learning: registry?.status?.conditions?.some(({ reason }) => reason === 'Learning') ?? false,
    shares: new Map(
      sets.map(({ name, granted, open, waiting, quarantined = 0 }) => [
        name,
        { granted, open, waiting, quarantined, charged: granted },
      ]),
    ),
  };
}

function sharesOf(account: string, around: NamespaceObjects, shares: Connections['shares']): AccountShare[] {
  const left = new Map(shares);
  const nothing = { ...NOTHING, charged: 0 };
  const pooled = (around.setsAt.get(account) ?? []).map(({ metadata: { name }, spec }): AccountShare => {
    const { min = 0, max = 0 } = spec.pools.find(({ registry }) => registry === account) ?? {};
    const figures = left.get(name) ?? nothing;
    left.delete(name);
    return { name, set: spec.set, class: spec.class, min, max, ...figures };
  });
  const rest = [...left].map(([name, figures]): AccountShare => {
    const found = around.sets.find(({ raw }) => raw.metadata.name === name)?.parsed;
    const lease = around.leasesAt.get(account)?.find(({ spec }) => spec.set === name);
    const set = found?.ok ? found.value.spec.set : name;
    return { name, set, class: lease?.spec.class ?? '', min: 0, max: 0, ...figures };
  });
  return [...pooled.sort(byPriority), ...rest.sort(byPriority)];
}

const PRIORITIES: readonly string[] = CLASSES;

function byPriority(a: AccountShare, b: AccountShare): number {
  return PRIORITIES.indexOf(a.class) - PRIORITIES.indexOf(b.class) || (a.name < b.name ? -1 : 1);
}
