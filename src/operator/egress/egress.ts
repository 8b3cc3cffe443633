import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import { EPP_REGISTRY } from '../../api/v1alpha1/registry.ts';
import { CONFIG_MAP, type ConfigMap, DEPLOYMENT, type Deployment } from '../../kube/builtin.ts';
import { type Controller, ownerKey } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import { type KubeObject, keyOf, keyString, type ObjectKey, type Resource } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { OwnedObjects } from '../apply/owned-objects.ts';
import { BY_REGISTRY, BY_SET, type Caches } from '../caches.ts';
import { type Again, broughtAbout } from '../reconcile-parts.ts';
import { egressObjects } from '../specs/egress/objects.ts';
import { egressName, setObjectNames } from '../specs/names.ts';
import type { WithNetworkPolicies } from '../specs/network-policy.ts';
import type { Update } from '../status/workload-conditions.ts';
import { direct, leaving, notSupported, proxiesCondition, refusedEgress } from './egress-condition.ts';
import { egressUsers, type SetPods } from './egress-users.ts';

export interface EgressOptions extends WithNetworkPolicies {
  client: KubeClient;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  caches: Caches;
  /** Of the proxies where the account names none; false: there are none here. */
  image: string | false;
}

/** While adapters leave the proxies: a set's rollout is no event of its account. */
const LEAVING_CHECK_MS = 2_000;

export interface EgressLook extends Again {
  /** `EgressReady`; undefined where there never was an egress. */
  condition: Update | undefined;
  /** The API's refusal of a write, to be thrown when it was reported. */
  failure?: unknown;
}

/**
 * Brings about the egress proxies of accounts. They are there before sets are led to them, and go when no adapter uses them any more.
 * When the account itself goes, the garbage collector takes them after it: its finalizer stays until no connection counts.
 */
export class Egress {
  readonly #options: EgressOptions;
  readonly #objects: OwnedObjects;

  constructor(options: EgressOptions) {
    const { client, clock, caches } = options;
    this.#options = options;
    this.#objects = new OwnedObjects({ client, clock, kinds: caches.owned });
  }

  watch(controller: Controller): Controller {
    for (const { cache } of this.#options.caches.owned) controller.watches(cache, ownerKey(EPP_REGISTRY));
    return controller;
  }

  /** @param registry parsed */
  async keepUp(registry: EppRegistry, signal: AbortSignal): Promise<EgressLook> {
    const { image, events, log } = this.#options;
    if (registry.spec.egress.mode !== 'nginx') return await this.#leave(registry, signal);
    if (image === false) return { condition: notSupported() };
    const { judgement, ...turn } = await broughtAbout({ events, log }, registry, () =>
      this.#objects.bring(registry, egressObjects(registry, image, this.#options), signal),
    );
    if (judgement.state === 'refused') return { ...turn, condition: refusedEgress(judgement.refusal) };
    const deployment = this.#objects.seenOwn(registry, DEPLOYMENT, egressName(registry.metadata.name));
    return { ...turn, condition: proxiesCondition(deployment, registry.status?.conditions) };
  }

  forget(key: ObjectKey): void {
    this.#objects.forget(key);
  }

  async #leave(registry: EppRegistry, signal: AbortSignal): Promise<EgressLook> {
    const condition = direct(registry.status?.conditions);
    if (this.#objects.owned(registry).length === 0) return { condition };
    const users = egressUsers(egressName(registry.metadata.name), this.#sets(registry));
    if (users.length > 0) return { condition: leaving(users), requeueAfterMs: LEAVING_CHECK_MS };
    const { removed } = await this.#objects.bring(registry, [], signal);
    if (removed.length > 0) {
      this.#options.log.info({ owner: keyString(keyOf(registry)), objects: removed }, 'objects removed');
    }
    return { condition };
  }

  #sets(registry: EppRegistry): SetPods[] {
    const sets = this.#options.caches.sets.byIndex(BY_REGISTRY, keyString(keyOf(registry)));
    return sets.map(({ metadata: { namespace, name } }) => {
      const own = <T extends KubeObject>({ kind }: Resource<T>) =>
        this.#options.caches.owned
          .find(({ resource }) => resource.kind === kind)
          ?.cache.byIndex(BY_SET, `${namespace}/${name}`)
          .find(({ metadata }) => metadata.name === setObjectNames(name).adapter) as T | undefined;
      return { set: name, file: own<ConfigMap>(CONFIG_MAP), deployment: own<Deployment>(DEPLOYMENT) };
    });
  }
}
