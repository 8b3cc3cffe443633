/**
 * Registrations in the Kubernetes API: every gateway of the namespace sees them by watch, whichever one was asked. All writes that follow
 * from what was read are compare-and-swap, so several gateways may heartbeat, change and expire the same instance at once.
 */

import { isConflict, isInvalid, isNotFound } from '../../kube/api-error.ts';
import {
  COORDINATION_LEASE,
  type CoordinationLease,
  ENDPOINT_SLICE,
  type EndpointSlice,
} from '../../kube/builtin.ts';
import { Informer } from '../../kube/informer.ts';
import type { Reader, Watcher, Writer } from '../../kube/interfaces.ts';
import type { ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { InstanceState } from '../instance.ts';
import type { RegisteredStates } from './endpoint-slices.ts';
import { Heartbeats } from './heartbeats.ts';
import {
  MAX_REGISTERED,
  type RegisteredInstance,
  type Registration,
  RegistrationRefused,
  type RegistrationStore,
} from './registration.ts';
import {
  addressType,
  idOf,
  leaseOf,
  nameOf,
  REGISTERED_SELECTOR,
  registeredOf,
  renewed,
  sliceOf,
  ttlMsOf,
} from './registration-objects.ts';
import { isRegistered } from './slice-instances.ts';

export interface KubeRegistrationsOptions {
  client: Reader & Watcher & Pick<Writer, 'create' | 'replace' | 'delete'>;
  /** Of the gateway. */
  namespace: string;
  clock: Clock;
  log: Log;
  /** 16 hexadecimal digits that nobody guesses: who knows an id may heartbeat and remove it. */
  newId(): string;
}

const REQUEST_TIMEOUT_MS = 5_000;
/** Others that renew the same lease at the same time do so for the same instance. */
const TRIES = 4;

export class KubeRegistrations implements RegistrationStore, RegisteredStates {
  readonly #options: KubeRegistrationsOptions;
  readonly #leases: Informer<CoordinationLease>;
  readonly #heartbeats: Heartbeats;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: KubeRegistrationsOptions) {
    const { client, namespace, clock, log } = options;
    this.#options = options;
    this.#heartbeats = new Heartbeats({
      clock,
      isSilent: (name) => this.#isSilent(name),
      expire: (name) => this.#expire(name),
    });
    this.#leases = new Informer({
      client,
      resource: COORDINATION_LEASE,
      namespace,
      labelSelector: REGISTERED_SELECTOR,
      clock,
      log,
    });
    this.#leases.onEvent((event) => {
      const { name } = event.object.metadata;
      if (idOf(name) === undefined) return;
      if (event.type === 'deleted') this.#heartbeats.forget(name);
      else if (event.type === 'added' || event.object.spec?.renewTime !== event.previous.spec?.renewTime)
        this.#heartbeats.heard(name, ttlMsOf(event.object));
    });
    this.#running = this.#leases.run(this.#stop.signal);
  }

  /** Ends watch and timers; what is registered stays. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('registration stops'));
    this.#heartbeats.stop();
    await this.#running;
  }

  /** A slice without a lease is dead, once the leases are known. */
  stateOf(name: string): InstanceState {
    return this.#heartbeats.stateOf(name) ?? (this.#leases.hasSynced ? 'dead' : 'ready');
  }

  subscribe(listener: () => void): () => void {
    return this.#heartbeats.subscribe(listener);
  }

  async register(registration: Registration): Promise<RegisteredInstance> {
    const { client, namespace, clock, newId } = this.#options;
    if (this.#heartbeats.size >= MAX_REGISTERED)
      throw new RegistrationRefused(`${MAX_REGISTERED} instances are registered: there is no room for more`);
    const id = newId();
    const { ttlSeconds } = registration;
    const lease = await client.create(
      COORDINATION_LEASE,
      leaseOf(id, namespace, ttlSeconds, clock.wall()),
      patience(),
    );
    try {
      await client.create(ENDPOINT_SLICE, sliceOf(registration, lease), patience());
    } catch (error) {
      // Else it runs out by itself
      await this.remove(id).catch(() => undefined);
      throw refusal(error);
    }
    return { ...registration, id, state: 'ready' };
  }

  async update(id: string, registration: Registration): Promise<RegisteredInstance | undefined> {
    const { client } = this.#options;
    for (let tries = 1; ; tries += 1) {
      const found = await this.#read(id);
      if (found === undefined) return undefined;
      const { slice, lease } = found;
      if (slice.addressType !== addressType(registration.address))
        throw new RegistrationRefused(
          `is ${slice.addressType} for this registration, which cannot change: register it anew`,
          'address',
        );
      const next = sliceOf(registration, lease);
      try {
        const metadata = { ...slice.metadata, ...next.metadata };
        await client.replace(ENDPOINT_SLICE, { ...next, metadata }, patience());
        break;
      } catch (error) {
        if (!isConflict(error) || tries === TRIES) throw refusal(error);
      }
    }
    if (!(await this.#renew(id, registration.ttlSeconds))) return undefined;
    return { ...registration, id, state: 'ready' };
  }

  heartbeat(id: string): Promise<boolean> {
    return this.#renew(id);
  }

  async remove(id: string): Promise<boolean> {
    const { client } = this.#options;
    const found = await this.#readLease(id);
    if (found === undefined) return false;
    await client.delete(COORDINATION_LEASE, this.#key(id), {}, patience());
    await client.delete(ENDPOINT_SLICE, this.#key(id), {}, patience());
    return true;
  }

  async get(id: string): Promise<RegisteredInstance | undefined> {
    const found = await this.#read(id);
    return found && registeredOf(found.slice, found.lease, this.#heartbeats.stateOf(nameOf(id)) ?? 'ready');
  }

  /** By the copy that the watch keeps, which is fresh as a rule; else by what is there. False where there is none. */
  async #renew(id: string, ttlSeconds?: number): Promise<boolean> {
    const { client, clock } = this.#options;
    let lease = this.#leases.get(this.#key(id));
    for (let tries = 1; ; tries += 1) {
      lease ??= await this.#readLease(id);
      if (lease === undefined) return false;
      try {
        await client.replace(COORDINATION_LEASE, renewed(lease, clock.wall(), ttlSeconds), patience());
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        if (!isConflict(error) || tries === TRIES) throw error;
        lease = undefined;
      }
    }
  }

  async #isSilent(name: string): Promise<boolean> {
    const { client, namespace } = this.#options;
    const now = await client.get(COORDINATION_LEASE, { namespace, name }, patience());
    return now?.spec?.renewTime === this.#leases.get({ namespace, name })?.spec?.renewTime;
  }

  /** Deletes the lease as it was last seen: one that was renewed since then is another version, and stays. */
  async #expire(name: string): Promise<void> {
    const { client, namespace, log } = this.#options;
    const { uid, resourceVersion } = this.#leases.get({ namespace, name })?.metadata ?? {};
    if (uid === undefined || resourceVersion === undefined) return;
    try {
      await client.delete(COORDINATION_LEASE, { namespace, name }, { uid, resourceVersion }, patience());
      await client.delete(ENDPOINT_SLICE, { namespace, name }, {}, patience());
      log.info({ name }, 'a registered instance that was silent for too long was removed');
    } catch (error) {
      if (!isConflict(error))
        log.warn({ name, reason: messageOf(error) }, 'a silent registered instance could not be removed');
    }
  }

  async #readLease(id: string): Promise<CoordinationLease | undefined> {
    return this.#options.client.get(COORDINATION_LEASE, this.#key(id), patience());
  }

  async #read(id: string): Promise<{ slice: EndpointSlice; lease: CoordinationLease } | undefined> {
    const [slice, lease] = await Promise.all([
      this.#options.client.get(ENDPOINT_SLICE, this.#key(id), patience()),
      this.#readLease(id),
    ]);
    return slice && lease && isRegistered(slice) ? { slice, lease } : undefined;
  }

  #key(id: string): ObjectKey {
    return { namespace: this.#options.namespace, name: nameOf(id) };
  }
}

/** How long the caller of a request waits. */
function patience(): AbortSignal {
  return AbortSignal.timeout(REQUEST_TIMEOUT_MS);
}

/** What the API finds wrong with the slice is the caller's to mend. */
function refusal(error: unknown): unknown {
  return isInvalid(error)
    ? new RegistrationRefused(`is refused by the Kubernetes API: ${messageOf(error)}`, 'address')
    : error;
}
