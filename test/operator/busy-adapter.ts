/** A real lease holder in the place of an adapter: only registry and node are missing. */
import { randomUUID } from 'node:crypto';
import type { Slot } from '../../src/budget/connection-budget.ts';
import { type BoundHolder, startHolder } from '../../src/budget/kube/holder-binding.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { systemBootClock } from '../../src/lib/boot-clock.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';

export interface BusyAdapterOptions {
  client: KubeClient;
  pod: KubeObject;
  /** The one account that it uses. */
  account: string;
  connections: { idleTimeoutSeconds: number; lateDeliverySeconds?: number };
  timeScale: number;
  /** Requests that wait. Default 20. */
  queued?: number;
}

/** Holds as many connections as it may, as an adapter under load does. */
export class BusyAdapter {
  readonly holder: BoundHolder;
  readonly #slots = new Set<Slot>();
  readonly #account: string;
  readonly #queued: number;

  constructor({ client, pod, account, connections, timeScale, queued = 20 }: BusyAdapterOptions) {
    const { namespace, uid = '' } = pod.metadata;
    this.#account = account;
    this.#queued = queued;
    this.holder = startHolder({
      client,
      leaseKey: { name: uid, ...(namespace !== undefined && { namespace }) },
      accounts: { [account]: connections },
      timeScale,
      clock,
      bootClock: systemBootClock(),
      log,
      newIncarnation: randomUUID,
      seed: 1,
    });
    this.holder.onChange(() => this.#use());
    this.holder.report(account, { inUse: 0, queued });
  }

  #use(): void {
    const [idle] = this.#slots;
    if (idle !== undefined && this.holder.account(this.#account).excess > 0) {
      this.#slots.delete(idle);
      idle.closing();
      // Tells of its change in turn, so one at a time is enough.
      idle.ended('confirmed');
    }
    for (let slot = this.#acquire(); slot !== undefined; slot = this.#acquire()) {
      slot.opened();
      this.#slots.add(slot);
    }
    this.holder.report(this.#account, { inUse: this.#slots.size, queued: this.#queued });
  }

  #acquire(): Slot | undefined {
    return this.holder.phase === 'active' ? this.holder.acquire(this.#account) : undefined;
  }

  get open(): number {
    return this.#slots.size;
  }

  /** SIGTERM: logs out, and tells so. */
  async end(): Promise<void> {
    const drained = this.holder.drain({ timeoutMs: 5_000 });
    for (const slot of this.#slots) slot.ended('confirmed');
    await drained;
    this.holder.stop();
  }
}
