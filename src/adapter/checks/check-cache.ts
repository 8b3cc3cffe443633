/**
 * Answers of availability checks that are kept for a while, and checks that are under way. Pure: its time is given to it.
 *
 * An answer is about the moment at which the registry looked, somewhere between the question and the answer. So what a change makes
 * stale is more than what is kept:
 *
 *   time ──────────────────────────────────────────────────────────────────────▶
 *   checks       ask ────────────────────────────── answer       under way when a change begins: neither kept nor joined
 *                               ask ──────────────────── answer  asked while it lasts: the same
 *   create                hold ──── write ─ executed ─── answer, lift
 *   kept before  ▒▒▒▒▒▒▒▒▒╳ dropped
 *
 * A change whose outcome is unknown is never lifted: its hold ends by itself, when nothing can be under way any more.
 */
import { LRUCache } from 'lru-cache';

export interface CheckCacheOptions {
  /** How long it is kept that a name is free, in milliseconds; 0: not at all. */
  freeMs: number;
  /** The same of a name that is taken. */
  takenMs: number;
  /** Most names. Default 100,000. */
  maxNames?: number;
  /** Most changes that hold names at once; with more, nothing is kept at all. Default 20,000. */
  maxHolds?: number;
}

/** What a registry said of one name: an entry of `cd` (RFC 5731 section 3.1.1). */
export type Checked = Readonly<Record<string, unknown>>;

export interface Kept<A> {
  checked: Checked;
  /** What else belongs to the answer. */
  about: A;
  /** When it came. */
  atMs: number;
  untilMs: number;
}

/** A check under way. */
export interface Flight {
  readonly account: string;
  /** Lower-case. */
  readonly names: readonly string[];
}

interface Hold {
  names: readonly string[] | 'all';
  untilMs: number;
}

const MAX_NAMES = 100_000;
const MAX_HOLDS = 20_000;

/** Names are lower-case throughout. A change of a name concerns the answers to every account that is asked for it. */
export class CheckCache<A, F extends Flight> {
  readonly #options: CheckCacheOptions;
  /** By name, then by account. */
  readonly #kept: LRUCache<string, Map<string, Kept<A>>>;
  readonly #flights = new Map<string, Map<string, F>>();
  /** By change, the oldest first. */
  readonly #holds = new Map<string, Hold>();
  /** How many changes hold a name. */
  readonly #held = new Map<string, number>();
  #heldAll = 0;
  #dropped = 0;
  #overflowUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: CheckCacheOptions) {
    this.#options = options;
    this.#kept = new LRUCache({ max: options.maxNames ?? MAX_NAMES });
  }

  /** Names of which something is kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** Names that were kept until a change came, so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Names that changes hold. */
  get held(): number {
    return this.#held.size;
  }

  keptOf(account: string, name: string, nowMs: number): Kept<A> | undefined {
    const kept = this.#kept.get(name)?.get(account);
    return kept && nowMs < kept.untilMs ? kept : undefined;
  }

  /** The check under way that may answer for a name: one that no change has met. */
  flightOf(account: string, name: string): F | undefined {
    return this.#flights.get(name)?.get(account);
  }

  /** The check begins: others may join it, and its answer may be kept, for the names that no change holds. */
  took(flight: F, nowMs: number): void {
    for (const name of flight.names) {
      if (this.#isHeld(name, nowMs)) continue;
      const flights = this.#flights.get(name) ?? new Map<string, F>();
      flights.set(flight.account, flight);
      this.#flights.set(name, flights);
    }
  }

  /**
   * The check is over.
   * @param answer what was said of a name; undefined where nothing was
   */
  landed(
    flight: F,
    answer: (name: string) => { checked: Checked; about: A } | undefined,
    nowMs: number,
  ): void {
    for (const name of flight.names) {
      // Held or dropped since it began, or overtaken by a later one: what it says may be old
      if (!this.#forgetFlight(flight, name)) continue;
      const said = answer(name);
      const keepMs = said ? this.#keepMs(said.checked) : 0;
      if (said && keepMs > 0)
        this.#keep(flight.account, name, { ...said, atMs: nowMs, untilMs: nowMs + keepMs });
    }
  }

  /** A change is about to be made. Repeated for the same change it does no harm. */
  hold(change: string, names: readonly string[] | 'all', untilMs: number, nowMs: number): void {
    this.#drop(names);
    this.#expire(nowMs);
    if (untilMs <= nowMs || this.#holds.has(change)) return;
    if (this.#holds.size >= (this.#options.maxHolds ?? MAX_HOLDS)) {
      this.#overflowUntilMs = Math.max(this.#overflowUntilMs, untilMs);
      return;
    }
    this.#holds.set(change, { names, untilMs });
    if (names === 'all') this.#heldAll++;
    else for (const name of names) this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
  }

  /** The change is over, and was answered. */
  lift(change: string, names: readonly string[] | 'all'): void {
    this.#drop(names);
    this.#release(change);
  }

  /** As if everything had changed. */
  clear(): void {
    this.#drop('all');
  }

  #keepMs({ avail }: Checked): number {
    const { freeMs, takenMs } = this.#options;
    if (avail === true) return freeMs;
    return avail === false ? takenMs : 0;
  }

  #keep(account: string, name: string, kept: Kept<A>): void {
    const byAccount = this.#kept.get(name) ?? new Map<string, Kept<A>>();
    byAccount.set(account, kept);
    this.#kept.set(name, byAccount);
  }

  /** @returns false where it was forgotten already */
  #forgetFlight(flight: F, name: string): boolean {
    const flights = this.#flights.get(name);
    if (flights?.get(flight.account) !== flight) return false;
    flights.delete(flight.account);
    if (flights.size === 0) this.#flights.delete(name);
    return true;
  }

  #drop(names: readonly string[] | 'all'): void {
    if (names === 'all') {
      this.#dropped += this.#kept.size;
      this.#kept.clear();
      this.#flights.clear();
      return;
    }
    for (const name of names) {
      if (this.#kept.delete(name)) this.#dropped++;
      this.#flights.delete(name);
    }
  }

  #isHeld(name: string, nowMs: number): boolean {
    if (this.#holds.size === 0 && this.#overflowUntilMs <= nowMs) return false;
    this.#expire(nowMs);
    return this.#heldAll > 0 || this.#held.has(name) || nowMs < this.#overflowUntilMs;
  }

  /** Holds are about equally long: the oldest is the first to end, and one that is not holds up the others' end a little. */
  #expire(nowMs: number): void {
    for (const [change, { untilMs }] of this.#holds) {
      if (nowMs < untilMs) return;
      this.#release(change);
    }
  }

  #release(change: string): void {
    const hold = this.#holds.get(change);
    if (!hold) return;
    this.#holds.delete(change);
    if (hold.names === 'all') {
      this.#heldAll--;
      return;
    }
    for (const name of hold.names) {
      const left = (this.#held.get(name) ?? 1) - 1;
      if (left === 0) this.#held.delete(name);
      else this.#held.set(name, left);
    }
  }
}
