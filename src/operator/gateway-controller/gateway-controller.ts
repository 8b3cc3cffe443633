import type { Registry } from 'prom-client';
import type { GatewayFileInput } from '../../api/files/gateway-file.ts';
import { describeProblems } from '../../api/problems.ts';
import { EPP_GATEWAY, type EppGateway, type EppGatewayStatus } from '../../api/v1alpha1/gateway.ts';
import { CONFIG_MAP, DEPLOYMENT } from '../../kube/builtin.ts';
import { Controller, ownerKey, type ReconcileOutcome } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import { type KubeObject, keyOf, keyString, type ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { OwnedObjects } from '../apply/owned-objects.ts';
import { BY_NAMESPACE, type Caches } from '../caches.ts';
import { distinct, specFingerprint } from '../distinct.ts';
import { lookAtSecret, recheckMs } from '../needed-secret.ts';
import { type Again, broughtAbout, sooner, type Turn } from '../reconcile-parts.ts';
import { configMap } from '../specs/config-map.ts';
import { fileText } from '../specs/file-text.ts';
import { GATEWAY_CONFIG_FILE, gatewayFile } from '../specs/gateway/file.ts';
import { gatewayMeta, gatewaySelector } from '../specs/gateway/labels.ts';
import { gatewayObjects } from '../specs/gateway/objects.ts';
import { selectorText } from '../specs/labels.ts';
import { gatewayObjectNames } from '../specs/names.ts';
import type { WithNetworkPolicies } from '../specs/network-policy.ts';
import type { PodImage } from '../specs/pod.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { transitions } from '../status/transitions.ts';
import type { GatewayReports } from './gateway-reports.ts';
import { gatewayStatus } from './gateway-status.ts';
import { neededSecrets } from './needed-secrets.ts';
import { accountsPooled } from './pooled.ts';
import { type Judgement, type RefusalReason, resolveRoutes, unreadable } from './resolve.ts';
import { haltedText, rolloutNow, statusOf } from './rollout.ts';
import { Rollouts } from './rollouts.ts';

export interface GatewayControllerOptions {
  client: KubeClient;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  caches: Caches;
  reports: GatewayReports;
  /** What all gateways' pods have in common. */
  pods: PodImage & WithNetworkPolicies;
}

/** Brings about what an EppGateway asks for. What is wrong with one leaves all that runs as it is. */
export class GatewayController {
  readonly #options: GatewayControllerOptions;
  readonly #log: Log;
  readonly #objects: OwnedObjects;
  readonly #status: StatusWriter<EppGatewayStatus>;
  readonly #rollouts: Rollouts;
  /** The last file of each gateway that was looked through, and what a gateway would say to it. */
  readonly #read = new Map<string, { text: string; problem: string | undefined }>();
  readonly #secrets = new Map<
    string,
    { generation: number | undefined; problem: string | undefined; atMs: number }
  >();

  constructor(options: GatewayControllerOptions) {
    const { client, clock, log, caches, events, reports } = options;
    this.#options = options;
    this.#log = log.child({ controller: 'gateway' });
    this.#objects = new OwnedObjects({ client, clock, kinds: caches.owned });
    this.#status = new StatusWriter<EppGatewayStatus>({ client, clock, resource: EPP_GATEWAY, counters: [] });
    this.#rollouts = new Rollouts({
      clock,
      events,
      reports,
      save: async (gateway, rollout, signal) => {
        await this.#status.write(
          gateway,
          { ...this.#status.seen(gateway), ...(rollout && { rollout }) },
          signal,
        );
      },
    });
  }

  /** Names what a gateway has to be looked at again for. */
  watch(controller: Controller): Controller {
    const { caches } = this.#options;
    const neighbours = ({ metadata: { namespace = '' } }: KubeObject): ObjectKey[] =>
      caches.gateways.byIndex(BY_NAMESPACE, namespace).map(keyOf);
    controller
      .watches(caches.gateways)
      .watches(distinct(caches.sets, specFingerprint), neighbours)
      .watches(distinct(caches.registries, specFingerprint), neighbours);
    for (const { cache } of caches.owned) controller.watches(cache, ownerKey(EPP_GATEWAY));
    return controller;
  }

  readonly reconcile = async (key: ObjectKey, signal: AbortSignal): Promise<ReconcileOutcome> => {
    const gateway = this.#options.caches.gateways.get(key);
    if (gateway === undefined) return this.#forget(key);
    // The garbage collector does the rest: nothing of a gateway holds a connection that had to be given back first.
    if (gateway.metadata.deletionTimestamp !== undefined) return;
    const turn = await this.#keepUp(gateway, signal);
    const report = await this.#report(gateway, turn.judgement, signal);
    if (turn.failure !== undefined) throw turn.failure;
    return sooner(turn, report);
  };

  async #keepUp(raw: EppGateway, signal: AbortSignal): Promise<Turn<Judgement>> {
    const { caches } = this.#options;
    const parsed = caches.parsedGateway(raw);
    if (!parsed.ok)
      return refused('InvalidSpec', `the spec is not valid: ${describeProblems(parsed.problems)}`);
    const gateway = parsed.value;
    if (gateway.spec.paused) return { judgement: { state: 'paused' } };
    const { namespace } = gateway.metadata;
    const routes = resolveRoutes(gateway, {
      parsedRegistry: caches.parsedRegistry,
      registry: (name) => caches.registries.get({ name, ...(namespace !== undefined && { namespace }) }),
    });
    if ('reason' in routes) {
      return { ...refused(routes.reason, routes.message), ...(await this.#haltAnyway(gateway, signal)) };
    }
    const { problem, ...secrets } = await this.#lookAtSecrets(gateway, signal);
    if (problem !== undefined) {
      const halt = await this.#haltAnyway(gateway, signal);
      return { ...refused('SecretMissing', problem), ...sooner(secrets, halt) };
    }
    const { state, ...rollout } = await this.#rollouts.goOn(gateway, signal);
    const file = gatewayFile(gateway, routes, rolloutNow(gateway.spec.rollout, state));
    const unread = this.#unreadable(gateway, file);
    if (unread !== undefined) {
      return {
        ...refused('InvalidSpec', `no gateway could read what the spec asks for: ${unread}`),
        ...rollout,
      };
    }
    const { events, pods } = this.#options;
    const turn = await broughtAbout({ events, log: this.#log }, gateway, () =>
      this.#objects.bring(gateway, gatewayObjects(gateway, file, pods), signal),
    );
    return { ...turn, ...sooner(turn, rollout, secrets) };
  }

  /** What is wrong with the rest of the spec must not keep anybody from the legacy path. */
  async #haltAnyway(gateway: EppGateway, signal: AbortSignal): Promise<Again> {
    const { rollout } = gateway.spec;
    const { gateway: name } = gatewayObjectNames(gateway.metadata.name);
    const text = this.#objects.seenOwn(gateway, CONFIG_MAP, name)?.data?.[GATEWAY_CONFIG_FILE];
    if (rollout === undefined || text === undefined) return {};
    const { state, ...again } = await this.#rollouts.goOn(gateway, signal);
    const halted = rolloutNow(rollout, state)?.halted ? haltedText(text, rollout.legacy) : text;
    if (halted !== text) {
      const file = configMap(gatewayMeta(gateway, name), GATEWAY_CONFIG_FILE, halted);
      await this.#options.client.apply(CONFIG_MAP, file, {}, signal);
    }
    return again;
  }

  /** A file is looked through once. */
  #unreadable(gateway: EppGateway, file: GatewayFileInput): string | undefined {
    const key = keyString(keyOf(gateway));
    const text = fileText(file);
    const known = this.#read.get(key);
    if (known?.text === text) return known.problem;
    const problem = unreadable(file);
    this.#read.set(key, { text, problem });
    return problem;
  }

  /** Pods without their Secrets would never start; those that run go on meanwhile. */
  async #lookAtSecrets(
    gateway: EppGateway,
    signal: AbortSignal,
  ): Promise<Again & { problem?: string | undefined }> {
    const { client, clock } = this.#options;
    const needed = neededSecrets(gateway);
    if (needed.length === 0) return {};
    const { generation, namespace } = gateway.metadata;
    const key = keyString(keyOf(gateway));
    const nowMs = clock.monotonicMs();
    const look = async () => {
      const looks = await Promise.all(needed.map((one) => lookAtSecret(client, namespace, one, signal)));
      return looks.find((one) => one.problem !== undefined)?.problem;
    };
    const last = this.#secrets.get(key);
    const isFresh =
      last !== undefined && last.generation === generation && nowMs - last.atMs < recheckMs(last.problem);
    const checked = isFresh ? last : { generation, problem: await look(), atMs: nowMs };
    this.#secrets.set(key, checked);
    const { problem, atMs } = checked;
    return { problem, requeueAfterMs: Math.max(0, atMs + recheckMs(problem) - nowMs) };
  }

  async #report(gateway: EppGateway, judgement: Judgement, signal: AbortSignal): Promise<Again> {
    const { clock, events, caches } = this.#options;
    const previous = this.#status.seen(gateway);
    const parsed = caches.parsedGateway(gateway);
    const rollout = parsed.ok ? this.#rollouts.current(parsed.value) : undefined;
    const { name, namespace = '' } = gateway.metadata;
    const sets = caches.sets.byIndex(BY_NAMESPACE, namespace).flatMap((raw) => {
      const set = caches.parsedSet(raw);
      return set.ok ? [set.value] : [];
    });
    const status = gatewayStatus(
      {
        generation: gateway.metadata.generation ?? 0,
        judgement,
        deployment: this.#objects.seenOwn(gateway, DEPLOYMENT, gatewayObjectNames(name).gateway),
        selector: selectorText(gatewaySelector(gateway)),
        // What cannot be read may have been begun: its state must not be lost.
        rollout: parsed.ok ? rollout && statusOf(rollout) : previous?.rollout,
        accountsPooled: parsed.ok ? accountsPooled(parsed.value, sets) : undefined,
      },
      previous,
      clock.wall(),
    );
    for (const { type, reason, message } of transitions(previous?.conditions, status.conditions ?? [])) {
      events.event(gateway, type, reason, message);
    }
    return await this.#status.write(gateway, status, signal);
  }

  #forget(key: ObjectKey): void {
    this.#status.forget(key);
    this.#objects.forget(key);
    this.#rollouts.forget(key);
    this.#read.delete(keyString(key));
    this.#secrets.delete(keyString(key));
  }
}

function refused(reason: RefusalReason, message: string): Turn<Judgement> {
  return { judgement: { state: 'refused', refusal: { reason, message } } };
}

export function gatewayController(
  options: GatewayControllerOptions & { metrics: Registry; concurrency?: number },
): Controller {
  const { clock, log, metrics, concurrency = 4 } = options;
  const gateways = new GatewayController(options);
  return gateways.watch(
    new Controller({ name: 'gateway', clock, log, metrics, concurrency, reconcile: gateways.reconcile }),
  );
}
