import type { Parsed } from '../api/parse.ts';
import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import type { EppSet } from '../api/v1alpha1/set.ts';
import { registryFact, setFact } from '../budget/kube/views.ts';
import { type Admission, admitMinimums } from '../budget/minimums.ts';
import type { SetFact } from '../budget/protocol.ts';
import { keyOf, keyString } from '../kube/objects.ts';
import type { AccountFigures, BudgetView, Figures } from './budget-view.ts';
import { BY_NAMESPACE, BY_REGISTRY, type Caches } from './caches.ts';

/** The budget as the caches have it. */
export function cachedBudget(caches: Pick<Caches, 'sets' | 'ledgers' | 'leases' | 'parsedSet'>): BudgetView {
  const admission = (registry: EppRegistry): Admission => {
    const sets = caches.sets
      .byIndex(BY_REGISTRY, keyString(keyOf(registry)))
      .flatMap((raw) => setFacts(caches.parsedSet(raw)));
    return admitMinimums(registryFact(registry), sets);
  };
  return {
    account: (registry) => accountFigures(registry, caches),
    minimumRefusal: (registry, set) =>
      admission(registry).refused.find((refusal) => refusal.set === set.metadata.name)?.message,
    refusedSets: (registry) => admission(registry).refused.map(({ set }) => set),
  };
}

function setFacts(parsed: Parsed<EppSet>): SetFact[] {
  return parsed.ok ? [setFact(parsed.value)] : [];
}

function accountFigures(registry: EppRegistry, caches: Pick<Caches, 'ledgers' | 'leases'>): AccountFigures {
  const { name, namespace } = registry.metadata;
  const ledger = caches.ledgers.get(keyOf(registry));
  const bySet = new Map<string, Figures>();
  for (const { spec, status } of caches.leases.byIndex(BY_NAMESPACE, namespace ?? '')) {
    const figures = bySet.get(spec.set) ?? { granted: 0, open: 0, waiting: 0 };
    figures.granted += spec.grants[name]?.slots ?? 0;
    figures.open += status?.accounts?.[name]?.open ?? 0;
    figures.waiting += status?.accounts?.[name]?.waiting ?? 0;
    bySet.set(spec.set, figures);
  }
  const entries = Object.values(ledger?.spec.entries ?? {});
  const charged = entries.reduce((sum, entry) => sum + entry.charge, 0);
  const { limit: allowed, externalReserved } = registry.spec.connections;
  const limit = ledger?.spec.effectiveLimit ?? allowed - externalReserved;
  const sum = (field: keyof Figures) =>
    [...bySet.values()].reduce((total, figures) => total + figures[field], 0);
  return {
    hasLedger: ledger !== undefined,
    limit,
    granted: sum('granted'),
    open: sum('open'),
    waiting: sum('waiting'),
    quarantined: entries
      .filter(({ state }) => state === 'Quarantined')
      .reduce((total, entry) => total + entry.charge, 0),
    free: Math.max(0, limit - charged),
    cut: ledger?.spec.cut ?? 0,
    learning: ledger?.spec.learning ?? false,
    bySet,
  };
}
