import type { Clock } from '../../lib/clock.ts';
import type { Instance } from '../instance.ts';
import { Heartbeats } from './heartbeats.ts';
import { InstanceList } from './instance-list.ts';
import {
  MAX_REGISTERED,
  type RegisteredInstance,
  type Registration,
  RegistrationRefused,
  type RegistrationStore,
} from './registration.ts';
import { endpointId } from './slice-instances.ts';

export interface MemoryRegistrationsOptions {
  /** Those that are there anyway, as of a file: they go before registered ones of the same address. */
  fixed: readonly Instance[];
  clock: Clock;
  /** 16 hexadecimal digits that nobody guesses. */
  newId(): string;
}

/** Without a cluster: this process alone knows them, and forgets them when it ends. */
export class MemoryRegistrations implements RegistrationStore {
  /** The fixed ones and the registered. */
  readonly source = new InstanceList();
  readonly #options: MemoryRegistrationsOptions;
  readonly #registered = new Map<string, Registration>();
  readonly #heartbeats: Heartbeats;
  #due = false;

  constructor(options: MemoryRegistrationsOptions) {
    this.#options = options;
    this.#heartbeats = new Heartbeats({
      clock: options.clock,
      isSilent: async () => true,
      expire: async (id) => void this.#remove(id),
    });
    this.#heartbeats.subscribe(() => this.#tellSoon());
    this.#tell();
  }

  async register(registration: Registration): Promise<RegisteredInstance> {
    if (this.#registered.size >= MAX_REGISTERED)
      throw new RegistrationRefused(`${MAX_REGISTERED} instances are registered: there is no room for more`);
    const id = this.#options.newId();
    return this.#put(id, registration);
  }

  async update(id: string, registration: Registration): Promise<RegisteredInstance | undefined> {
    return this.#registered.has(id) ? this.#put(id, registration) : undefined;
  }

  async heartbeat(id: string): Promise<boolean> {
    const registration = this.#registered.get(id);
    if (registration) this.#heartbeats.heard(id, registration.ttlSeconds * 1000);
    return registration !== undefined;
  }

  async remove(id: string): Promise<boolean> {
    return this.#remove(id);
  }

  async get(id: string): Promise<RegisteredInstance | undefined> {
    const registration = this.#registered.get(id);
    return registration && { ...registration, id, state: this.#heartbeats.stateOf(id) ?? 'dead' };
  }

  stop(): void {
    this.#heartbeats.stop();
  }

  #put(id: string, registration: Registration): RegisteredInstance {
    this.#registered.set(id, registration);
    this.#heartbeats.heard(id, registration.ttlSeconds * 1000);
    this.#tellSoon();
    return { ...registration, id, state: 'ready' };
  }

  #remove(id: string): boolean {
    const known = this.#registered.delete(id);
    this.#heartbeats.forget(id);
    return known;
  }

  /** Many at once are told once, and before whoever asked has an answer. */
  #tellSoon(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#tell();
    });
  }

  #tell(): void {
    const instances = new Map(this.#options.fixed.map((instance) => [instance.id, instance]));
    for (const [name, { set, address, port, weight }] of this.#registered) {
      const id = endpointId(address, port);
      const state = this.#heartbeats.stateOf(name) ?? 'dead';
      const other = instances.get(id);
      if (other && (other.source !== 'registered' || other.state === 'ready')) continue;
      instances.set(id, { id, origin: `http://${id}`, set, state, weight, source: 'registered' });
    }
    this.source.replace([...instances.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  }
}
