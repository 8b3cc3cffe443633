/**
 * The set router as polaris-go has it (setdivision.go, cluster.go, filteronly), for those who move from it: its answers, flaws included,
 * and a clear error where it panics. Names are compared as text: `*` as the second part, or four parts, are names like any other. Pure.
 */
import { found, none, refusedAll, strictRefusal } from './route-answers.ts';
import { SET_NAME_MAX_LENGTH } from './set-name.ts';
import type { RoutableInstance, RouteTable, SetRoute, SetRouterOptions } from './set-router.ts';

export class PolarisTable<I extends RoutableInstance> implements RouteTable<I> {
  readonly #options: SetRouterOptions<I>;
  /** Draining ones, and those of weight 0, count as absent. */
  readonly #present: readonly I[];
  readonly #bySet = new Map<string, I[]>();
  /** The healthy ones of all, or all where none is: what decides whether there are sets at all. */
  readonly #base: readonly I[];
  readonly #recovers: boolean;

  constructor(instances: readonly I[], options: SetRouterOptions<I>) {
    this.#options = options;
    this.#present = instances.filter(({ state, weight }) => state !== 'draining' && weight !== 0);
    for (const instance of this.#present) {
      if (instance.set === undefined) continue;
      const known = this.#bySet.get(instance.set);
      if (known) known.push(instance);
      else this.#bySet.set(instance.set, [instance]);
    }
    const healthy = this.#present.filter((instance) => this.#isHealthy(instance));
    this.#recovers = healthy.length === 0;
    this.#base = this.#recovers ? this.#present : healthy;
  }

  named(set: string): SetRoute<I> {
    return this.#healthyOf('named', (this.#bySet.get(set) ?? []).filter(hasFlag)) ?? this.#absent([set]);
  }

  from(caller: string | undefined): SetRoute<I> {
    if (caller === undefined) {
      return this.#options.strict ? strictRefusal('the request comes from no set') : this.#plain();
    }
    const [prefix, business, region] = caller.split('.', 3);
    if (prefix === undefined || business === undefined || region === undefined) return malformed(caller);
    if (!this.#base.some((instance) => hasFlag(instance) && partsOf(instance)[0] === prefix)) {
      return this.#options.strict ? strictRefusal(`no instance is of a set ${prefix}.*.*`) : this.#plain();
    }
    if (region === '*') return this.#any(prefix, business, caller);
    const wildcard = `${prefix}.${business}.*`;
    return (
      // neither looks at the flag
      this.#healthyOf('own', this.#bySet.get(caller) ?? []) ??
      this.#healthyOf('fallback', this.#bySet.get(wildcard) ?? []) ??
      this.#absent([caller, wildcard])
    );
  }

  #any(prefix: string, business: string, caller: string): SetRoute<I> {
    const candidates: I[] = [];
    for (const instance of this.#base) {
      const parts = partsOf(instance);
      if (!hasFlag(instance) || parts[0] !== prefix) continue;
      if (parts.length < 2) return malformed(instance.set ?? '');
      if (parts[1] === business) candidates.push(instance);
    }
    return candidates.length > 0 ? found('any', candidates, this.#recovers) : this.#absent([caller]);
  }

  #plain(): SetRoute<I> {
    return this.#base.length > 0
      ? found('plain', this.#base, this.#recovers)
      : none('no-route', 'no route: no instance is known');
  }

  /** All of them where none is healthy: recover-all. */
  #healthyOf(level: 'named' | 'own' | 'fallback', group: readonly I[]): SetRoute<I> | undefined {
    if (group.length === 0) return undefined;
    const healthy = group.filter((instance) => this.#isHealthy(instance));
    return healthy.length > 0 ? found(level, healthy) : found(level, group, true);
  }

  #absent(sets: readonly string[]): SetRoute<I> {
    return refusedAll(
      sets.map((set) => ({ set: set.slice(0, SET_NAME_MAX_LENGTH), ready: [], dead: [], draining: 0 })),
    );
  }

  #isHealthy(instance: I): boolean {
    return instance.state === 'ready' && !this.#options.isEjected?.(instance);
  }
}

function hasFlag(instance: RoutableInstance): boolean {
  return instance.set !== undefined && instance.enableSet !== false;
}

function partsOf(instance: RoutableInstance): string[] {
  return (instance.set ?? '').split('.');
}

function malformed<I>(set: string): SetRoute<I> {
  const quoted = JSON.stringify(set.slice(0, SET_NAME_MAX_LENGTH));
  return none('malformed', `${quoted} is not a set name: write prefix.business.region, such as epp.core.bj`);
}
