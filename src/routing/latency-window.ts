/** How many requests there were in the last while, how many failed, and how long they took. Pure, and cheap at any rate: it counts in fixed arrays. */

/** Buckets for each doubling: a duration is told within 1.1 %. */
const PER_OCTAVE = 64;
const SHORTEST_MS = 0.1;
/** To 0.1 ms × 2^24 = 28 min; what takes longer counts as that. */
const BUCKETS = 24 * PER_OCTAVE;
/** The window moves by a twentieth of itself. */
const SLOTS = 20;

export interface WindowFigures {
  readonly requests: number;
  readonly failures: number;
  /** Undefined without a request. */
  readonly p99Ms: number | undefined;
}

export class LatencyWindow {
  readonly #slotMs: number;
  readonly #slots = Array.from({ length: SLOTS }, () => new Slot());
  readonly #sum = new Slot();
  #now: number | undefined;

  constructor(windowMs: number) {
    this.#slotMs = windowMs / SLOTS;
  }

  add(ms: number, failed: boolean, nowMs: number): void {
    const slot = this.#advance(nowMs);
    const bucket = bucketOf(ms);
    slot.add(bucket, failed);
    this.#sum.add(bucket, failed);
  }

  figures(nowMs: number): WindowFigures {
    this.#advance(nowMs);
    const { requests, failures } = this.#sum;
    return { requests, failures, p99Ms: this.#sum.p99Ms() };
  }

  /** Takes what time has left behind out of the sum; the present slot. */
  #advance(nowMs: number): Slot {
    const now = Math.floor(nowMs / this.#slotMs);
    const before = this.#now ?? now;
    for (let at = Math.max(before + 1, now - SLOTS + 1); at <= now; at++) this.#sum.remove(this.#slot(at));
    this.#now = Math.max(before, now);
    return this.#slot(this.#now);
  }

  #slot(at: number): Slot {
    const slot = this.#slots[((at % SLOTS) + SLOTS) % SLOTS];
    if (!slot) throw new Error(`no slot for ${at}`);
    return slot;
  }
}

class Slot {
  requests = 0;
  failures = 0;
  readonly #counts = new Uint32Array(BUCKETS);

  add(bucket: number, failed: boolean): void {
    this.requests++;
    if (failed) this.failures++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** Takes what another one has counted out, and empties that. */
  remove(other: Slot): void {
    if (other.requests === 0) return;
    this.requests -= other.requests;
    this.failures -= other.failures;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) - (other.#counts[bucket] ?? 0);
    }
    other.requests = 0;
    other.failures = 0;
    other.#counts.fill(0);
  }

  /** The nearest rank below: of fewer than a hundred the second slowest, so that one straggler alone decides nothing. */
  p99Ms(): number | undefined {
    if (this.requests === 0) return undefined;
    let left = Math.max(1, Math.floor(this.requests * 0.99));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return middleOf(bucket);
    }
    return middleOf(BUCKETS - 1);
  }
}

function bucketOf(ms: number): number {
  if (!(ms > SHORTEST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(ms / SHORTEST_MS) * PER_OCTAVE));
}

function middleOf(bucket: number): number {
  return SHORTEST_MS * 2 ** ((bucket + 0.5) / PER_OCTAVE);
}
