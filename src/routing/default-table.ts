/** The set router's own rules. Where they differ from polaris-go's on purpose, a comment says so. Pure. */
import { found, none, refusedAll, strictRefusal } from './route-answers.ts';
import { parseSetName, type SetName, setNameProblem } from './set-name.ts';
import type { RoutableInstance, RouteTable, SetRoute, SetRouterOptions, SetView } from './set-router.ts';

class View<I> implements SetView<I> {
  readonly set: string;
  readonly ready: I[] = [];
  readonly dead: I[] = [];
  draining = 0;

  constructor(set: string) {
    this.set = set;
  }
}

const NO_SET = '';

export class DefaultTable<I extends RoutableInstance> implements RouteTable<I> {
  readonly problems: readonly string[];
  readonly #strict: boolean;
  readonly #recoverAll: boolean;
  readonly #bySet = new Map<string, View<I>>();
  readonly #byBusiness = new Map<string, View<I>>();
  /** Of every set that is listed, dead ones too: polaris-go sends the traffic of a dead set to strangers. */
  readonly #prefixes = new Set<string>();
  readonly #all = new View<I>(NO_SET);
  readonly #regions = new Map<I, string>();

  constructor(instances: readonly I[], options: SetRouterOptions<I>) {
    this.#strict = options.strict;
    this.#recoverAll = options.recoverAll;
    const malformed = new Set<string>();
    for (const instance of instances) {
      // polaris-go looks at the flag for named sets and p.b.* alone; here one without it is of no set
      const set = instance.enableSet === false ? undefined : instance.set;
      const name = set === undefined ? undefined : parseSetName(set);
      if (set !== undefined && name === undefined) malformed.add(set);
      else this.#enter(instance, set, name, stateOf(instance, options));
    }
    this.problems = [...malformed].sort().map((set) => `no request goes to instances of ${problemOf(set)}`);
  }

  named(set: string): SetRoute<I> {
    if (parseSetName(set) === undefined) return none('malformed', problemOf(set));
    const view = this.#view(set);
    if (view.ready.length > 0) return found('named', view.ready);
    if (this.#recoverAll && view.dead.length > 0) return found('named', view.dead, true);
    return refusedAll([view]);
  }

  from(caller: string | undefined): SetRoute<I> {
    if (caller === undefined) {
      return this.#strict ? strictRefusal('the request comes from no set') : this.#plain(undefined);
    }
    const name = parseSetName(caller);
    if (name === undefined) return none('malformed', problemOf(caller));
    if (!this.#prefixes.has(name.prefix)) {
      return this.#strict
        ? strictRefusal(`no instance is of a set ${name.prefix}.*.*`)
        : this.#plain(name.region);
    }
    return name.region === '*' ? this.#any(name, caller) : this.#ownOrFallback(name, caller);
  }

  #ownOrFallback(name: SetName, caller: string): SetRoute<I> {
    const own = this.#view(caller);
    const fallback = this.#view(`${name.prefix}.${name.business}.*`);
    const sides = { own, fallback };
    if (own.ready.length > 0) return { ...found('own', own.ready), ...sides };
    // polaris-go keeps sending to a dead own set
    if (fallback.ready.length > 0) return { ...found('fallback', fallback.ready), ...sides };
    if (this.#recoverAll) {
      if (own.dead.length > 0) return { ...found('own', own.dead, true), ...sides };
      if (fallback.dead.length > 0) return { ...found('fallback', fallback.dead, true), ...sides };
    }
    return { ...refusedAll<I>([own, fallback]), ...sides };
  }

  #any(name: SetName, caller: string): SetRoute<I> {
    const view = this.#byBusiness.get(businessOf(name)) ?? new View<I>(caller);
    if (view.ready.length > 0) return found('any', view.ready);
    if (this.#recoverAll && view.dead.length > 0) return found('any', view.dead, true);
    return refusedAll([view]);
  }

  /** @param region of the caller: instances there go first, then those of no region, then the rest */
  #plain(region: string | undefined): SetRoute<I> {
    const { ready, dead, draining } = this.#all;
    if (ready.length > 0) return found('plain', region === undefined ? ready : this.#nearest(region));
    if (this.#recoverAll && dead.length > 0) return found('plain', dead, true);
    if (dead.length + draining === 0) return none('no-route', 'no route: no instance is known');
    return none(
      'no-route',
      `no route: of all instances, of whatever set, ${dead.length} are dead and ${draining} draining`,
    );
  }

  #nearest(region: string): I[] {
    const { ready } = this.#all;
    for (const wanted of [region, '*']) {
      const near = ready.filter((instance) => this.#regions.get(instance) === wanted);
      if (near.length > 0) return near;
    }
    return ready;
  }

  #enter(instance: I, set: string | undefined, name: SetName | undefined, state: I['state']): void {
    const views: View<I>[] = [this.#all];
    if (set !== undefined && name !== undefined) {
      this.#prefixes.add(name.prefix);
      views.push(entry(this.#bySet, set, set));
      views.push(
        entry(this.#byBusiness, businessOf(name), `${name.prefix}.${name.business}.* with all its regions`),
      );
    }
    this.#regions.set(instance, name?.region ?? '*');
    for (const view of views) {
      if (state === 'draining') view.draining++;
      else (state === 'ready' ? view.ready : view.dead).push(instance);
    }
  }

  #view(set: string): View<I> {
    return this.#bySet.get(set) ?? new View<I>(set);
  }
}

function entry<I>(views: Map<string, View<I>>, key: string, set: string): View<I> {
  const known = views.get(key);
  if (known) return known;
  const view = new View<I>(set);
  views.set(key, view);
  return view;
}

function businessOf(name: SetName): string {
  return `${name.prefix}.${name.business}`;
}

function stateOf<I extends RoutableInstance>(instance: I, options: SetRouterOptions<I>): I['state'] {
  if (instance.weight === 0) return 'draining';
  return instance.state === 'ready' && options.isEjected?.(instance) ? 'dead' : instance.state;
}

function problemOf(set: string): string {
  return setNameProblem(set) ?? set;
}
