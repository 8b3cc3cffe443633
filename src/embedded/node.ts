import { join } from 'node:path';
import { POD, type Pod } from '../kube/builtin.ts';
import { Informer, type InformerEvent } from '../kube/informer.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { keyOf, keyString } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ContainerRunner } from './container.ts';
import { PodWorker } from './pod-worker.ts';

export interface NodeOptions {
  /** Pods with this `spec.nodeName` are run. */
  name: string;
  client: KubeClient;
  runner: ContainerRunner;
  /** Holds a folder a pod: its volumes as files. */
  folder: string;
  clock: Clock;
  log: Log;
}

/** What a kubelet does: runs the pods that are put on it, probes them, restarts what ends, ends what is deleted. */
export class EmbeddedNode {
  readonly #options: NodeOptions;
  /** By uid: a deleted pod may still be ending when its namesake starts. */
  readonly #workers = new Map<string, { pod: Pod; worker: PodWorker; done: Promise<void> }>();
  #closing = false;

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  /** Runs pods until the signal is aborted. Pods that run then go on: `drain` first. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, log, name } = this.#options;
    const fieldSelector = `spec.nodeName=${name}`;
    const informer = new Informer({ client, resource: POD, fieldSelector, clock, log });
    informer.onEvent((event) => this.#onEvent(event));
    await informer.run(signal);
  }

  /** Ends a pod's program without warning, as an OOM kill does. Throws when there is no such pod. */
  crash(namespace: string, name: string): void {
    const found = [...this.#workers.values()].find(
      ({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
    );
    if (found === undefined) throw new Error(`no pod ${namespace}/${name} runs here`);
    found.worker.crash();
  }

  /**
   * Takes no new pods and ends those that run, program by program: those that `order` names first, each after the one before has ended,
   * then the others. Resolves when all have ended.
   */
  async drain(options: { order: readonly string[]; graceMs: number }): Promise<void> {
    this.#closing = true;
    const { order, graceMs } = options;
    for (const program of [...order, undefined]) {
      const turn = [...this.#workers.values()].filter(
        ({ worker }) => program === undefined || worker.program === program,
      );
      for (const { worker } of turn) worker.terminate(graceMs);
      await Promise.all(turn.map(({ done }) => done));
    }
  }

  #onEvent(event: InformerEvent<Pod>): void {
    const { metadata } = event.object;
    const known = this.#workers.get(metadata.uid ?? '');
    if (event.type === 'deleted') known?.worker.terminate(0);
    else if (known === undefined) this.#start(event.object);
    else if (metadata.deletionTimestamp !== undefined)
      known.worker.terminate((metadata.deletionGracePeriodSeconds ?? 0) * 1_000);
  }

  #start(pod: Pod): void {
    const { uid = '' } = pod.metadata;
    if (this.#closing) return;
    const { folder, log } = this.#options;
    try {
      const worker = new PodWorker({ ...this.#options, pod, folder: join(folder, uid) });
      const done = worker.run().then(() => {
        this.#workers.delete(uid);
      });
      this.#workers.set(uid, { pod, worker, done });
      if (pod.metadata.deletionTimestamp !== undefined) worker.terminate(0);
    } catch (error) {
      log.error({ pod: keyString(keyOf(pod)), reason: messageOf(error) }, 'a pod cannot run here');
    }
  }
}
