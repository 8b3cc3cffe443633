import type { Registry } from 'prom-client';
import { describeProblems } from '../../api/problems.ts';
import { EPP_CONNECTION_LEDGER } from '../../api/v1alpha1/connection-ledger.ts';
import { FINALIZER } from '../../api/v1alpha1/labels.ts';
import { EPP_REGISTRY, type EppRegistry, type EppRegistryStatus } from '../../api/v1alpha1/registry.ts';
import { Controller, type ReconcileOutcome } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import { keyOf, keyString, type ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { NOTHING } from '../account-figures.ts';
import type { BudgetView } from '../budget-view.ts';
import { BY_REGISTRY, type Caches } from '../caches.ts';
import { distinct, specFingerprint } from '../distinct.ts';
import { Egress } from '../egress/egress.ts';
import { recheckMs } from '../needed-secret.ts';
import { sooner } from '../reconcile-parts.ts';
import { NGINX_IMAGE } from '../specs/egress/objects.ts';
import type { WithNetworkPolicies } from '../specs/network-policy.ts';
import { setFinalizer } from '../status/finalizer.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { transitions } from '../status/transitions.ts';
import { lookAtSecrets, type SecretsLook } from './credentials.ts';
import { type RegistryView, registryStatus, type SetFigures } from './registry-status.ts';

export interface RegistryControllerOptions extends WithNetworkPolicies {
  client: KubeClient;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  caches: Caches;
  budget: BudgetView;
  /** Of the egress proxies where an account names none; false: there are none here. */
  egressImage?: string | false;
}

/** While an account drains: the ledger's end is an event, so this is a safety net. */
const DRAIN_CHECK_MS = 10_000;

interface Checked {
  generation: number | undefined;
  look: SecretsLook;
  atMs: number;
}

/** Tells what becomes of an account: whether it can be used, and where its connections are. */
export class RegistryController {
  readonly #options: RegistryControllerOptions;
  readonly #status: StatusWriter<EppRegistryStatus>;
  readonly #egress: Egress;
  readonly #checked = new Map<string, Checked>();

  constructor(options: RegistryControllerOptions) {
    this.#options = options;
    const { egressImage = NGINX_IMAGE, log } = options;
    this.#egress = new Egress({ ...options, log: log.child({ controller: 'registry' }), image: egressImage });
    this.#status = new StatusWriter<EppRegistryStatus>({
      client: options.client,
      clock: options.clock,
      resource: EPP_REGISTRY,
      counters: ['connections', 'sets'],
    });
  }

  /** Names what an account has to be looked at again for. */
  watch(controller: Controller): Controller {
    const { caches } = this.#options;
    return this.#egress
      .watch(controller)
      .watches(caches.registries)
      .watches(caches.ledgers)
      .watches(caches.leases, ({ metadata: { namespace }, spec, status }) =>
        Object.keys({ ...spec.grants, ...status?.accounts }).map((name) => inNamespace(name, namespace)),
      )
      .watches(distinct(caches.sets, specFingerprint), ({ metadata: { namespace }, spec }) => {
        const pools: unknown = spec?.pools;
        if (!Array.isArray(pools)) return [];
        return pools.map((pool) => inNamespace(String(pool?.registry), namespace));
      });
  }

  readonly reconcile = async (key: ObjectKey, signal: AbortSignal): Promise<ReconcileOutcome> => {
    const registry = this.#options.caches.registries.get(key);
    if (registry === undefined) {
      this.#status.forget(key);
      this.#egress.forget(key);
      this.#checked.delete(keyString(key));
      await this.#removeLedger(key, signal);
      return;
    }
    if (registry.metadata.deletionTimestamp !== undefined) return await this.#drain(registry, signal);
    const generation = registry.metadata.generation ?? 0;
    const parsed = this.#options.caches.parsedRegistry(registry);
    if (!parsed.ok) {
      const problem = describeProblems(parsed.problems);
      return await this.#report(registry, { generation, state: 'invalid', problem }, signal);
    }
    const { client, budget } = this.#options;
    await setFinalizer(client, EPP_REGISTRY, registry, { finalizer: FINALIZER.drain, present: true }, signal);
    const { look, againMs } = await this.#credentials(parsed.value, signal);
    const { condition: egress, failure, ...egressAgain } = await this.#egress.keepUp(parsed.value, signal);
    const report = await this.#report(
      registry,
      {
        generation,
        state: 'valid',
        credentialsProblem: look.problem,
        credentials: look.credentials,
        egress,
        figures: budget.account(parsed.value),
        sets: this.#sets(parsed.value),
        refusedSets: budget.refusedSets(parsed.value),
      },
      signal,
    );
    if (failure !== undefined) throw failure;
    return sooner({ requeueAfterMs: againMs }, report, egressAgain);
  };

  /** The account goes when nothing counts at the registry any more. */
  async #drain(registry: EppRegistry, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { client, budget, caches } = this.#options;
    if (!registry.metadata.finalizers?.includes(FINALIZER.drain)) return;
    const ledger = await client.get(EPP_CONNECTION_LEDGER, keyOf(registry), signal);
    const holders = Object.keys(ledger?.spec.entries ?? {}).length;
    if (holders === 0) {
      await setFinalizer(
        client,
        EPP_REGISTRY,
        registry,
        { finalizer: FINALIZER.drain, present: false },
        signal,
      );
      return;
    }
    const users = caches.sets
      .byIndex(BY_REGISTRY, keyString(keyOf(registry)))
      .map(({ metadata }) => metadata.name);
    const who =
      users.length === 0 ? '' : `; ${users.join(', ')} still ${users.length === 1 ? 'names' : 'name'} it`;
    const report = await this.#report(
      registry,
      {
        generation: registry.metadata.generation ?? 0,
        state: 'draining',
        message: `connections of pods still count at the registry${who}`,
        figures: budget.account(registry),
        sets: this.#sets(registry),
      },
      signal,
    );
    return { requeueAfterMs: Math.min(DRAIN_CHECK_MS, report.requeueAfterMs ?? DRAIN_CHECK_MS) };
  }

  /** The ledger outlasts its account while connections may be open; an empty one that no account has is but litter. */
  async #removeLedger(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const ledger = this.#options.caches.ledgers.get(key);
    if (ledger === undefined || Object.keys(ledger.spec.entries).length > 0) return;
    const { uid, resourceVersion } = ledger.metadata;
    await this.#options.client.delete(
      EPP_CONNECTION_LEDGER,
      key,
      { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) },
      signal,
    );
  }

  async #credentials(
    registry: EppRegistry,
    signal: AbortSignal,
  ): Promise<{ look: SecretsLook; againMs: number }> {
    const { client, clock } = this.#options;
    const key = keyString(keyOf(registry));
    const { generation } = registry.metadata;
    const nowMs = clock.monotonicMs();
    const last = this.#checked.get(key);
    const isFresh =
      last !== undefined &&
      last.generation === generation &&
      nowMs - last.atMs < recheckMs(last.look.problem);
    const checked = isFresh
      ? last
      : { generation, look: await lookAtSecrets(registry, client, signal), atMs: nowMs };
    this.#checked.set(key, checked);
    return {
      look: checked.look,
      againMs: Math.max(0, checked.atMs + recheckMs(checked.look.problem) - nowMs),
    };
  }

  #sets(registry: EppRegistry): SetFigures[] {
    const { caches, budget } = this.#options;
    const { bySet } = budget.account(registry);
    return caches.sets.byIndex(BY_REGISTRY, keyString(keyOf(registry))).flatMap((raw) => {
      const parsed = caches.parsedSet(raw);
      if (!parsed.ok) return [];
      const { metadata, spec } = parsed.value;
      const figures = bySet.get(metadata.name) ?? NOTHING;
      return [{ set: spec.set, name: metadata.name, class: spec.class, ...figures }];
    });
  }

  async #report(
    registry: EppRegistry,
    view: RegistryView,
    signal: AbortSignal,
  ): Promise<{ requeueAfterMs?: number }> {
    const { clock, events } = this.#options;
    const previous = this.#status.seen(registry);
    const status = registryStatus(view, previous, clock.wall());
    for (const { type, reason, message } of transitions(previous?.conditions, status.conditions ?? [])) {
      events.event(registry, type, reason, message);
    }
    return await this.#status.write(registry, status, signal);
  }
}

export function registryController(
  options: RegistryControllerOptions & { metrics: Registry; concurrency?: number },
): Controller {
  const { clock, log, metrics, concurrency = 2 } = options;
  const registries = new RegistryController(options);
  return registries.watch(
    new Controller({ name: 'registry', clock, log, metrics, concurrency, reconcile: registries.reconcile }),
  );
}

function inNamespace(name: string, namespace: string | undefined): ObjectKey {
  return { name, ...(namespace !== undefined && { namespace }) };
}
