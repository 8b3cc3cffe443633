/**
 * Changes of names, told to the cache here and to the other adapters of the set.
 *
 *   begins ──▶ held here ──▶ POST to every peer in reach ──▶ (at most 250 ms) ──▶ the command is written
 *   ended  ──▶ dropped here, lifted ──▶ POST, which nobody waits for
 *
 * A peer that could not be told is told again with growing pauses, and not waited for until it has taken everything. One that is new
 * is told all that may concern it. One that has left the name service is still told for as long as it may keep an answer.
 *
 * One that never said a word may change names without this adapter hearing of it: it does not know of this one yet, or is of a time
 * when the set kept nothing. As long as the name service has one like that, nothing may be kept here.
 */
import { Backoff } from '../../lib/backoff.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Change, ChangeNotices } from './cached-checks.ts';
import { ChangeLog } from './change-log.ts';
import type { CheckCache } from './check-cache.ts';
import type { DropMessage } from './notice-format.ts';
import type { Peers } from './peers.ts';

/** Sends one message; resolves with who took it, rejects when nobody did in time. */
export type TellPeer = (url: string, message: DropMessage, timeoutMs: number) => Promise<string>;

export interface SetChangesOptions {
  cache: Pick<CheckCache<never, never>, 'hold' | 'lift' | 'clear'>;
  /** Undefined: this adapter is the only one. */
  peers: Peers | undefined;
  tell: TellPeer;
  set: string;
  /** Of this process, unlike any other's. */
  instance: string;
  /** How long a change may be under way, in milliseconds. */
  holdMs: number;
  /** How long an answer may be kept at most. */
  keepMs: number;
  clock: Clock;
  log: Log;
  random?: () => number;
}

interface Peer {
  readonly url: string;
  /** Of the log: what comes before it was told. */
  told: number;
  lastSeenMs: number;
  /** As it has said who it is; undefined: not yet. */
  instance: string | undefined;
  /** The last message arrived. */
  reached: boolean;
  sending: Promise<void> | undefined;
  readonly backoff: Backoff;
  retry: Timer | undefined;
}

const WAIT_MS = 250;
const RETRY_TIMEOUT_MS = 1_000;
const REFRESH_MS = 2_000;
const BACKOFF = { baseMs: 250, maxMs: 5_000 };
/** More than a set has in the time that an answer is kept. */
const MOST_HEARD = 20_000;

export class SetChanges implements ChangeNotices {
  readonly #options: SetChangesOptions;
  readonly #log: ChangeLog;
  readonly #peers = new Map<string, Peer>();
  /** Addresses that lead here. */
  readonly #own = new Set<string>();
  readonly #stop = new AbortController();
  readonly #firstLook = Promise.withResolvers<void>();
  /** Processes that have told this one something. */
  readonly #heard = new Set<string>();
  /** What the name service said last; undefined: nothing yet. */
  #found: readonly string[] | undefined;
  #complete: boolean;
  #changes = 0;
  #refreshing: Promise<void> | undefined;
  #trouble: string | undefined;

  constructor(options: SetChangesOptions) {
    this.#options = options;
    this.#log = new ChangeLog({ keepMs: options.keepMs });
    this.#complete = options.peers === undefined;
  }

