import type { EppGateway } from '../../api/v1alpha1/gateway.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import { parseSetName } from '../../routing/set-name.ts';
import type { Update } from '../status/workload-conditions.ts';

/** More are not named. */
const NAMED = 5;

/** Whether the sets that the gateway may ask have connections to the accounts of its routes. It routes all the same: sets come and go. */
export function accountsPooled(gateway: EppGateway, sets: readonly EppSet[]): Update {
  const type = 'AccountsPooled';
  const { prefix, region, routes } = gateway.spec;
  const accounts = [
    ...new Set(routes.flatMap(({ registries }) => registries.map(({ name }) => name))),
  ].sort();
  const pooled = new Map(gateway.spec.businesses.map(({ name }) => [name, new Set<string>()]));
  for (const { spec } of sets) {
    const name = parseSetName(spec.set);
    const isOurs = name?.prefix === prefix && (name.region === region || name.region === '*');
    if (isOurs) for (const { registry } of spec.pools) pooled.get(name.business)?.add(registry);
  }
  const nowhere = accounts.filter((account) => [...pooled.values()].every((has) => !has.has(account)));
  if (nowhere.length > 0) {
    const tlds = routes
      .filter(({ registries }) => registries.some(({ name }) => nowhere.includes(name)))
      .flatMap((route) => route.tlds);
    return {
      type,
      status: 'False',
      reason: 'NotPooled',
      message: `no set of this gateway's prefix and region has a pool of ${listed(nowhere)}, which the routes of ${listed(tlds)} name: add a pool to a set, or take the account out of the route`,
    };
  }
  const holes = [...pooled].flatMap(([business, has]) => {
    const missing = accounts.filter((account) => !has.has(account));
    return missing.length === 0 ? [] : [`those of business ${business} have none of ${listed(missing)}`];
  });
  const message = ['every account is in a pool of a set', ...holes].join('; ');
  return { type, status: 'True', reason: 'Pooled', message };
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return `${names.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
