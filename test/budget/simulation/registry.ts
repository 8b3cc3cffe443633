import { SPAN_MS, SPANS } from './command-flood.ts';
import type { World } from './world.ts';

export interface RegistrySetup {
  name: string;
  limit: number;
  externalReserved?: number;
  idleMs: number;
  lateMs: number;
  /** What the registry really allows, when that is less than `limit`. */
  allows?: number;
  /** The account's password; `right` by default. */
  password?: string;
  /** Commands that it allows; absent: any number. */
  commands?: CommandLimits;
}

export interface CommandLimits {
  perSecond?: number;
  perMinute?: number;
}

/** What a pod has read of the account's Secret. */
export interface SecretValues {
  password: string;
  newPassword?: string;
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
  readonly #limits: Map<string, CommandLimits>;
  /** When commands came in, by account and span, as far back as the span. */
  readonly #commands = new Map<string, number[]>();
  /** Commands so far, by account. */
  readonly commands = new Map<string, number>();
  readonly peaks = new Map<string, number>();
  /** When logins were refused for their password, in true time, by account. */
  readonly refusals = new Map<string, number[]>();
  readonly #passwords: Map<string, string>;

  constructor(world: World, setups: readonly RegistrySetup[], breach: Breach) {
    this.#world = world;
    this.#setup = new Map(setups.map((setup) => [setup.name, setup]));
    this.#breach = breach;
    this.#passwords = new Map(setups.map(({ name, password = 'right' }) => [name, password]));
    this.#limits = new Map(setups.map(({ name, commands = {} }) => [name, commands]));
  }

  /** It counts against others from now on. */
  limitCommands(account: string, limits: CommandLimits): void {
    this.#limits.set(account, limits);
  }

  /** A client sends a command: I12, never more than is allowed in any span. What the network does to it on its way is nobody's fault. */
  command(account: string): void {
    const now = this.#world.nowMs;
    this.commands.set(account, (this.commands.get(account) ?? 0) + 1);
    for (const span of SPANS) {
      const key = `${account} ${span}`;
      const times = this.#commands.get(key) ?? [];
      this.#commands.set(key, times);
      times.push(now);
      while (times[0]! <= now - SPAN_MS[span]) times.shift();
      const most = this.#limits.get(account)?.[span] ?? Number.POSITIVE_INFINITY;
      if (times.length > most) this.#breach('I12', `${account}: command ${times.length} of ${most} ${span}`);
    }
  }

  passwordOf(account: string): string {
    return this.#passwords.get(account)!;
  }

  setPassword(account: string, password: string): void {
    this.#passwords.set(account, password);
  }

  /** A login arrives. */
  login(account: string, password: string, newPassword?: string): 'proven' | 'changed' | 'refused' {
    if (password !== this.#passwords.get(account)) {
      this.refusals.set(account, [...(this.refusals.get(account) ?? []), this.#world.nowMs]);
      return 'refused';
    }
    if (newPassword === undefined) return 'proven';
    this.#passwords.set(account, newPassword);
    return 'changed';
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
