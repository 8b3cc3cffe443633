import type { World } from './world.ts';

export interface RegistrySetup {
  name: string;
  limit: number;
  externalReserved?: number;
  idleMs: number;
  lateMs: number;
  /** What the registry really allows, when that is less than `limit`. */
  allows?: number;
}

interface Session {
  account: string;
  lastByteMs: number;
  /** The client knows nothing of it any more: no FIN will come. */
  halfOpen: boolean;
}

export type Breach = (invariant: string, message: string) => void;

/** A registry that counts sessions as registries do: from the handshake until a FIN, a RST, or so long a silence. */
export class CountingRegistry {
  readonly #world: World;
  readonly #setup: ReadonlyMap<string, RegistrySetup>;
  readonly #breach: Breach;
  readonly #sessions = new Map<string, Session>();
  readonly peaks = new Map<string, number>();

  constructor(world: World, setups: readonly RegistrySetup[], breach: Breach) {
    this.#world = world;
    this.#setup = new Map(setups.map((setup) => [setup.name, setup]));
    this.#breach = breach;
  }

  count(account: string): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (session.account === account) count += 1;
    return count;
  }

  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** A connection arrives. False: refused as over the limit. */
  accept(account: string, id: string): boolean {
    const { limit, externalReserved = 0, allows = limit } = this.#setup.get(account)!;
    const count = this.count(account) + 1;
    if (count > allows) {
      if (allows === limit) this.#breach('I1', `${account}: session ${count} of ${limit}`);
      return false;
    }
    if (count > limit - externalReserved) {
      this.#breach('I1', `${account}: session ${count} of ${limit - externalReserved} that are ours`);
      return false;
    }
    this.#sessions.set(id, { account, lastByteMs: this.#world.nowMs, halfOpen: false });
    this.peaks.set(account, Math.max(this.peaks.get(account) ?? 0, count));
    this.#watchSilence(id);
    return true;
  }

  /** Bytes of a client arrive. */
  hear(id: string): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.lastByteMs = this.#world.nowMs;
  }

  /** A FIN or RST arrives, or the registry closes by itself. */
  end(id: string): void {
    this.#sessions.delete(id);
  }

  #watchSilence(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    const endMs = session.lastByteMs + this.#setup.get(session.account)!.idleMs;
    if (this.#world.nowMs >= endMs) this.#sessions.delete(id);
    else this.#world.after(endMs - this.#world.nowMs, () => this.#watchSilence(id));
  }
}