  /** Peers that do not know of everything yet, or were never reached. */
  get behind(): number {
    let count = 0;
    for (const { instance, told } of this.#peers.values())
      if (instance === undefined || told < this.#log.end) count++;
    return count;
  }

  get peers(): string[] {
    return [...this.#peers.keys()].sort();
  }

  /** Every change is heard of here: nobody is silent. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Peers that the name service knows, and that have not said a word yet. */
  get silent(): number {
    return this.#silent().length;
  }

  /** A process has told this one something. */
  heard(from: string): void {
    if (this.#heard.has(from)) return;
    if (this.#heard.size >= MOST_HEARD) this.#heard.clear();
    this.#heard.add(from);
    this.#listen();
  }

  start(): void {
    this.#refreshing ??= this.#keepLooking();
  }

  stop(): void {
    this.#stop.abort();
    for (const { retry } of this.#peers.values()) retry?.cancel();
  }

  async begins(names: readonly string[] | 'all'): Promise<Change> {
    const { cache, clock, holdMs, instance } = this.#options;
    const id = `${instance}-${++this.#changes}`;
    if (this.#found === undefined && this.#refreshing) await this.#atMost(this.#firstLook.promise);
    const nowMs = clock.monotonicMs();
    cache.hold(id, names, nowMs + holdMs, nowMs);
    this.#log.add(id, names, nowMs + holdMs, nowMs);
    await this.#tellAll();
    return {
      ended: (certain) => {
        // An outcome that is unknown may still come true: the hold lasts until nothing can be under way
        if (!certain) return;
        cache.lift(id, names);
        this.#log.add(id, names, 0, clock.monotonicMs());
        void this.#tellAll();
      },
    };
  }

  /** Resolves when those in reach were told, or have taken too long. */
  async #tellAll(): Promise<void> {
    const waitedFor: Promise<void>[] = [];
    for (const peer of this.#peers.values()) {
      const { reached } = peer;
      this.#send(peer);
      if (reached && peer.sending) waitedFor.push(peer.sending);
    }
    if (waitedFor.length === 0) return;
    await this.#atMost(Promise.all(waitedFor));
  }

  async #atMost(work: Promise<unknown>): Promise<void> {
    const timeUp = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(WAIT_MS, timeUp.resolve);
    await Promise.race([work, timeUp.promise]);
    timer.cancel();
  }

  #silent(): string[] {
    return (this.#found ?? []).filter((url) => {
      const instance = this.#peers.get(url)?.instance;
      return !this.#own.has(url) && (instance === undefined || !this.#heard.has(instance));
    });
  }

  /** What was kept until now may have changed unheard of from now on. */
  #listen(): void {
    const complete = this.#found !== undefined && this.#silent().length === 0;
    if (complete === this.#complete || this.#options.peers === undefined) return;
    this.#complete = complete;
    if (!complete) this.#options.cache.clear();
  }

  /** Until everything is told, unless it is on the way or waits for its next try. */
  #send(peer: Peer): void {
    if (peer.sending || peer.retry || this.#stop.signal.aborted) return;
    peer.sending = this.#sendAll(peer).then(() => {
      peer.sending = undefined;
      // What came while the last answer was on its way
      if (peer.reached && this.#peers.get(peer.url) === peer && peer.told < this.#log.end) this.#send(peer);
    });
  }

  async #sendAll(peer: Peer): Promise<void> {
    const { clock, set, instance, tell } = this.#options;
    for (;;) {
      const batch = this.#log.from(peer.told, clock.monotonicMs());
      if (!batch && peer.instance !== undefined) {
        peer.told = this.#log.end;
        return;
      }
      // Nothing to tell is a message too: it shows whether the way there is open before that matters
      const { notices, next } = batch ?? { notices: [], next: peer.told };
      try {
        const message = { from: instance, set, notices: notices as DropMessage['notices'] };
        const to = await tell(peer.url, message, peer.reached ? WAIT_MS : RETRY_TIMEOUT_MS);
        if (to === instance) {
          this.#own.add(peer.url);
          this.#forget(peer);
          this.#listen();
          return;
        }
        peer.instance = to;
        peer.told = next;
        this.#reached(peer);
        this.#listen();
      } catch (error) {
        this.#missed(peer, error);
        return;
      }
    }
  }

  #reached(peer: Peer): void {
    if (!peer.reached)
      this.#options.log.info({ peer: peer.url }, 'an adapter of the set is told of changes again');
    peer.reached = true;
    peer.backoff.reset();
  }

  #missed(peer: Peer, error: unknown): void {
    const { clock, log } = this.#options;
    if (peer.reached)
      log.warn(
        { peer: peer.url, reason: messageOf(error) },
        'an adapter of the set cannot be told of a change: it is tried again',
      );
    peer.reached = false;
    if (this.#stop.signal.aborted || this.#peers.get(peer.url) !== peer) return;
    peer.retry = clock.after(peer.backoff.next(), () => {
      peer.retry = undefined;
      this.#send(peer);
    });
  }

  async #keepLooking(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#look();
      await clock.sleep(REFRESH_MS, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { peers, clock, log } = this.#options;
    let found: readonly string[];
    try {
      found = (await peers?.others()) ?? [];
      this.#trouble = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (this.#trouble !== reason)
        log.warn({ reason }, 'the other adapters of the set cannot be looked for');
      this.#trouble = reason;
      return;
    }
    if (this.#stop.signal.aborted) return;
    const nowMs = clock.monotonicMs();
    for (const url of found) this.#seen(url, nowMs);
    for (const url of this.#own) if (!found.includes(url)) this.#own.delete(url);
    for (const peer of this.#peers.values())
      if (nowMs - peer.lastSeenMs > this.#options.keepMs) this.#forget(peer);
    this.#firstLook.resolve();
    // Who is new has mostly said a word before it was found; only its name is missing
    await this.#atMost(Promise.all(found.map((url) => this.#peers.get(url)?.sending)));
    this.#found = found;
    this.#listen();
  }

  #seen(url: string, nowMs: number): void {
    if (this.#own.has(url)) return;
    const known = this.#peers.get(url);
    if (known) {
      known.lastSeenMs = nowMs;
      return;
    }
    const { random } = this.#options;
    const backoff = new Backoff({ ...BACKOFF, ...(random ? { random } : {}) });
    // As if it had been reached: it has just said that it is ready
    const peer = {
      url,
      told: this.#log.start,
      lastSeenMs: nowMs,
      instance: undefined,
      reached: true,
      sending: undefined,
      backoff,
      retry: undefined,
    };
    this.#peers.set(url, peer);
    this.#send(peer);
  }

  #forget(peer: Peer): void {
    peer.retry?.cancel();
    if (this.#peers.get(peer.url) === peer) this.#peers.delete(peer.url);
  }
}
