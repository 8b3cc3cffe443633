import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import {
  type Claim,
  type ClaimResult,
  claim,
  type KeyRecord,
  live,
  release,
  type Settled,
  settle,
} from './record.ts';
import { type IdempotencyStore, StoreUnavailable } from './store.ts';

export interface MemoryStoreOptions {
  clock: Clock;
  log: Log;
  /** Most keys at once. Default 50,000. */
  maxKeys?: number;
  /** Most that their answers may take together, in characters. Default 64 Mi. */
  maxAnswers?: number;
}

type Shelf = 'running' | 'unknown' | 'done';

const DEFAULT_MAX_KEYS = 50_000;
const DEFAULT_MAX_ANSWERS = 64 * 1024 * 1024;
const WARN_EVERY_MS = 60_000;

/**
 * The keys of one process: another pod, or the same one after a restart, does not know them.
 *
 * When there is no room, the key that was asked for least recently goes: first of those that are done, then of those that are
 * unknown. One that is running never goes: then a new one is refused.
 */
export class MemoryStore implements IdempotencyStore {
  readonly #options: MemoryStoreOptions;
  readonly #maxKeys: number;
  readonly #maxAnswers: number;
  /** Each in the order of use: a Map remembers the order of insertion. */
  readonly #shelves: Readonly<Record<Shelf, Map<string, KeyRecord>>> = {
    running: new Map(),
    unknown: new Map(),
    done: new Map(),
  };
  #answers = 0;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.#maxKeys = options.maxKeys ?? DEFAULT_MAX_KEYS;
    this.#maxAnswers = options.maxAnswers ?? DEFAULT_MAX_ANSWERS;
  }

  get size(): number {
    const { running, unknown, done } = this.#shelves;
    return running.size + unknown.size + done.size;
  }

  async claim(id: string, wanted: Claim): Promise<ClaimResult> {
    const nowMs = this.#nowMs();
    const before = live(this.#take(id), nowMs);
    if (!before) this.#makeRoom(nowMs);
    const { record, result } = claim(before, wanted, nowMs);
    this.#put(id, record);
    return result;
  }

  async settle(id: string, own: Claim, settled: Settled): Promise<void> {
    this.#put(id, settle(this.#take(id), own, settled, this.#nowMs()));
  }

  async release(id: string, own: Claim): Promise<void> {
    this.#put(id, release(this.#take(id), own.token, this.#nowMs()));
  }

  async close(): Promise<void> {}

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #take(id: string): KeyRecord | undefined {
    for (const shelf of Object.values(this.#shelves)) {
      const record = shelf.get(id);
      if (record) return this.#drop(shelf, id, record);
    }
    return undefined;
  }

  #drop(shelf: Map<string, KeyRecord>, id: string, record: KeyRecord): KeyRecord {
    shelf.delete(id);
    this.#answers -= record.settled?.answer.length ?? 0;
    return record;
  }

  #put(id: string, record: KeyRecord | undefined): void {
    if (!record) return;
    this.#shelves[record.settled?.verdict ?? 'running'].set(id, record);
    this.#answers += record.settled?.answer.length ?? 0;
  }

  #makeRoom(nowMs: number): void {
    while (this.size >= this.#maxKeys || this.#answers > this.#maxAnswers) {
      if (this.#forgetOne(nowMs)) continue;
      throw new StoreUnavailable(`${this.#maxKeys} requests with an idempotency key are running already`);
    }
  }

  #forgetOne(nowMs: number): boolean {
    for (const shelf of [this.#shelves.done, this.#shelves.unknown]) {
      for (const [id, record] of shelf) {
        this.#drop(shelf, id, record);
        if (live(record, nowMs)) this.#warn(nowMs);
        return true;
      }
    }
    return false;
  }

  #warn(nowMs: number): void {
    if (nowMs - this.#warnedAtMs < WARN_EVERY_MS) return;
    this.#warnedAtMs = nowMs;
    this.#options.log.warn(
      { keys: this.#maxKeys },
      'idempotency keys are forgotten before their 24 hours are over: there is no room for more in memory; idempotency.store valkey has',
    );
  }
}
