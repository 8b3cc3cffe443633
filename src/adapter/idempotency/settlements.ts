/**
 * Tells the store how requests ended. A store that is away must hold up neither an answer nor its own return: what it was not told is
 * told again in the background, until it took it, the key would be forgotten anyway, or there is no room for more.
 */
import { Backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { type Claim, REMEMBER_MS, type Settled } from './record.ts';
import type { IdempotencyStore } from './store.ts';

export interface SettlementsOptions {
  store: IdempotencyStore;
  clock: Clock;
  log: Log;
  /** How long `tell` waits for the store, in milliseconds. Default 500. */
  patienceMs?: number;
  /** Most that are kept to be told again. Default 10,000. */
  limit?: number;
  backoff?: { baseMs: number; maxMs: number };
}

/** What became of a claim; `free`: nothing was sent. */
export type End = Settled | 'free';

interface Untold {
  id: string;
  claim: Claim;
  end: End;
  sinceMs: number;
}

const PATIENCE_MS = 500;
const LIMIT = 10_000;
const AT_ONCE = 32;
const BACKOFF = { baseMs: 250, maxMs: 10_000 };

export class Settlements {
  readonly #options: SettlementsOptions;
  readonly #backoff: Backoff;
  /** By token, the oldest first. */
  readonly #untold = new Map<string, Untold>();
  /** Under way for the first time. */
  readonly #first = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #retrying: Promise<void> | undefined;

  constructor(options: SettlementsOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff ?? BACKOFF);
  }

  /** How many the store was not told of yet. */
  get untold(): number {
    return this.#untold.size;
  }

  /** Resolves when the store was told, or when waiting for it has taken long enough. Never rejects. */
  async tell(id: string, claim: Claim, end: End): Promise<void> {
    const { clock, patienceMs = PATIENCE_MS } = this.#options;
    const telling = this.#tellOrKeep({ id, claim, end, sinceMs: clock.monotonicMs() });
    this.#first.add(telling);
    void telling.then(() => this.#first.delete(telling));
    await this.#within(telling, patienceMs);
  }

  /** Tries everything once more, for as long as it is given. Never rejects. */
  async close(options: { timeoutMs: number }): Promise<void> {
    this.#stop.abort();
    const rest = async () => {
      await Promise.all(this.#first);
      await this.#retrying;
      await this.#tellAll();
    };
    await this.#within(rest(), options.timeoutMs);
    if (this.#untold.size === 0) return;
    this.#options.log.error(
      { count: this.#untold.size },
      'the store of idempotency keys does not know how some requests ended: their keys count as unknown',
    );
  }

  async #within(work: Promise<void>, ms: number): Promise<void> {
    const timeUp = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(ms, timeUp.resolve);
    await Promise.race([work, timeUp.promise]);
    timer.cancel();
  }

  async #tellOrKeep(untold: Untold): Promise<void> {
    try {
      await this.#tell(untold);
    } catch (error) {
      this.#options.log.warn(
        { clTRID: untold.claim.clTRID, reason: messageOf(error) },
        'the store of idempotency keys could not be told how a request ended; it is told again',
      );
      this.#keep(untold);
    }
  }

  async #tell({ id, claim, end }: Untold): Promise<void> {
    const { store } = this.#options;
    if (end === 'free') await store.release(id, claim);
    else await store.settle(id, claim, end);
  }

  #keep(untold: Untold): void {
    this.#untold.set(untold.claim.token, untold);
    for (const [token, { claim }] of this.#untold) {
      if (this.#untold.size <= (this.#options.limit ?? LIMIT)) break;
      this.#untold.delete(token);
      this.#options.log.error(
        { clTRID: claim.clTRID },
        'no room to remember how a request ended: its key counts as unknown',
      );
    }
    this.#retrying ??= this.#retry();
  }

  async #retry(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    this.#backoff.reset();
    while (this.#untold.size > 0 && !signal.aborted) {
      await clock.sleep(this.#backoff.next(), signal).catch(() => undefined);
      if (!signal.aborted) await this.#tellAll();
    }
    this.#retrying = undefined;
  }

  /** Stops at the first that fails: the others would too. */
  async #tellAll(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    for (let some = this.#next(); some.length > 0; some = this.#next()) {
      const told = await Promise.allSettled(
        some.map(async (untold) => {
          if (nowMs - untold.sinceMs < REMEMBER_MS) await this.#tell(untold);
          this.#untold.delete(untold.claim.token);
        }),
      );
      if (told.some(({ status }) => status === 'rejected')) return;
    }
  }

  #next(): Untold[] {
    const some: Untold[] = [];
    for (const untold of this.#untold.values()) {
      if (some.push(untold) === AT_ONCE) break;
    }
    return some;
  }
}
