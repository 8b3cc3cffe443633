import { POD, type Pod, SERVICE, type Service } from '../kube/builtin.ts';
import { Informer } from '../kube/informer.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { keyOf, keyString } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type Forwarder, startForwarder } from './forwarder.ts';
import { isReady, loopbackPort, selects } from './pod-view.ts';

export interface ServicesOptions {
  client: KubeClient;
  clock: Clock;
  log: Log;
  /** The first Service's first port; the others follow, as far as they are free. Default: whatever is free. */
  firstPort?: number;
}

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

/**
 * What kube-proxy and the cluster's DNS do: every port of every Service is a loopback port, which stays the same as long as the Service is
 * there, and whose connections go to the ready pods in turn. Headless Services get one too: all pods have the same address here.
 */
export class Services {
  readonly #options: ServicesOptions;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  /** By `namespace/name:port`. */
  readonly #forwarders = new Map<string, { opening: Promise<Forwarder>; open?: Forwarder }>();
  #nextPort: number | undefined;
  readonly #turns = new Map<string, number>();

  constructor(options: ServicesOptions) {
    const { client, clock, log } = options;
    this.#options = options;
    this.#nextPort = options.firstPort;
    this.#services = new Informer({ client, resource: SERVICE, clock, log });
    this.#pods = new Informer({ client, resource: POD, clock, log });
    this.#services.onEvent(({ type, object }) => {
      if (type === 'deleted') this.#close(object);
      else this.#open(object);
    });
  }

  /** Serves until the signal is aborted; then all connections are broken. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#services.run(signal), this.#pods.run(signal)]);
    const forwarders = [...this.#forwarders.values()];
    this.#forwarders.clear();
    await Promise.all(forwarders.map(async ({ opening }) => (await opening).close()));
  }

  /** The loopback port of a Service's port, by its number or name; undefined when there is none (yet). */
  portOf(namespace: string, name: string, port: number | string): number | undefined {
    const service = this.#services.get({ namespace, name });
    const found = service?.spec?.ports?.find((one) => one.port === port || one.name === port);
    if (service === undefined || found === undefined) return undefined;
    return this.#forwarders.get(forwarderKey(service, found))?.open?.port;
  }

  /** Whether the Service is there and all of its ports are open. */
  isOpen(namespace: string, name: string): boolean {
    const service = this.#services.get({ namespace, name });
    const ports = service?.spec?.ports ?? [];
    return (
      service !== undefined && ports.every(({ port }) => this.portOf(namespace, name, port) !== undefined)
    );
  }

  /** How many pods stand behind a Service's port now. */
  endpoints(namespace: string, name: string, port: number | string): number {
    return this.podPorts(namespace, name, port).length;
  }

  /** The loopback ports of the pods behind a Service's port now: what a headless Service's name leads to. */
  podPorts(namespace: string, name: string, port: number | string): number[] {
    const service = this.#services.get({ namespace, name });
    const found = service?.spec?.ports?.find((one) => one.port === port || one.name === port);
    return service === undefined || found === undefined ? [] : this.#targets(service, found);
  }

  #open(service: Service): void {
    const wanted = new Set<string>();
    for (const port of service.spec?.ports ?? []) {
      const key = forwarderKey(service, port);
      wanted.add(key);
      if (this.#forwarders.has(key)) continue;
      this.#listen(key, () => this.#next(keyString(keyOf(service)), port.port));
    }
    this.#close(service, wanted);
  }

  #listen(key: string, next: () => number | undefined): void {
    const entry: { opening: Promise<Forwarder>; open?: Forwarder } = {
      opening: startForwarder(next, { wanted: this.#nextPort }),
    };
    if (this.#nextPort !== undefined) this.#nextPort += 1;
    this.#forwarders.set(key, entry);
    entry.opening.then(
      (forwarder) => {
        entry.open = forwarder;
      },
      (error: unknown) => {
        this.#options.log.error({ service: key, reason: messageOf(error) }, 'a Service has no port');
        this.#forwarders.delete(key);
      },
    );
  }

  /** Closes the ports of a Service that are not among `kept`. */
  #close(service: Service, kept: ReadonlySet<string> = new Set()): void {
    const prefix = `${keyString(keyOf(service))}:`;
    for (const [key, { opening }] of this.#forwarders) {
      if (!key.startsWith(prefix) || kept.has(key)) continue;
      this.#forwarders.delete(key);
      void opening.then((forwarder) => forwarder.close()).catch(() => undefined);
    }
  }

  /** The Service as it is now: its selector may change while its port stays. */
  #next(service: string, port: number): number | undefined {
    const [namespace = '', name = ''] = service.split('/');
    const live = this.#services.get({ namespace, name });
    const found = live?.spec?.ports?.find((one) => one.port === port);
    if (live === undefined || found === undefined) return undefined;
    const targets = this.#targets(live, found);
    const key = forwarderKey(live, found);
    const turn = this.#turns.get(key) ?? 0;
    this.#turns.set(key, turn + 1);
    return targets[turn % Math.max(1, targets.length)];
  }

  #targets(service: Service, port: ServicePort): number[] {
    return this.#pods
      .list()
      .filter((pod) => selects(service, pod) && pod.metadata.deletionTimestamp === undefined && isReady(pod))
      .flatMap((pod) => loopbackPort(pod, port.targetPort ?? port.port) ?? []);
  }
}

function forwarderKey(service: Service, port: ServicePort): string {
  return `${keyString(keyOf(service))}:${port.port}`;
}
