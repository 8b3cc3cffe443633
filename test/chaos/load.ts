/** Bounded load: so many callers, each with one request at a time, so that the registries' latency sets the rate (tens a second in all). */
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Cast } from './cast.ts';

/** A pod that is gone or frozen answers nothing; its caller turns to another one. */
const TIMEOUT_MS = 4_000;
/** What a caller waits after anything but an answer. */
const PAUSE_MS = 250;
const FRESH_CONNECTION_SHARE = 0.5;

export interface LoadFigures {
  answered: number;
  /** Refused, timed out, broken. */
  failed: number;
}

export interface Lane {
  set: Cast;
  tld: string;
  callers: number;
  /** Of the set's door. */
  url: string;
  headers: Readonly<Record<string, string>>;
}

export class Load {
  readonly #agent: Agent;
  readonly #abort = new AbortController();
  readonly #runs: Promise<void>[] = [];
  readonly #figures = new Map<string, LoadFigures>();
  readonly #run = Math.random().toString(36).slice(2, 8);

  constructor(lanes: readonly Lane[]) {
    const callers = lanes.reduce((sum, lane) => sum + lane.callers, 0);
    this.#agent = new Agent({
      connections: callers,
      pipelining: 1,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      connectTimeout: TIMEOUT_MS,
    });
    for (const lane of lanes) {
      for (let caller = 0; caller < lane.callers; caller++) this.#runs.push(this.#call(lane, caller));
    }
  }

  /** By set. */
  figures(): Record<string, LoadFigures> {
    return Object.fromEntries([...this.#figures].map(([set, figures]) => [set, { ...figures }]));
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#agent.destroy();
    await Promise.all(this.#runs);
  }

  async #call(lane: Lane, caller: number): Promise<void> {
    const { signal } = this.#abort;
    const figures = this.#of(lane.set.name);
    for (let round = 0; !signal.aborted; round++) {
      const ok = await this.#ask(lane, `c${this.#run}-${caller}-${round}.${lane.tld}`);
      if (signal.aborted) return;
      if (ok) figures.answered++;
      else {
        figures.failed++;
        await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Core registers, query checks. */
  async #ask({ set, url, tld, headers }: Lane, name: string): Promise<boolean> {
    const create = { name, period: { value: 1, unit: 'y' }, authInfo: { pw: 'chaos-only-1' } };
    const [command, body] = set.class === 'core' ? ['create', create] : ['check', { names: [name] }];
    try {
      const { statusCode, body: answer } = await request(`${url}/${tld}/${command}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        dispatcher: this.#agent,
        // A Service picks a pod for each connection.
        reset: Math.random() < FRESH_CONNECTION_SHARE,
      });
      await answer.dump();
      return statusCode >= 200 && statusCode < 300;
    } catch {
      return false;
    }
  }

  #of(set: string): LoadFigures {
    const known = this.#figures.get(set) ?? { answered: 0, failed: 0 };
    this.#figures.set(set, known);
    return known;
  }
}
