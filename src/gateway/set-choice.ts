/** Which instance a request goes to: the rules of src/routing over the instances there are, and what was seen of them. */
import type { GatewayPolicy } from '../api/files/gateway-file.ts';
import { durationMs } from '../api/v1alpha1/duration.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { type Balancer, balancerOf } from '../routing/balancer.ts';
import { Health } from '../routing/health.ts';
import { type FoundRoute, type SetQuery, type SetRoute, SetRouter } from '../routing/set-router.ts';
import { Spill } from '../routing/spill.ts';
import type { Instance } from './instance.ts';
import { InstanceTable, type TrackedInstance } from './instance-table.ts';
import type { Deadlines } from './upstream/deadlines.ts';

export interface SetAsk {
  /** That set and no other. */
  readonly named: string | undefined;
  /** Set that the request comes from. */
  readonly caller: string;
  readonly hashKey: string | undefined;
  /** Ids of instances that were tried already. */
  readonly tried: ReadonlySet<string> | undefined;
  /** Monotonic. */
  readonly nowMs: number;
}

export type Chosen =
  | { readonly ok: true; readonly instance: TrackedInstance; readonly level: FoundRoute<unknown>['level'] }
  | { readonly ok: false; readonly reason: string };

export interface SetChoiceDeps {
  readonly policy: GatewayPolicy;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onEjected: (instance: Instance) => void;
  /** Instances that can never be sent to: sentences for the log. */
  readonly onProblems: (problems: readonly string[]) => void;
}

export class SetChoice {
  readonly #deps: SetChoiceDeps;
  readonly #table: InstanceTable;
  readonly #health: Health;
  #policy: GatewayPolicy;
  #balancer: Balancer<TrackedInstance>;
  #router: SetRouter<TrackedInstance>;
  /** By caller set, of which there is one for each business. */
  readonly #spills = new Map<string, Spill>();
  #anyFailed = false;
  #problems = '';
  #return: Timer | undefined;

  constructor(deps: SetChoiceDeps) {
    this.#deps = deps;
    this.#policy = deps.policy;
    this.#table = new InstanceTable(deps.deadlines);
    this.#health = new Health(ejectionOf(deps.policy));
    this.#balancer = balancerOf(deps.policy.balancing.policy);
    this.#router = this.#newRouter();
  }

  get instances(): readonly TrackedInstance[] {
    return this.#table.all;
  }

  isEjected(instance: Instance): boolean {
    return this.#health.isEjected(instance.id);
  }

  takePolicy(policy: GatewayPolicy): void {
    if (policy.balancing.policy !== this.#policy.balancing.policy) {
      this.#balancer = balancerOf(policy.balancing.policy);
    }
    this.#policy = policy;
    this.#health.take(ejectionOf(policy));
    for (const spill of this.#spills.values()) spill.take(spillOf(policy), this.#deps.clock.monotonicMs());
    this.#look();
  }

  takeInstances(instances: readonly Instance[]): void {
    this.#table.take(instances);
    this.#health.track(instances);
    this.#look();
  }

  /** The rules alone, without what chance and load add. Never throws. */
  route(query: SetQuery): SetRoute<TrackedInstance> {
    return this.#router.route(query);
  }

  choose({ named, caller, hashKey, tried, nowMs }: SetAsk): Chosen {
    const route = this.#router.route({ named, caller });
    const side = named === undefined && route.own ? this.#sideOf(caller, route, nowMs) : 'own';
    if (side === 'spill-limited') return { ok: false, reason: SPARED };
    if (side === 'own' && route.ok) {
      const instance = this.#pick(route.candidates, hashKey, tried);
      if (instance) return { ok: true, instance, level: route.level };
    }
    // also where all of the own set were tried in vain by this very request: it need not wait until they are ejected
    if (named === undefined && route.fallback && (side === 'fallback' || this.#maySpill())) {
      const instance = this.#pick(route.fallback.ready, hashKey, tried);
      if (instance) return { ok: true, instance, level: 'fallback' };
    }
    return { ok: false, reason: route.ok ? 'every instance that may serve this was tried' : route.reason };
  }

  #maySpill(): boolean {
    return 100 * this.#deps.random() < this.#policy.fallback.maxSpillPercent;
  }

  succeeded({ id }: Instance): void {
    // most of the time there is nothing to make good
    if (!this.#anyFailed) return;
    this.#health.succeeded(id, this.#deps.clock.monotonicMs());
  }

  /** @param unreachable no connection could be made */
  failed(instance: Instance, unreachable: boolean): void {
    this.#anyFailed = true;
    if (!this.#health.failed(instance.id, this.#deps.clock.monotonicMs(), unreachable)) return;
    this.#deps.onEjected(instance);
    this.#look();
    this.#watchReturn();
  }

  close(): void {
    this.#return?.cancel();
    this.#table.destroy();
  }

  #pick(
    candidates: readonly TrackedInstance[],
    hashKey: string | undefined,
    exclude: ReadonlySet<string> | undefined,
  ): TrackedInstance | undefined {
    return this.#balancer.pick(candidates, {
      draw: this.#deps.random(),
      outstanding,
      weightOf,
      hashKey,
      exclude,
    });
  }

