import type { Registry } from 'prom-client';
import { describeProblems } from '../../api/problems.ts';
import { findCondition } from '../../api/v1alpha1/conditions.ts';
import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet, type EppSetStatus } from '../../api/v1alpha1/set.ts';
import { DEPLOYMENT, type Deployment } from '../../kube/builtin.ts';
import { Controller, ownerKey, type ReconcileOutcome } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import { type KubeObject, keyOf, keyString, type ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type Desired, OwnedObjects } from '../apply/owned-objects.ts';
import type { ScalingDecision } from '../autoscaling/autoscaler.ts';
import { scalingConditions } from '../autoscaling/conditions.ts';
import type { BudgetView } from '../budget-view.ts';
import { BY_REGISTRY, BY_SET, type Caches } from '../caches.ts';
import { distinct, specFingerprint } from '../distinct.ts';
import { type Again, broughtAbout, sooner, type Turn } from '../reconcile-parts.ts';
import type { RegistriesByName } from '../specs/adapter-file.ts';
import { podSelector, selectorText } from '../specs/labels.ts';
import { setObjectNames } from '../specs/names.ts';
import { type SetObjectsOptions, setObjects } from '../specs/set-objects.ts';
import { setFinalizer } from '../status/finalizer.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { transitions } from '../status/transitions.ts';
import { drainSet } from './drain.ts';
import type { Judgement } from './judgement.ts';
import { resolveSet } from './resolve.ts';
import { SetReplicas } from './set-replicas.ts';
import { type PoolFigures, setStatus } from './set-status.ts';

export interface SetControllerOptions {
  client: KubeClient;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  caches: Caches;
  budget: BudgetView;
  /** What all sets' pods have in common. */
  pods: SetObjectsOptions;
}

interface SetTurn extends Turn<Judgement> {
  /** Of a set that scales automatically. */
  scaling?: ScalingDecision | undefined;
}

/** While a set drains: the end of its leases is an event, so this is a safety net. */
const DRAIN_CHECK_MS = 10_000;

/** Pods come one after the other, and so do their connections: a thousand new sets are told of once or twice each, not ten times. */
const SETTLING = { restMs: 2_000, longestMs: 10_000 };

/** Brings about what an EppSet asks for: its Deployment and all that this needs. */
export class SetController {
  readonly #options: SetControllerOptions;
  readonly #log: Log;
  readonly #objects: OwnedObjects;
  readonly #status: StatusWriter<EppSetStatus>;
  readonly #replicas: SetReplicas;

