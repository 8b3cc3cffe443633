/**
 * One open page: server-sent events (WHATWG HTML, section 9.2) on a response.
 *
 *   event: hand-overs   those of the last minutes at first, then each new one; `reset` says that what was sent before counts no more
 *   event: overview     the whole, when something in it is new
 *   :                   a comment each 15 s, so that both ends notice a dead connection
 *
 * Nothing is queued for a slow page: while its connection is full nothing is written, and then the newest alone.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Access, Sight } from './access.ts';
import { sightKey } from './access.ts';
import type { LiveOverview } from './live-overview.ts';

export const HEARTBEAT_MS = 15_000;
/** Heartbeats that a full connection may miss before it is cut. */
const MAX_MISSED = 4;

export interface OverviewStreamOptions {
  response: ServerResponse;
  live: LiveOverview;
  clock: Clock;
  access: Access;
  authorization: string | undefined;
  sight: Sight;
}

export class OverviewStream {
  readonly #options: OverviewStreamOptions;
  readonly #unsubscribe: () => void;
  #sight: Sight;
  #heartbeat: Timer | undefined;
  #missed = 0;
  #sentContent: string | undefined;
  #sentCount: number | undefined;
  #open = true;

  /** @param onEnd called once, whoever ended it */
  constructor(options: OverviewStreamOptions, onEnd: () => void) {
    const { response, live } = options;
    this.#options = options;
    this.#sight = options.sight;
    this.#unsubscribe = live.subscribe(() => this.#send());
    response.on('drain', () => this.#send());
    // Closed by the other end, or by a fault that is told here first.
    response.on('error', () => {});
    response.on('close', () => {
      this.#open = false;
      this.#unsubscribe();
      this.#heartbeat?.cancel();
      onEnd();
    });
    response.write(': welcome\n\n');
    this.#send();
    this.#beatSoon();
  }

  end(): void {
    this.#options.response.end();
  }

  #send(): void {
    const { response, live } = this.#options;
    if (!this.#open || response.writableEnded || response.writableNeedDrain) return;
    const overview = live.textFor(this.#sight);
    if (overview === undefined) return;
    const reset = this.#sentCount === undefined;
    const handOvers = live.handOvers(this.#sight, this.#sentCount);
    this.#sentCount = live.handOverCount;
    let frames = '';
    if (reset || handOvers.length > 0) frames += frame('hand-overs', JSON.stringify({ reset, handOvers }));
    if (overview.content !== this.#sentContent) frames += frame('overview', overview.text);
    this.#sentContent = overview.content;
    if (frames !== '') response.write(frames);
  }

  #beatSoon(): void {
    this.#heartbeat = this.#options.clock.after(HEARTBEAT_MS, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const { response, access, authorization, live } = this.#options;
    this.#missed = response.writableNeedDrain ? this.#missed + 1 : 0;
    if (this.#missed >= MAX_MISSED) {
      response.destroy();
      return;
    }
    // A token ends, and rights are taken away, while a page is open.
    const verdict = await access.verdict(authorization, live.namespaces());
    if (!this.#open) return;
    if ('refused' in verdict) {
      response.end();
      return;
    }
    if (sightKey(verdict.sight) !== sightKey(this.#sight)) {
      this.#sight = verdict.sight;
      this.#sentCount = undefined;
    }
    if (!response.writableNeedDrain) response.write(':\n\n');
    this.#send();
    this.#beatSoon();
  }
}

/** JSON has no line breaks outside of its strings, and escapes them inside. */
const frame = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;
