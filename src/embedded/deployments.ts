import { createHash, randomBytes } from 'node:crypto';
import type { V1DeploymentCondition, V1PodTemplateSpec } from '@kubernetes/client-node';
import { isAlreadyExists } from '../kube/api-error.ts';
import { DEPLOYMENT, type Deployment, POD, type Pod } from '../kube/builtin.ts';
import { Controller, ownerKey } from '../kube/controller.ts';
import { Informer } from '../kube/informer.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { keyOf, type ObjectKey, ownerReference } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type PlannedPod, planRollout, resolveStrategy } from './deployment-plan.ts';
import { canonicalJson, sameJson } from './json.ts';
import { isReady } from './pod-view.ts';

/** Of the Deployment controller's own label: pods of one template have the same value. */
const TEMPLATE_HASH = 'pod-template-hash';
const HASH_LENGTH = 10;

export interface DeploymentsOptions {
  client: KubeClient;
  /** The node that every pod is put on. */
  nodeName: string;
  clock: Clock;
  log: Log;
}

/**
 * Turns Deployments into pods, rolls them over, and tells their status. There are no ReplicaSets: pods belong to the Deployment itself.
 * Disruption budgets and progress deadlines are not looked at.
 */
export class Deployments {
  readonly #options: DeploymentsOptions;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /** Works until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#options;
    const deployments = new Informer({ client, resource: DEPLOYMENT, clock, log });
    const pods = new Informer({ client, resource: POD, clock, log });
    const controller = new Controller({
      name: 'embedded-deployments',
      reconcile: (key) => this.#reconcile(key),
      clock,
      log,
    })
      .watches(deployments)
      .watches(pods, ownerKey(DEPLOYMENT));
    await Promise.all([deployments.run(signal), pods.run(signal), controller.run(signal)]);
  }

  /** Reads the store itself, not the informers' copies: what it made a moment ago must be counted. */
  async #reconcile(key: ObjectKey): Promise<void> {
    const { client } = this.#options;
    const deployment = await client.get(DEPLOYMENT, key);
    if (deployment?.spec === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
    const hash = templateHash(deployment.spec.template);
    const replicas = deployment.spec.replicas ?? 1;
    const pods = await this.#podsOf(deployment);
    const { create, remove } = planRollout({
      replicas,
      hash,
      strategy: resolveStrategy(deployment.spec.strategy, replicas),
      pods: pods.map(planned),
    });
    for (const pod of pods)
      if (remove.includes(pod.metadata.name) && pod.metadata.uid !== undefined)
        await client.delete(POD, keyOf(pod), { uid: pod.metadata.uid });
    for (let n = 0; n < create; n++) await this.#createPod(deployment, hash);
    await this.#tellStatus(key, hash);
  }

  async #podsOf(deployment: Deployment): Promise<Pod[]> {
    const { namespace } = deployment.metadata;
    const { items } = await this.#options.client.list(POD, namespace === undefined ? {} : { namespace });
    return items.filter((pod) =>
      pod.metadata.ownerReferences?.some((owner) => owner.uid === deployment.metadata.uid),
    );
  }

  async #createPod(deployment: Deployment, hash: string): Promise<void> {
    const { template } = deployment.spec!;
    const { name, namespace } = deployment.metadata;
    const metadata = {
      ...(namespace !== undefined && { namespace }),
      labels: { ...template.metadata?.labels, [TEMPLATE_HASH]: hash },
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
      ownerReferences: [ownerReference(deployment)],
    };
    for (;;) {
      const suffix = randomBytes(3).toString('hex').slice(0, 5);
      try {
        await this.#options.client.create(POD, {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { ...metadata, name: `${name}-${hash}-${suffix}` },
          spec: { ...template.spec!, nodeName: this.#options.nodeName },
        });
        return;
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
  }

  async #tellStatus(key: ObjectKey, hash: string): Promise<void> {
    const { client, clock } = this.#options;
    const deployment = await client.get(DEPLOYMENT, key);
    if (deployment === undefined) return;
    const status = deploymentStatus(
      deployment,
      (await this.#podsOf(deployment)).map(planned),
      hash,
      clock.wall(),
    );
    if (sameJson(status, deployment.status)) return;
    await client.replaceStatus(DEPLOYMENT, { ...deployment, status });
  }
}

/** The first characters of a hash of the template; the same template has the same. */
export function templateHash(template: V1PodTemplateSpec): string {
  return createHash('sha256').update(canonicalJson(template)).digest('hex').slice(0, HASH_LENGTH);
}

function planned(pod: Pod): PlannedPod {
  const { name, labels, deletionTimestamp, creationTimestamp = '' } = pod.metadata;
  return {
    name,
    hash: labels?.[TEMPLATE_HASH] ?? '',
    ready: isReady(pod),
    terminating: deletionTimestamp !== undefined,
    born: Date.parse(creationTimestamp),
  };
}

export function deploymentStatus(
  { metadata, spec, status }: Deployment,
  pods: readonly PlannedPod[],
  hash: string,
  now: Date,
): NonNullable<Deployment['status']> {
  const replicas = spec?.replicas ?? 1;
  const active = pods.filter((pod) => !pod.terminating);
  const updated = active.filter((pod) => pod.hash === hash);
  const ready = active.filter((pod) => pod.ready).length;
  const strategy = resolveStrategy(spec?.strategy, replicas);
  const mayMiss = strategy.type === 'Recreate' ? replicas : strategy.maxUnavailable;
  const isAvailable = ready >= replicas - mayMiss;
  const isComplete =
    updated.length === replicas && active.length === replicas && updated.every((pod) => pod.ready);
  const conditions = [
    condition(
      'Available',
      isAvailable ? 'True' : 'False',
      isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      `Deployment ${isAvailable ? 'has' : 'does not have'} minimum availability.`,
    ),
    condition(
      'Progressing',
      'True',
      isComplete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
      isComplete ? 'The pods are those of the present template.' : 'Pods are being replaced.',
    ),
  ];
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    // The API leaves out zeros.
    ...(active.length > 0 && { replicas: active.length }),
    ...(updated.length > 0 && { updatedReplicas: updated.length }),
    ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
    ...(replicas > ready && { unavailableReplicas: replicas - ready }),
    conditions: conditions.map((fresh) => keepTimes(fresh, status?.conditions, now)),
  };
}

type Fresh = Pick<V1DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

const condition = (type: string, status: string, reason: string, message: string): Fresh => ({
  type,
  status,
  reason,
  message,
});

/** The old condition when nothing about it changed; else the new one with the times of its changes. */
function keepTimes(
  fresh: Fresh,
  old: readonly V1DeploymentCondition[] | undefined,
  now: Date,
): V1DeploymentCondition {
  const before = old?.find((other) => other.type === fresh.type);
  if (before?.status === fresh.status && before.reason === fresh.reason && before.message === fresh.message)
    return before;
  // On the wire times are texts.
  const time = now.toISOString().replace(/\.\d{3}Z$/, 'Z') as unknown as Date;
  return {
    ...fresh,
    lastUpdateTime: time,
    lastTransitionTime: before?.status === fresh.status ? (before.lastTransitionTime ?? time) : time,
  };
}
