import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import { usableConnections } from '../budget/command-share.ts';
import { registryFact, setFact } from '../budget/kube/views.ts';
import { type Admission, admitMinimums } from '../budget/minimums.ts';
import { keyOf, keyString } from '../kube/objects.ts';
import { accountFigures } from './account-figures.ts';
import type { BudgetView } from './budget-view.ts';
import { BY_NAMESPACE, BY_REGISTRY, type Caches } from './caches.ts';

/** The budget as the caches have it. */
export function cachedBudget(
  caches: Pick<Caches, 'sets' | 'ledgers' | 'leases' | 'parsedSet' | 'parsedRegistry'>,
): BudgetView {
  const admission = (registry: EppRegistry): Admission => {
    const sets = caches.sets.byIndex(BY_REGISTRY, keyString(keyOf(registry))).flatMap((raw) => {
      const parsed = caches.parsedSet(raw);
      return parsed.ok ? [setFact(parsed.value)] : [];
    });
    return admitMinimums(registryFact(registry), sets);
  };
  return {
    account(registry) {
      const parsed = caches.parsedRegistry(registry);
      const { limit = 0, externalReserved = 0 } = parsed.ok ? parsed.value.spec.connections : {};
      return accountFigures({
        name: registry.metadata.name,
        usable: limit - externalReserved,
        ledger: caches.ledgers.get(keyOf(registry)),
        leases: caches.leases.byIndex(BY_NAMESPACE, registry.metadata.namespace ?? ''),
      });
    },
    minimumRefusal: (registry, set) =>
      admission(registry).refused.find((refusal) => refusal.set === set.metadata.name)?.message,
    reachable(registry, set) {
      const parsed = caches.parsedRegistry(registry);
      const max = set.spec.pools.find((pool) => pool.registry === registry.metadata.name)?.max;
      if (!parsed.ok || max === undefined) return 0;
      const { name } = set.metadata;
      const others = [...admission(parsed.value).minimums].filter(([of]) => of !== name);
      const guaranteed = others.reduce((sum, [, min]) => sum + min, 0);
      return Math.max(0, Math.min(max, usableConnections(registryFact(parsed.value)) - guaranteed));
    },
    refusedSets: (registry) => admission(registry).refused.map(({ set }) => set),
  };
}
