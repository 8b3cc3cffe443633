/** Steady requests through a gateway, and what each of them came to. */
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';

export interface Answered {
  /** When it was sent and how long it took, on the monotonic clock, in milliseconds. */
  atMs: number;
  ms: number;
  /** 0: the connection to the gateway broke. */
  status: number;
  outcome: string;
  /** `set` and `level` of x-epp-served-by. */
  set: string;
  level: string;
  path: string;
  body: string;
}

/** One client with connections of its own. */
export class Client {
  readonly #agent: Agent;
  readonly #url: string;

  constructor(url: string, connections = 64) {
    this.#url = url;
    this.#agent = new Agent({ connections, headersTimeout: 60_000, bodyTimeout: 60_000 });
  }

  async post(path: string, body: object, headers: Record<string, string> = {}): Promise<Answered> {
    const atMs = performance.now();
    try {
      const answer = await request(this.#url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        dispatcher: this.#agent,
      });
      const text = await answer.body.text();
      const header = (name: string) => String(answer.headers[name] ?? '');
      const servedBy = new Map(
        header('x-epp-served-by')
          .split(';')
          .map((part) => part.trim().split('=', 2) as [string, string]),
      );
      return {
        atMs,
        ms: performance.now() - atMs,
        status: answer.statusCode,
        outcome: header('x-epp-outcome'),
        set: servedBy.get('set') ?? '',
        level: servedBy.get('level') ?? '',
        path: header('x-epp-path'),
        body: text,
      };
    } catch (error) {
      const ms = performance.now() - atMs;
      return { atMs, ms, status: 0, outcome: '', set: '', level: '', path: '', body: String(error) };
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

export interface Lane {
  path: string;
  body(number: number): object;
  perSecond: number;
}

/** Each lane at its rate, whatever the answers. */
export class Load<L extends string> {
  readonly answers: Record<L, Answered[]>;
  readonly #client: Client;
  readonly #running = new Set<Promise<void>>();
  readonly #lanes: Promise<void>[];
  #stopped = false;

  constructor(url: string, lanes: Record<L, Lane>) {
    // As many as are waiting: a full connection would hide a flood from the gateway.
    this.#client = new Client(url, 4_096);
    const names = Object.keys(lanes) as L[];
    this.answers = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<L, Answered[]>;
    this.#lanes = names.map((name) => this.#pace(lanes[name], this.answers[name]));
  }

  /** No new requests; waits for those under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lanes);
    await Promise.all(this.#running);
    await this.#client.close();
  }

  async #pace({ path, body, perSecond }: Lane, answers: Answered[]): Promise<void> {
    let next = performance.now();
    for (let number = 0; !this.#stopped; number++) {
      const one: Promise<void> = this.#client
        .post(path, body(number))
        .then((answer) => void answers.push(answer))
        .finally(() => this.#running.delete(one));
      this.#running.add(one);
      next += 1_000 / perSecond;
      await delay(Math.max(0, next - performance.now()));
    }
  }
}
