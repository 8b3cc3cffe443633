/** What all open pages show: the overview as it is now, at most so often, and the hand-overs of the last minutes. */
import type { Clock, Timer } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { handOvers } from '../overview/hand-overs.ts';
import type { HandOver, Overview } from '../overview/overview.ts';
import { type Sight, sightKey } from './access.ts';

/** Where overviews come from. */
export interface OverviewSource {
  /** False: what there is has not been read yet. */
  hasSynced(): boolean;
  overview(): Overview;
  /** Returns what takes the listener away. */
  onChange(listener: () => void): () => void;
}

export interface LiveOverviewOptions {
  source: OverviewSource;
  clock: Clock;
  log: Log;
}

/** A hand-over with its place in the order of all. */
export interface NumberedHandOver {
  number: number;
  handOver: HandOver;
}

/** JSON of an overview: `content` without the time, to tell whether anything is new. */
export interface OverviewText {
  text: string;
  content: string;
}

const GAP_MS = 250;
/** While no page is open, for the hand-overs alone. */
const IDLE_GAP_MS = 1_000;
/** Of a large cluster's overview a page gets no more than this. */
const MAX_BYTES_PER_MS = 1_000;
const KEEP_MS = 600_000;
const MAX_KEPT = 500;

export class LiveOverview {
  readonly #source: OverviewSource;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<() => void>();
  readonly #stopListening: () => void;
  #timer: Timer | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #overview: Overview | undefined;
  #texts = new Map<string, OverviewText>();
  #largest = 0;
  #kept: (NumberedHandOver & { ms: number })[] = [];
  #count = 0;
  #closed = false;

  constructor({ source, clock, log }: LiveOverviewOptions) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
    this.#stopListening = source.onChange(() => this.#lookSoon());
    this.#lookSoon();
  }

  /** How many hand-overs there have been: the number of the last. */
  get handOverCount(): number {
    return this.#count;
  }

  /** Names of those there is something of. */
  namespaces(): string[] {
    const { accounts = [], sets = [], gateways = [] } = this.#overview ?? {};
    return [...new Set([...accounts, ...sets, ...gateways].map(({ namespace }) => namespace))];
  }

  /** Undefined until everything was read. */
  textFor(sight: Sight): OverviewText | undefined {
    if (this.#overview === undefined) return undefined;
    const key = sightKey(sight);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const { at, ...rest } = seen(this.#overview, sight);
    const content = JSON.stringify(rest);
    const text = { content, text: `{"at":${JSON.stringify(at)},${content.slice(1)}` };
    this.#texts.set(key, text);
    this.#largest = Math.max(this.#largest, content.length);
    return text;
  }

  /** Those of the last ten minutes, oldest first. @param after the number of the last one that is known already */
  handOvers(sight: Sight, after = 0): HandOver[] {
    this.#forget();
    return this.#kept
      .filter(({ number, handOver }) => number > after && isSeen(handOver.namespace, sight))
      .map(({ handOver }) => handOver);
  }

  /** Calls `listener` whenever there may be something new. Returns what takes it away. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#stopListening();
    this.#timer?.cancel();
  }

  #lookSoon(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const gap = this.#listeners.size === 0 ? IDLE_GAP_MS : Math.max(GAP_MS, this.#largest / MAX_BYTES_PER_MS);
    const wait = Math.max(0, this.#lookedMs + gap - this.#clock.monotonicMs());
    this.#timer = this.#clock.after(wait, () => {
      this.#timer = undefined;
      this.#look();
    });
  }

  #look(): void {
    this.#lookedMs = this.#clock.monotonicMs();
    // An empty list comes in without a change that could be told.
    if (!this.#source.hasSynced()) {
      this.#lookSoon();
      return;
    }
    try {
      const before = this.#overview;
      this.#overview = this.#source.overview();
      this.#texts.clear();
      this.#largest = 0;
      if (before !== undefined) this.#keep(handOvers(before, this.#overview));
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, 'no overview of the objects could be made');
      return;
    }
    for (const listener of this.#listeners) listener();
  }

  #keep(added: readonly HandOver[]): void {
    for (const handOver of added) {
      this.#count += 1;
      this.#kept.push({ number: this.#count, handOver, ms: this.#lookedMs });
    }
    this.#forget();
  }

  #forget(): void {
    const oldest = this.#clock.monotonicMs() - KEEP_MS;
    this.#kept = this.#kept.filter(({ ms }) => ms > oldest).slice(-MAX_KEPT);
  }
}

const isSeen = (namespace: string, sight: Sight): boolean => sight === 'all' || sight.has(namespace);

function seen(overview: Overview, sight: Sight): Overview {
  if (sight === 'all') return overview;
  const { at, accounts, sets, gateways } = overview;
  const those = <T extends { namespace: string }>(all: readonly T[]) =>
    all.filter(({ namespace }) => isSeen(namespace, sight));
  return { at, accounts: those(accounts), sets: those(sets), gateways: those(gateways) };
}
