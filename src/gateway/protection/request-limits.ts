/**
 * How many requests a caller, and a business, may make: by rate and at once. Both are counted by this process alone.
 *
 *   admit ──▶ caller at once ──▶ business at once ──▶ caller's rate ──▶ business' rate ──▶ in flight ──▶ release
 *
 * A refusal takes nothing from anybody. Callers are kept while they have requests in flight; of the idle ones those that came last.
 */
import { LRUCache } from 'lru-cache';
import type { GatewayPolicy } from '../../api/files/gateway-file.ts';
import { TokenBucket } from '../../routing/token-bucket.ts';
import type { Admission, RequestLimits } from '../parts.ts';
import type { ProtectionMetrics } from './metrics.ts';

export interface CallerLimitsOptions {
  policy: GatewayPolicy;
  metrics: Pick<ProtectionMetrics, 'limited'>;
  /** Callers without a request in flight whose rate is remembered; one that is forgotten begins anew. Default 10,000. */
  idleCallers?: number;
}

type Limit = NonNullable<GatewayPolicy['limits']['perCaller']>;
type Refused = Extract<Admission, { ok: false }>;

const IDLE_CALLERS = 10_000;
const UNLIMITED: Limit = {};

export class CallerLimits implements RequestLimits {
  readonly #metrics: CallerLimitsOptions['metrics'];
  /** Callers with requests in flight: as many as there are requests at most. */
  readonly #busy = new Map<string, Gate>();
  readonly #idle: LRUCache<string, Gate>;
  readonly #businesses = new Map<string, Gate>();
  #limits: GatewayPolicy['limits'];

  constructor({ policy, metrics, idleCallers = IDLE_CALLERS }: CallerLimitsOptions) {
    this.#metrics = metrics;
    this.#idle = new LRUCache({ max: idleCallers });
    this.#limits = policy.limits;
  }

  /** Callers that are known now. */
  get callers(): number {
    return this.#busy.size + this.#idle.size;
  }

  /** What is in flight stays so. A gate takes its limit over with the next request. */
  take({ limits, businesses }: GatewayPolicy): void {
    this.#limits = limits;
    if (limits.perCaller?.requestsPerSecond === undefined) this.#idle.clear();
    for (const [name, gate] of this.#businesses) {
      if (gate.idle && !businesses.some((business) => business.name === name)) this.#businesses.delete(name);
    }
  }

  admit(caller: string, business: string, nowMs: number): Admission {
    const { perCaller = UNLIMITED, businesses } = this.#limits;
    const busy = this.#busy.get(caller);
    const ofCaller = busy ?? this.#idle.get(caller) ?? new Gate();
    let ofBusiness = this.#businesses.get(business);
    if (!ofBusiness) {
      ofBusiness = new Gate();
      this.#businesses.set(business, ofBusiness);
    }
    ofCaller.take(perCaller, nowMs);
    ofBusiness.take(businesses[business] ?? UNLIMITED, nowMs);
    const refusal = this.#refusal(ofCaller, ofBusiness, nowMs);
    if (refusal) {
      if (ofCaller.idle) this.#rest(caller, ofCaller);
      this.#metrics.limited({ scope: refusal.scope, limit: refusal.limit, business });
      return refusal;
    }
    if (!busy) {
      this.#idle.delete(caller);
      this.#busy.set(caller, ofCaller);
    }
    ofCaller.enter();
    ofBusiness.enter();
    let inFlight = true;
    const release = () => {
      if (!inFlight) return;
      inFlight = false;
      ofBusiness.leave();
      ofCaller.leave();
      if (!ofCaller.idle) return;
      this.#busy.delete(caller);
      this.#rest(caller, ofCaller);
    };
    return { ok: true, release };
  }

  #refusal(caller: Gate, business: Gate, nowMs: number): Refused | undefined {
    const crowded = caller.crowded ? 'caller' : business.crowded ? 'business' : undefined;
    if (crowded) return { ok: false, scope: crowded, limit: 'concurrency', retryAfterSeconds: 1 };
    const callerWaits = caller.draw(nowMs);
    if (callerWaits) return { ok: false, scope: 'caller', ...callerWaits };
    const businessWaits = business.draw(nowMs);
    if (!businessWaits) return undefined;
    caller.giveBack();
    return { ok: false, scope: 'business', ...businessWaits };
  }

  /** Without a rate there is nothing to remember of a caller. */
  #rest(caller: string, gate: Gate): void {
    if (this.#limits.perCaller?.requestsPerSecond !== undefined) this.#idle.set(caller, gate);
    else this.#idle.delete(caller);
  }
}

/** Of one caller, or of one business. */
class Gate {
  #limit = UNLIMITED;
  #bucket: TokenBucket | undefined;
  #inFlight = 0;

  get idle(): boolean {
    return this.#inFlight === 0;
  }

  get crowded(): boolean {
    return this.#limit.concurrent !== undefined && this.#inFlight >= this.#limit.concurrent;
  }

  /** Objects of the policy: the same one is the same limit. */
  take(limit: Limit, nowMs: number): void {
    if (limit === this.#limit) return;
    const { requestsPerSecond: rate, burst } = this.#limit;
    this.#limit = limit;
    if (rate === limit.requestsPerSecond && burst === limit.burst) return;
    this.#bucket = bucketOf(limit, nowMs);
  }

  enter(): void {
    this.#inFlight++;
  }

  leave(): void {
    this.#inFlight--;
  }

  /** Takes from the rate, or says why not. */
  draw(nowMs: number): Pick<Refused, 'limit' | 'retryAfterSeconds'> | undefined {
    if (!this.#bucket || this.#bucket.take(nowMs)) return undefined;
    return {
      limit: 'rate',
      retryAfterSeconds: Math.max(1, Math.ceil(this.#bucket.waitMs(nowMs) / 1_000)),
    };
  }

  /** What was drawn last. */
  giveBack(): void {
    this.#bucket?.giveBack();
  }
}

function bucketOf({ requestsPerSecond, burst }: Limit, nowMs: number): TokenBucket | undefined {
  if (requestsPerSecond === undefined) return undefined;
  const atOnce = burst ?? Math.max(1, Math.floor(requestsPerSecond));
  return new TokenBucket({ perSecond: requestsPerSecond, burst: atOnce }, nowMs);
}
