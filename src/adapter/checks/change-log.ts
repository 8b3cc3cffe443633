/**
 * What the other adapters of a set are told, in the order in which it happened. Each of them is told from where it was told last, a new
 * one from the beginning. What is older than the longest that an answer is kept concerns nobody any more. Pure.
 */

/** As it goes from adapter to adapter. */
export interface ChangeNotice {
  /** The change, the same at its begin and its end. */
  id: string;
  names: readonly string[] | 'all';
  /** For how long the names are held from now on, in milliseconds; 0: the change is over. */
  holdMs: number;
}

interface Entry {
  id: string;
  names: readonly string[] | 'all';
  atMs: number;
  untilMs: number;
}

export interface Batch {
  notices: ChangeNotice[];
  /** Where the next batch begins. */
  next: number;
}

export interface ChangeLogOptions {
  /** How long an answer may be kept at most, in milliseconds. */
  keepMs: number;
  /** Most entries. Default 50,000. */
  limit?: number;
  /** Most notices in a batch. Default 200. */
  batch?: number;
}

const LIMIT = 50_000;
const BATCH = 200;

export class ChangeLog {
  readonly #options: ChangeLogOptions;
  #entries: Entry[] = [];
  /** Of the first entry. */
  #start = 0;
  /** Entries before it were put away for lack of room. */
  #lostBefore = 0;
  #lostAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ChangeLogOptions) {
    this.#options = options;
  }

  /** Where what happens next will stand. */
  get end(): number {
    return this.#start + this.#entries.length;
  }

  get start(): number {
    return this.#start;
  }

  add(id: string, names: readonly string[] | 'all', untilMs: number, nowMs: number): void {
    this.#entries.push({ id, names, untilMs, atMs: nowMs });
    const { limit = LIMIT } = this.#options;
    // by quarters: an array's front is dear to cut
    if (this.#entries.length > limit * 1.25) {
      const cut = this.#entries.length - limit;
      this.#lostAtMs = this.#entries[cut - 1]?.atMs ?? nowMs;
      this.#cut(cut);
      this.#lostBefore = this.#start;
    }
  }

  /** Undefined where there is nothing to tell from there on. */
  from(position: number, nowMs: number): Batch | undefined {
    this.#forget(nowMs);
    const lost = position < this.#lostBefore && nowMs - this.#lostAtMs < this.#options.keepMs;
    const at = Math.max(0, position - this.#start);
    const entries = this.#entries.slice(at, at + (this.#options.batch ?? BATCH));
    const notices = entries.map(({ id, names, untilMs }) => ({
      id,
      names,
      holdMs: Math.max(0, Math.ceil(untilMs - nowMs)),
    }));
    if (lost) notices.unshift({ id: 'lost', names: 'all', holdMs: 0 });
    return notices.length === 0 ? undefined : { notices, next: this.#start + at + entries.length };
  }

  #forget(nowMs: number): void {
    const { keepMs } = this.#options;
    let old = 0;
    // A hold that still lasts concerns who has nothing kept, too
    for (const { atMs, untilMs } of this.#entries) {
      if (nowMs < Math.max(atMs + keepMs, untilMs)) break;
      old++;
    }
    if (old > 0) this.#cut(old);
  }

  #cut(count: number): void {
    this.#entries = this.#entries.slice(count);
    this.#start += count;
  }
}