  /** Own set or fallback, by how much of the own one is healthy. */
  #sideOf(
    caller: string,
    route: SetRoute<TrackedInstance>,
    nowMs: number,
  ): 'own' | 'fallback' | 'spill-limited' {
    let spill = this.#spills.get(caller);
    if (!spill) {
      spill = new Spill(spillOf(this.#policy));
      spill.observe(viewOf(route), nowMs);
      this.#spills.set(caller, spill);
    }
    const choice = spill.choose(nowMs, this.#deps.random());
    // none: the route itself says whether dead ones are tried
    return choice === 'none' ? 'own' : choice;
  }

  /** Anew, after whatever has changed. */
  #look(): void {
    this.#router = this.#newRouter();
    const nowMs = this.#deps.clock.monotonicMs();
    for (const [caller, spill] of this.#spills) spill.observe(viewOf(this.#router.route({ caller })), nowMs);
  }

  #newRouter(): SetRouter<TrackedInstance> {
    const { mode, strict } = this.#policy.routing;
    const router = new SetRouter(this.#table.all, {
      mode,
      strict,
      recoverAll: this.#policy.fallback.recoverAll,
      isEjected: (instance) => this.#health.isEjected(instance.id),
    });
    const problems = router.problems.join('; ');
    if (problems !== this.#problems) {
      this.#problems = problems;
      if (problems !== '') this.#deps.onProblems(router.problems);
    }
    return router;
  }

  #watchReturn(): void {
    this.#return?.cancel();
    const atMs = this.#health.nextReturnMs;
    if (atMs === undefined) return;
    const { clock } = this.#deps;
    this.#return = clock.after(Math.max(1, atMs - clock.monotonicMs()), () => {
      this.#health.release(clock.monotonicMs());
      this.#look();
      this.#watchReturn();
    });
  }
}

const SPARED =
  'no route: the own set is dead, and the fallback set takes no more of its requests (fallback.maxSpillPercent)';

function viewOf({ own, fallback }: SetRoute<unknown>) {
  return {
    ownReady: own?.ready.length ?? 0,
    ownDead: own?.dead.length ?? 0,
    fallbackReady: fallback?.ready.length ?? 0,
  };
}

function spillOf({ fallback }: GatewayPolicy) {
  return { ...fallback, returnAfterMs: durationMs(fallback.returnAfter) ?? 0 };
}

const outstanding = (instance: TrackedInstance): number => instance.outstanding;

/** Free capacity where it was told, in the proportion that weights say. At least a little: one that is full now is not full for ever. */
function weightOf({ weight, capacity }: TrackedInstance): number {
  return capacity === undefined ? weight : weight * Math.max(0.1, capacity);
}

function ejectionOf({ ejection }: GatewayPolicy) {
  const { consecutiveFailures, baseTime, maxTime, maxPercent } = ejection;
  return {
    consecutiveFailures,
    baseMs: durationMs(baseTime) ?? 0,
    maxMs: durationMs(maxTime) ?? 0,
    maxPercent,
  };
}
