import type { Registry } from 'prom-client';
import { backoffMs } from '../lib/backoff.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { type QueueMetrics, queueMetrics } from './metrics.ts';

export interface WorkQueueOptions {
  /** The label `name` of its metrics. */
  name: string;
  clock: Clock;
  metrics?: Registry;
  /** Waits of `addRateLimited`: the first, doubled at each failure of the key, up to the last. Default 10 ms and 60 s. */
  backoff?: { baseMs: number; maxMs: number };
}

/**
 * Keys that wait for work, with the guarantees of client-go's queue: a key waits once however often it is added; it is never
 * in work twice at once; and added while in work, it comes again afterwards. So nothing is lost and nothing races with itself.
 *
 *   addAfter ──▶ delayed ── due ──┐
 *   addRateLimited ──▶ (back-off) ┤
 *                                 ▼
 *   add ────────────────────▶ waiting ──take──▶ working ──done──▶ (gone)
 *                                 ▲                │
 *                                 │   added again meanwhile
 *                                 └──done── again ◀┘
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics | undefined;
  readonly #backoff: { baseMs: number; maxMs: number; jitter: number };
  /** In order of arrival, with the time of it. */
  readonly #waiting = new Map<string, number>();
  /** Keys in work, with the time that it began. */
  readonly #working = new Map<string, number>();
  /** Keys in work that were added again, with the time of it. */
  readonly #again = new Map<string, number>();
  readonly #delayed = new Map<string, { dueMs: number; timer: Timer }>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #isShutDown = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#backoff = { baseMs: 10, maxMs: 60_000, ...options.backoff, jitter: 0 };
    this.#metrics = options.metrics && queueMetrics(options.metrics, options.name, this.#gauges());
  }

  /** Keys that wait to be taken. Those in work or delayed do not count. */
  get length(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#isShutDown) return;
    const now = this.#clock.monotonicMs();
    const queue = this.#working.has(key) ? this.#again : this.#waiting;
    if (queue.has(key)) return;
    this.#metrics?.added();
    queue.set(key, now);
    if (queue === this.#waiting) this.#hand();
  }

  /** Adds the key in `ms` milliseconds. Of several delays the one that ends first counts. */
  addAfter(key: string, ms: number): void {
    if (this.#isShutDown) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.monotonicMs() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.dueMs <= dueMs) return;
    earlier?.timer.cancel();
    const timer = this.#clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** Adds the key after its back-off, and at the earliest after `atLeastMs`. Each call doubles the next wait until `forget`. */
  addRateLimited(key: string, atLeastMs = 0): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#metrics?.retried();
    this.addAfter(key, Math.max(atLeastMs, backoffMs(failures, this.#backoff)));
  }

  /** The key succeeded: its next back-off starts anew. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key was given to `addRateLimited` since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key; the caller owes a `done` for it. Undefined when the queue is shut down: what waited then is dropped. */
  take(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#takers.push(resolve);
    this.#hand();
    return promise;
  }

  /** The work on a taken key has ended. */
  done(key: string): void {
    const began = this.#working.get(key);
    if (began === undefined) throw new Error(`work queue: ${key} is not in work`);
    this.#metrics?.worked(this.#secondsSince(began));
    this.#working.delete(key);
    const added = this.#again.get(key);
    if (added === undefined) return;
    this.#again.delete(key);
    this.#waiting.set(key, added);
    this.#hand();
  }

  /** Takes nothing more in and gives nothing more out. Work under way may still end with `done`. */
  shutDown(): void {
    this.#isShutDown = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    for (const resolve of this.#takers.splice(0)) resolve(undefined);
  }

  #hand(): void {
    for (const [key, added] of this.#waiting) {
      const taker = this.#takers.shift();
      if (taker === undefined) return;
      this.#waiting.delete(key);
      this.#working.set(key, this.#clock.monotonicMs());
      this.#metrics?.waited(this.#secondsSince(added));
      taker(key);
    }
  }

  #secondsSince(ms: number): number {
    return (this.#clock.monotonicMs() - ms) / 1000;
  }

  #gauges() {
    const running = () => [...this.#working.values()].map((began) => this.#secondsSince(began));
    return {
      depth: () => this.#waiting.size,
      unfinishedSeconds: () => running().reduce((sum, seconds) => sum + seconds, 0),
      longestRunningSeconds: () => Math.max(0, ...running()),
    };
  }
}
