/** From the set that a request asks for, or comes from, to the instances that may serve it. Pure; `docs/routing.md` has the table. */
import { DefaultTable } from './default-table.ts';
import { PolarisTable } from './polaris-table.ts';
import { SET_NAME_MAX_LENGTH } from './set-name.ts';

/** What the router has to know of an instance. */
export interface RoutableInstance {
  /** `prefix.business.region`; undefined for one without a set. */
  readonly set: string | undefined;
  /** Draining: alive, takes nothing new. Dead: listed, and known not to serve. */
  readonly state: 'ready' | 'draining' | 'dead';
  /** 0 takes nothing new, as draining. */
  readonly weight?: number;
  /** False: it has a set's name but not the flag `internal-enable-set: Y`. True by default. */
  readonly enableSet?: boolean;
}

export interface SetRouterOptions<I> {
  /** `polaris`: as polaris-go's set router answers. */
  readonly mode: 'default' | 'polaris';
  /** Refuses where plain routing would take any instance. */
  readonly strict: boolean;
  /** Dead instances are tried where there are no others. `polaris` always does. */
  readonly recoverAll: boolean;
  /** Counts as dead, though its state is ready: ejected. */
  readonly isEjected?: (instance: I) => boolean;
}

/** What a request says. A named set goes before the caller's. */
export interface SetQuery {
  /** Exactly this set, without a fallback. */
  readonly named?: string | undefined;
  /** Who calls: `prefix.business.region`, or `prefix.business.*` for all of a business. */
  readonly caller?: string | undefined;
}

/** `any`: all sets of a business, for a caller `p.b.*`. `plain`: all instances, sets or not. */
export type RouteLevel = 'named' | 'own' | 'fallback' | 'any' | 'plain' | 'none';

/** The instances of one set. */
export interface SetView<I> {
  readonly set: string;
  readonly ready: readonly I[];
  readonly dead: readonly I[];
  readonly draining: number;
}

/** Both sides of a caller `p.b.r` in default mode, for a spill policy; either may be empty. */
interface Sides<I> {
  readonly own?: SetView<I>;
  readonly fallback?: SetView<I>;
}

export interface FoundRoute<I> extends Sides<I> {
  readonly ok: true;
  readonly level: Exclude<RouteLevel, 'none'>;
  /** At least one. The same array until the list of instances changes. */
  readonly candidates: readonly I[];
  /** All of them are dead, and tried all the same. */
  readonly recoverAll: boolean;
}

export interface NoRoute<I> extends Sides<I> {
  readonly ok: false;
  readonly level: 'none';
  readonly candidates: readonly [];
  /** `malformed`: a name that is none, of the request (or of an instance, in `polaris` mode). `strict`: only plain routing is left. */
  readonly problem: 'malformed' | 'no-route' | 'strict';
  /** For people: which sets were looked at, and why each was refused. */
  readonly reason: string;
  readonly refused: readonly RefusedSet[];
}

export interface RefusedSet {
  readonly set: string;
  readonly why: 'absent' | 'draining' | 'dead';
}

export type SetRoute<I> = FoundRoute<I> | NoRoute<I>;

/** One mode's rules over one list of instances. */
export interface RouteTable<I> {
  named(set: string): SetRoute<I>;
  from(caller: string | undefined): SetRoute<I>;
}

/** Names come from requests: what is remembered of them is bounded. */
const MAX_REMEMBERED = 1_000;

/** Made anew for each list of instances, and when an ejection begins or ends; each decision is made once. */
export class SetRouter<I extends RoutableInstance> {
  /** Instances that no request is sent to, since their set's name is malformed: sentences for a log. */
  readonly problems: readonly string[];
  readonly #table: RouteTable<I>;
  readonly #named = new Map<string, SetRoute<I>>();
  readonly #callers = new Map<string | undefined, SetRoute<I>>();

  constructor(instances: readonly I[], options: SetRouterOptions<I>) {
    if (options.mode === 'polaris') {
      this.#table = new PolarisTable(instances, options);
      this.problems = [];
    } else {
      const table = new DefaultTable(instances, options);
      this.#table = table;
      this.problems = table.problems;
    }
  }

  /** Never throws. */
  route(query: SetQuery): SetRoute<I> {
    const { named, caller } = query;
    if (named !== undefined) {
      return this.#named.get(named) ?? remember(this.#named, named, this.#table.named(named));
    }
    return this.#callers.get(caller) ?? remember(this.#callers, caller, this.#table.from(caller));
  }
}

function remember<K extends string | undefined, V>(decisions: Map<K, V>, name: K, decision: V): V {
  if ((name?.length ?? 0) > SET_NAME_MAX_LENGTH) return decision;
  if (decisions.size >= MAX_REMEMBERED) decisions.clear();
  decisions.set(name, decision);
  return decision;
}
