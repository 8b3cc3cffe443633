/** Keeps a stream of overviews open. By `fetch`: an EventSource cannot send a token. */
import type { HandOver, Overview } from '../../overview/overview.ts';
import { eventReader, type ServerEvent } from './events.ts';

export type State =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** By this page's clock. */
  | { kind: 'reconnecting'; sinceMs: number };

export interface Listener {
  onState(state: State): void;
  onOverview(overview: Overview): void;
  /** @param reset what was told before counts no more */
  onHandOvers(handOvers: readonly HandOver[], reset: boolean): void;
  /** Milliseconds that the server's clock is ahead of this one. */
  onOffset(ms: number): void;
  /** The stream has ended for good: the server wants another token (401), or lets this one see nothing (403). */
  onRefused(status: number): void;
}

/** The server sends a comment each 15 s. */
const SILENCE_MS = 40_000;
const RETRY_MS = { first: 500, longest: 10_000 };

export class LiveStream {
  readonly #listener: Listener;
  readonly #token: string | undefined;
  #attempt = new AbortController();
  #failures = 0;
  #state: State = { kind: 'connecting' };
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(listener: Listener, token: string | undefined) {
    this.#listener = listener;
    this.#token = token;
    listener.onState(this.#state);
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#attempt.abort();
  }

  /** Tries again at once, if it waits to: the network is back, or somebody looks again. */
  hurry(): void {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    void this.#connect();
  }

  async #connect(): Promise<void> {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    const headers: Record<string, string> =
      this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    try {
      const response = await fetch('api/stream', { headers, signal, cache: 'no-store' });
      if (response.status === 401 || response.status === 403) {
        this.stop();
        this.#listener.onRefused(response.status);
        return;
      }
      if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
      const date = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(date)) this.#listener.onOffset(date - Date.now());
      await this.#read(response.body);
    } catch {
      // told by the state, whatever it was
    }
    if (!this.#stopped) this.#again();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .getReader();
    const events = eventReader();
    let silence: ReturnType<typeof setTimeout> | undefined;
    try {
      for (;;) {
        clearTimeout(silence);
        silence = setTimeout(() => this.#attempt.abort(), SILENCE_MS);
        const { done, value } = await reader.read();
        if (done) return;
        this.#isLive();
        for (const event of events(value)) this.#take(event);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  #take({ name, data }: ServerEvent): void {
    if (name === 'overview') this.#listener.onOverview(JSON.parse(data) as Overview);
    if (name !== 'hand-overs') return;
    const { reset, handOvers } = JSON.parse(data) as { reset: boolean; handOvers: HandOver[] };
    this.#listener.onHandOvers(handOvers, reset);
  }

  #isLive(): void {
    if (this.#state.kind === 'live') return;
    this.#failures = 0;
    this.#be({ kind: 'live' });
  }

  #again(): void {
    if (this.#state.kind !== 'reconnecting') this.#be({ kind: 'reconnecting', sinceMs: Date.now() });
    const wait = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        void this.#connect();
      },
      wait * (0.5 + Math.random() / 2),
    );
  }

  #be(state: State): void {
    this.#state = state;
    this.#listener.onState(state);
  }
}
