import { setTimeout as delay } from 'node:timers/promises';
import { Caller, type CoreCommand, type CoreResult, carryOut, expiryOf, type Verdict } from './business.ts';
import { percentile } from './latencies.ts';

export interface CoreFigures {
  sent: number;
  succeeded: number;
  retried: number;
  reconciled: number;
  p50Ms: number;
  p99Ms: number;
}

interface Domain {
  name: string;
  tld: string;
  /** RFC 5731 `exDate`. */
  expires: string;
}

/** Registrations and renewals at a steady rate, whatever the answers: what customers buy does not wait for our queue. */
export class CoreLoad {
  private readonly caller: Caller;
  private readonly results: CoreResult[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly renewable: Domain[] = [];
  private sent = 0;
  private stopped = false;
  readonly failures = new Map<string, number>();
  private readonly options: {
    /** Base URL of the set that serves registrations. */
    url: string;
    headers: Readonly<Record<string, string>>;
    /** Commands a second, by TLD. */
    rates: Record<string, number>;
    /** How long a customer waits for one registration. */
    patienceMs: number;
    /** Keeps names of several loads apart. */
    label: string;
  };

  constructor(options: CoreLoad['options']) {
    this.options = options;
    this.caller = new Caller(64, options.headers);
  }

  start(): void {
    for (const [tld, perSecond] of Object.entries(this.options.rates)) void this.pace(tld, 1_000 / perSecond);
  }

  /** No new commands; waits for those under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
    await this.caller.close();
  }

  figures(): CoreFigures {
    const times = this.results.map((result) => result.ms);
    return {
      sent: this.sent,
      succeeded: this.results.filter((result) => result.ok).length,
      retried: this.results.filter((result) => result.retries > 0).length,
      reconciled: this.results.filter((result) => result.reconciled).length,
      p50Ms: Math.round(percentile(times, 0.5)),
      p99Ms: Math.round(percentile(times, 0.99)),
    };
  }

  private async pace(tld: string, everyMs: number): Promise<void> {
    let next = performance.now();
    while (!this.stopped) {
      const run = this.one(tld).finally(() => this.running.delete(run));
      this.running.add(run);
      next += everyMs;
      await delay(Math.max(0, next - performance.now()));
    }
  }

  /** Every fourth command renews a domain that was registered before. */
  private async one(tld: string): Promise<void> {
    const number = this.sent++;
    const old = number % 4 === 3 ? this.take(tld) : undefined;
    const name =
      old?.name ?? `${this.options.label}-${number}-${Math.random().toString(36).slice(2, 8)}.${tld}`;
    const command = old ? this.renew(old) : this.create(name, tld);
    const result = await carryOut(this.caller, command, this.options.patienceMs);
    this.results.push(result);
    if (!result.ok) this.failures.set(result.why, (this.failures.get(result.why) ?? 0) + 1);
    else if (!old && result.expires) this.renewable.push({ name, tld, expires: result.expires });
  }

  private take(tld: string): Domain | undefined {
    const at = this.renewable.findIndex((domain) => domain.tld === tld);
    return at < 0 ? undefined : this.renewable.splice(at, 1)[0];
  }

  private create(name: string, tld: string): CoreCommand {
    const body = { name, period: { value: 1, unit: 'y' }, authInfo: { pw: 'demo-only-1' } };
    return {
      url: `${this.options.url}/${tld}/create`,
      body,
      wasDone: () => this.lookUp(name, tld, undefined),
    };
  }

  private renew({ name, tld, expires }: Domain): CoreCommand {
    const body = { name, curExpDate: expires.slice(0, 10), period: { value: 1, unit: 'y' } };
    return { url: `${this.options.url}/${tld}/renew`, body, wasDone: () => this.lookUp(name, tld, expires) };
  }

  /** Was it done? A created domain is there; a renewed one expires later than before. */
  private async lookUp(name: string, tld: string, before: string | undefined): Promise<Verdict> {
    const answer = await this.caller.post(`${this.options.url}/${tld}/info`, { name });
    const expires = expiryOf(answer);
    if (answer.code === 1000) return { done: expires !== before, ...(expires ? { expires } : {}) };
    return { done: answer.code === 2303 ? false : undefined };
  }
}

/** A flood of availability checks: many clients, each asking again as soon as it was answered. */
export class Flood {
  private readonly caller: Caller;
  private readonly abort = new AbortController();
  private runs: Promise<void>[] = [];
  answered = 0;
  refused = 0;
  private readonly options: {
    url: string;
    headers: Readonly<Record<string, string>>;
    tlds: readonly string[];
    clients: number;
  };

  constructor(options: Flood['options']) {
    this.options = options;
    this.caller = new Caller(options.clients, options.headers);
  }

  start(): void {
    const { clients, tlds } = this.options;
    this.runs = Array.from({ length: clients }, (_, index) =>
      this.client(tlds[index % tlds.length] ?? 'com', index),
    );
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.caller.close();
    await Promise.all(this.runs);
  }

  private async client(tld: string, index: number): Promise<void> {
    const { signal } = this.abort;
    for (let round = 0; !signal.aborted; round++) {
      const answer = await this.caller.post(`${this.options.url}/${tld}/check`, {
        names: [`flood-${index}-${round}.${tld}`],
      });
      if (signal.aborted) return;
      if (answer.status === 200) this.answered++;
      else {
        this.refused++;
        await delay(Math.max(answer.retryAfterMs, 200), undefined, { signal }).catch(() => {});
      }
    }
  }
}
