/** What the gateway sees of instances itself, besides their readiness: who fails again and again is ejected for a while. Pure. */

export interface EjectionPolicy {
  /** Failures in a row that eject. */
  readonly consecutiveFailures: number;
  /** In milliseconds, times the ejections in a row. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Of the ready instances of a set, at once. 0: none ever. */
  readonly maxPercent: number;
}

export interface WatchedInstance {
  readonly id: string;
  readonly set: string | undefined;
  readonly state: 'ready' | 'draining' | 'dead';
}

interface Record {
  readonly set: string | undefined;
  failures: number;
  /** In a row; decides how long the next one lasts. */
  ejections: number;
  /** Until when it is ejected; in the past: since when it is back. */
  untilMs: number;
  ejected: boolean;
  /** Back from an ejection, and nothing has succeeded yet. */
  onProbation: boolean;
}

/** Of an unreachable one: to try costs nothing that was sent, and what kept the gateway itself from connecting may be over at once. */
const UNREACHABLE_BASE_MS = 1_000;

/**
 * An instance that nothing is wrong with costs one look into a map. As Envoy does, no more than `maxPercent` of a set is ejected at once,
 * counted with the one to be ejected; unlike Envoy's default, one of a set of two or more may always go, since 20 % of three is none.
 * The only instance of a set stays: better a failing answer than none.
 *
 * `unreachable` (no connection could be made) is certain, and no matter of share: a set whose pods have all been killed is ejected whole,
 * so that its requests move on. It lasts a second times the ejections in a row, and one more such failure is enough for the next.
 */
export class Health {
  #policy: EjectionPolicy;
  readonly #records = new Map<string, Record>();
  #sets = new Map<string, string | undefined>();
  #sizes = new Map<string | undefined, number>();

  constructor(policy: EjectionPolicy) {
    this.#policy = policy;
  }

  /** Counts from the next failure on: what is ejected stays so for its time. */
  take(policy: EjectionPolicy): void {
    this.#policy = policy;
  }

  /**
   * Each new list. Whoever is not ready any more is forgotten: once it is ready again, that is newer than what was seen of it.
   */
  track(instances: readonly WatchedInstance[]): void {
    this.#sets = new Map();
    this.#sizes = new Map();
    for (const { id, set, state } of instances) {
      if (state !== 'ready') continue;
      this.#sets.set(id, set);
      this.#sizes.set(set, (this.#sizes.get(set) ?? 0) + 1);
    }
    for (const id of this.#records.keys()) if (!this.#sets.has(id)) this.#records.delete(id);
  }

  /** Ends its row of failures, and its row of ejections once it has been back for one `baseMs`. */
  succeeded(id: string, nowMs: number): void {
    const record = this.#records.get(id);
    // the answer to a request from before its ejection says nothing new
    if (!record || record.ejected) return;
    record.failures = 0;
    record.onProbation = false;
    if (nowMs - record.untilMs >= this.#policy.baseMs) this.#records.delete(id);
  }

  /** True: it has just been ejected. @param unreachable no connection could be made */
  failed(id: string, nowMs: number, unreachable = false): boolean {
    if (!this.#sets.has(id)) return false;
    const record = this.#recordOf(id);
    if (record.ejected) return false;
    record.failures++;
    const { consecutiveFailures, baseMs, maxMs, maxPercent } = this.#policy;
    if (maxPercent === 0) return false;
    if (record.failures < consecutiveFailures && !(unreachable && record.onProbation)) return false;
    if (!unreachable && !this.#mayEject(record.set)) return false;
    record.failures = 0;
    record.ejections++;
    record.ejected = true;
    const base = unreachable ? Math.min(baseMs, UNREACHABLE_BASE_MS) : baseMs;
    record.untilMs = nowMs + Math.min(maxMs, base * record.ejections);
    return true;
  }

  isEjected(id: string): boolean {
    return this.#records.get(id)?.ejected ?? false;
  }

  /** Takes those back whose time is over; their ids. To be called at `nextReturnMs`. */
  release(nowMs: number): string[] {
    const back: string[] = [];
    for (const [id, record] of this.#records) {
      if (!record.ejected || record.untilMs > nowMs) continue;
      record.ejected = false;
      record.onProbation = true;
      back.push(id);
    }
    return back;
  }

  /** When the next ejection is over; undefined without one. */
  get nextReturnMs(): number | undefined {
    let next: number | undefined;
    for (const { ejected, untilMs } of this.#records.values()) {
      if (ejected && (next === undefined || untilMs < next)) next = untilMs;
    }
    return next;
  }

  #recordOf(id: string): Record {
    const known = this.#records.get(id);
    if (known) return known;
    const record = {
      set: this.#sets.get(id),
      failures: 0,
      ejections: 0,
      untilMs: Number.NEGATIVE_INFINITY,
      ejected: false,
      onProbation: false,
    };
    this.#records.set(id, record);
    return record;
  }

  #mayEject(set: string | undefined): boolean {
    const { maxPercent } = this.#policy;
    const size = this.#sizes.get(set) ?? 0;
    let ejected = 0;
    for (const record of this.#records.values()) if (record.ejected && record.set === set) ejected++;
    if (ejected === 0 && size > 1) return true;
    return 100 * (ejected + 1) <= maxPercent * size;
  }
}
