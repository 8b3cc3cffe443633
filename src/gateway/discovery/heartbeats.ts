/**
 * Who of the registered is alive, as one observer counts it. Only what the observer sees itself counts, on its own monotonic clock: other
 * machines' wall clocks are never compared.
 *
 *            heartbeat                      3 TTLs             60 s more
 *   ready ◀────────────── silent for 1, 2 ────────▶ dead ────────────────▶ expired, to be removed
 *     ▲                                              │
 *     └──────────────────────────────────────────────┘ heartbeat
 *
 * A TTL of silence counts only if the silence is confirmed at its end by whoever keeps the heartbeats. While that is away nobody can be
 * heard, and so nobody is silent: the count begins anew.
 */
import type { Clock, Timer } from '../../lib/clock.ts';
import type { InstanceState } from '../instance.ts';
import { DEAD_AFTER_TTLS, FORGOTTEN_AFTER_MS } from './registration.ts';

export interface HeartbeatsOptions {
  clock: Clock;
  /** Whether there was no heartbeat since the last that was `heard`. Rejects when that cannot be known now. */
  isSilent(name: string): Promise<boolean>;
  /** To be removed, unless it is heard after all. Called again after the next TTL while it stays known. May reject. */
  expire(name: string): Promise<void>;
}

interface Observed {
  ttlMs: number;
  /** Confirmed TTLs of silence. */
  silent: number;
  timer: Timer;
}

export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  readonly #observed = new Map<string, Observed>();
  readonly #listeners = new Set<() => void>();

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#observed.size;
  }

  /** Undefined for one that is not known. */
  stateOf(name: string): InstanceState | undefined {
    const observed = this.#observed.get(name);
    return observed && (observed.silent < DEAD_AFTER_TTLS ? 'ready' : 'dead');
  }

  /** Called when a state changes, or somebody comes or goes. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  heard(name: string, ttlMs: number): void {
    const before = this.stateOf(name);
    this.#observed.get(name)?.timer.cancel();
    this.#observed.set(name, { ttlMs, silent: 0, timer: this.#lookAfter(name, ttlMs) });
    if (before !== 'ready') this.#tell();
  }

  forget(name: string): void {
    this.#observed.get(name)?.timer.cancel();
    if (this.#observed.delete(name)) this.#tell();
  }

  stop(): void {
    for (const { timer } of this.#observed.values()) timer.cancel();
    this.#observed.clear();
    this.#listeners.clear();
  }

  #lookAfter(name: string, ms: number): Timer {
    return this.#options.clock.after(ms, () => void this.#look(name));
  }

  async #look(name: string): Promise<void> {
    const observed = this.#observed.get(name);
    if (observed === undefined) return;
    const { isSilent, expire } = this.#options;
    const silent = await isSilent(name).catch(() => undefined);
    // Heard or forgotten in the meantime
    if (this.#observed.get(name) !== observed) return;
    const before = this.stateOf(name);
    if (silent) observed.silent += 1;
    // Who was dead stays dead until it is heard
    else if (before === 'ready') observed.silent = 0;
    else observed.silent = DEAD_AFTER_TTLS;
    if (this.stateOf(name) !== before) this.#tell();
    const deadMs = (observed.silent - DEAD_AFTER_TTLS) * observed.ttlMs;
    if (deadMs >= FORGOTTEN_AFTER_MS) await expire(name).catch(() => undefined);
    if (this.#observed.get(name) === observed) observed.timer = this.#lookAfter(name, observed.ttlMs);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