  constructor(options: SetControllerOptions) {
    const { client, clock, log, caches } = options;
    this.#options = options;
    this.#log = log.child({ controller: 'set' });
    this.#objects = new OwnedObjects({ client, clock, kinds: caches.owned });
    this.#status = new StatusWriter<EppSetStatus>({
      client,
      clock,
      resource: EPP_SET,
      counters: ['connections', 'pools', 'readyReplicas', 'replicas'],
      countingConditions: ['Progressing', 'Ready'],
      settling: SETTLING,
    });
    this.#replicas = new SetReplicas({ ...options, timeScale: options.pods.timeScale });
  }

  /** Names what a set has to be looked at again for. */
  watch(controller: Controller): Controller {
    const { caches } = this.#options;
    const setsAt = ({ metadata: { namespace, name } }: KubeObject): ObjectKey[] =>
      caches.sets.byIndex(BY_REGISTRY, `${namespace}/${name}`).map(keyOf);
    controller
      .watches(caches.sets)
      // Minimums are admitted together: a set that asks for less may make room for another.
      .watches(distinct(caches.sets, specFingerprint), (set) => this.#siblings(set))
      .watches(
        distinct(caches.registries, (registry) => registryFingerprint(registry)),
        setsAt,
      )
      .watches(caches.leases, ({ metadata: { namespace }, spec }) => [
        { name: spec.set, ...(namespace !== undefined && { namespace }) },
      ]);
    for (const { cache } of caches.owned) controller.watches(cache, ownerKey(EPP_SET));
    return controller;
  }

  readonly reconcile = async (key: ObjectKey, signal: AbortSignal): Promise<ReconcileOutcome> => {
    const set = this.#options.caches.sets.get(key);
    if (set === undefined) {
      await this.#gone(key, signal);
      return;
    }
    const turn =
      set.metadata.deletionTimestamp === undefined
        ? await this.#keepUp(set, signal)
        : await this.#drain(set, signal);
    if (turn === undefined) return;
    const report = await this.#report(set, turn, signal);
    if (turn.failure !== undefined) throw turn.failure;
    return sooner(turn, report);
  };

  async #keepUp(set: EppSet, signal: AbortSignal): Promise<SetTurn> {
    const { caches, budget, pods } = this.#options;
    const parsed = caches.parsedSet(set);
    if (!parsed.ok) {
      const message = `the spec is not valid: ${describeProblems(parsed.problems)}`;
      return { judgement: { state: 'refused', refusal: { reason: 'InvalidSpec', message } } };
    }
    if (parsed.value.spec.paused) return { judgement: { state: 'paused' } };
    const { namespace } = set.metadata;
    const { judgement, registries } = resolveSet(parsed.value, {
      parsedRegistry: caches.parsedRegistry,
      registry: (name) => caches.registries.get({ name, ...(namespace !== undefined && { namespace }) }),
      minimumRefusal: (registry, of) => budget.minimumRefusal(registry, of),
      alwaysDirect: pods.egressImage === false,
    });
    return registries === undefined
      ? { judgement }
      : await this.#apply(set, parsed.value, registries, signal);
  }

  async #apply(
    raw: EppSet,
    set: EppSet,
    registries: RegistriesByName,
    signal: AbortSignal,
  ): Promise<SetTurn> {
    // Before the first pod can exist. The set goes back as it was read, not as it was parsed.
    const finalizer = { finalizer: FINALIZER.drain, present: true };
    await setFinalizer(this.#options.client, EPP_SET, raw, finalizer, signal);
    let scaling: ScalingDecision | undefined;
    const turn = await broughtAbout({ events: this.#options.events, log: this.#log }, set, async () => {
      const desired: Desired[] = [];
      for (const item of setObjects(set, registries, this.#options.pods)) {
        if (item.resource !== DEPLOYMENT) {
          desired.push(item);
          continue;
        }
        const live = this.#objects.seen(set, item.object) as Deployment | undefined;
        const ordered = await this.#replicas.order(set, item.object as Deployment, live, signal);
        desired.push({ ...item, object: ordered.intent });
        scaling = ordered.scaling;
      }
      return await this.#objects.bring(set, desired, signal);
    });
    const { againMs } = scaling ?? {};
    return { ...turn, scaling, ...sooner(turn, againMs === undefined ? {} : { requeueAfterMs: againMs }) };
  }

  async #drain(set: EppSet, signal: AbortSignal): Promise<Turn<Judgement> | undefined> {
    if (!set.metadata.finalizers?.includes(FINALIZER.drain)) return undefined;
    const step = await drainSet({ client: this.#options.client, objects: this.#objects }, set, signal);
    if (step.done) {
      this.#log.info({ set: keyString(keyOf(set)) }, 'drained: no connection of the set is left');
      return undefined;
    }
    return { judgement: { state: 'draining', message: step.message }, requeueAfterMs: DRAIN_CHECK_MS };
  }

  /** The set is gone. If somebody took its finalizer off, its objects must not be held for ever by theirs. */
  async #gone(key: ObjectKey, signal: AbortSignal): Promise<void> {
    this.#status.forget(key);
    this.#objects.forget(key);
    this.#replicas.forget(key);
    for (const { resource, cache } of this.#options.caches.owned) {
      for (const object of cache.byIndex(BY_SET, keyString(key))) {
        if (object.metadata.deletionTimestamp) await this.#objects.release({ resource, object }, signal);
      }
    }
  }

  async #report(set: EppSet, { judgement, scaling }: SetTurn, signal: AbortSignal): Promise<Again> {
    const { clock, events } = this.#options;
    const previous = this.#status.seen(set);
    const status = setStatus(
      {
        generation: set.metadata.generation ?? 0,
        judgement,
        deployment: this.#objects.seenOwn(set, DEPLOYMENT, setObjectNames(set.metadata.name).adapter),
        selector: selectorText(podSelector(set)),
        pools: this.#pools(set),
        // The set as it was read may not be valid.
        scaling: set.spec?.autoscaling === undefined ? [] : scalingConditions(judgement, scaling),
      },
      previous,
      clock.wall(),
    );
    for (const { type, reason, message } of transitions(previous?.conditions, status.conditions ?? [])) {
      events.event(set, type, reason, message);
    }
    return await this.#status.write(set, status, signal);
  }

  #pools(set: EppSet): PoolFigures[] {
    const { caches, budget } = this.#options;
    const { namespace, name } = set.metadata;
    const parsed = caches.parsedSet(set);
    if (!parsed.ok) return [];
    const names = parsed.value.spec.pools.map(({ registry }) => registry).sort();
    return names.map((registry) => {
      const account = caches.registries.get({
        name: registry,
        ...(namespace !== undefined && { namespace }),
      });
      const figures = account && budget.account(account).bySet.get(name);
      const { granted = 0, open = 0, waiting = 0 } = figures ?? {};
      return { registry, granted, open, waiting };
    });
  }

  /** Sets that share an account with this one. */
  #siblings(set: EppSet): ObjectKey[] {
    const { sets } = this.#options.caches;
    const { namespace, name } = set.metadata;
    const pools: unknown = set.spec?.pools;
    if (!Array.isArray(pools)) return [];
    return pools
      .flatMap((pool) => sets.byIndex(BY_REGISTRY, `${namespace}/${pool?.registry}`))
      .map(keyOf)
      .filter((key) => key.name !== name);
  }
}

export function setController(
  options: SetControllerOptions & { metrics: Registry; concurrency?: number },
): Controller {
  const { clock, log, metrics, concurrency = 4 } = options;
  const sets = new SetController(options);
  return sets.watch(
    new Controller({ name: 'set', clock, log, metrics, concurrency, reconcile: sets.reconcile }),
  );
}

/** A set is concerned by a registry's spec, its end, and whether its Secrets are there; not by its counters. */
function registryFingerprint(registry: EppRegistry): string {
  const credentials = findCondition(registry.status?.conditions, 'CredentialsAvailable');
  const egress = findCondition(registry.status?.conditions, 'EgressReady')?.reason;
  return `${specFingerprint(registry)} ${egress} ${credentials?.status} ${credentials?.observedGeneration} ${credentials?.message}`;
}
