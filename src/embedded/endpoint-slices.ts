import { isAlreadyExists, isConflict } from '../kube/api-error.ts';
import { ENDPOINT_SLICE, POD, type Pod, SERVICE, type Service } from '../kube/builtin.ts';
import { Controller, ownerKey } from '../kube/controller.ts';
import { Informer } from '../kube/informer.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { keyOf, type ObjectKey } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { sliceSelector, slicesOf } from './endpoint-slice-plan.ts';
import { sameJson } from './json.ts';
import { selects } from './pod-view.ts';

/** Keeps the EndpointSlices of Services with a selector, as kube-controller-manager does; addresses and ports are those of this machine. */
export class EndpointSlices {
  readonly #client: KubeClient;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #slices;
  readonly #controller: Controller;

  constructor({ client, clock, log }: { client: KubeClient; clock: Clock; log: Log }) {
    this.#client = client;
    this.#services = new Informer({ client, resource: SERVICE, clock, log });
    this.#pods = new Informer({ client, resource: POD, clock, log });
    this.#slices = new Informer({ client, resource: ENDPOINT_SLICE, clock, log });
    this.#controller = new Controller({
      name: 'embedded-endpoint-slices',
      reconcile: (key) => this.#reconcile(key),
      clock,
      log,
    })
      .watches(this.#services)
      .watches(this.#pods, (pod) =>
        this.#services
          .list()
          .filter((service) => selects(service, pod))
          .map(keyOf),
      )
      .watches(this.#slices, ownerKey(SERVICE));
  }

  /** Works until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const parts = [this.#services, this.#pods, this.#slices, this.#controller];
    await Promise.all(parts.map((part) => part.run(signal)));
  }

  async #reconcile(key: ObjectKey): Promise<void> {
    const client = this.#client;
    const service = await client.get(SERVICE, key);
    // What is gone takes its slices along; without a selector they are somebody else's
    if (!service?.spec?.selector || service.metadata.deletionTimestamp !== undefined) return;
    const scope = key.namespace === undefined ? {} : { namespace: key.namespace };
    const pods = (await client.list(POD, scope)).items.filter((pod) => selects(service, pod));
    const labelSelector = sliceSelector(key.name);
    const { items: left } = await client.list(ENDPOINT_SLICE, { ...scope, labelSelector });
    const there = new Map(left.map((slice) => [slice.metadata.name, slice]));
    try {
      for (const slice of slicesOf(service, pods)) {
        const live = there.get(slice.metadata.name);
        there.delete(slice.metadata.name);
        if (live === undefined) await client.create(ENDPOINT_SLICE, slice);
        else {
          const next = { ...live, ...slice, metadata: { ...live.metadata, ...slice.metadata } };
          if (!sameJson(next, live)) await client.replace(ENDPOINT_SLICE, next);
        }
      }
    } catch (error) {
      // It changed meanwhile, which brings us here again
      if (!isConflict(error) && !isAlreadyExists(error)) throw error;
      this.#controller.enqueue(key);
      return;
    }
    for (const slice of there.values()) await client.delete(ENDPOINT_SLICE, keyOf(slice));
  }
}
