/**
 * Answers of availability checks that may be given again while the business that is watched is short of connections. Pure: its time is
 * given to it.
 *
 * What was asked before a change of a name, and answered after it, is about the name as it was. So a change is remembered, and answers to
 * what was asked before are not kept:
 *
 *   check     ask ───────────────────── answer: not kept
 *   create            forget ─ … ─ forget
 *   check                                     ask ─── answer: kept
 */
import { LRUCache } from 'lru-cache';
import type { GatewayPolicy } from '../../api/files/gateway-file.ts';
import { durationMs } from '../../api/v1alpha1/duration.ts';
import { canonicalName, isBelow } from '../../routing/domain-name.ts';
import type { StaleChecks } from '../parts.ts';
import type { GatewayAnswer, GatewayRequest } from '../request.ts';
import { type Checked, type CheckResponse, changedName, checkedNames, readAnswer } from './check-bodies.ts';
import type { ProtectionMetrics } from './metrics.ts';

export interface KeptChecksOptions {
  policy: GatewayPolicy;
  metrics: Pick<ProtectionMetrics, 'staleAnswer'>;
  /** Most names, of all accounts together. Default 50,000. */
  maxNames?: number;
}

interface Kept {
  readonly checked: Checked;
  /** What else belongs to the answer: result, transaction ids. */
  readonly response: CheckResponse;
  readonly atMs: number;
}

const MAX_NAMES = 50_000;
const AGE = /^\d{1,9}$/;

export class KeptChecks implements StaleChecks {
  readonly #metrics: KeptChecksOptions['metrics'];
  /** By name, then by account. */
  readonly #kept: LRUCache<string, Map<string, Kept>>;
  /** When a name was last changed through this gateway. */
  readonly #changed: LRUCache<string, number>;
  /** As if every name had changed then. */
  #allChangedMs = Number.NEGATIVE_INFINITY;
  /** Undefined: nothing is kept. */
  #maxAgeMs: number | undefined;

  constructor({ policy, metrics, maxNames = MAX_NAMES }: KeptChecksOptions) {
    this.#metrics = metrics;
    this.#kept = new LRUCache({ max: maxNames });
    this.#changed = new LRUCache({
      max: maxNames,
      dispose: (atMs, _name, reason) => {
        // nobody knows any more which names those were
        if (reason === 'evict') this.#allChangedMs = Math.max(this.#allChangedMs, atMs);
      },
    });
    this.take(policy);
  }

  /** Names of which something is kept. */
  get size(): number {
    return this.#kept.size;
  }

  take({ degradation }: GatewayPolicy): void {
    const { staleChecksFor } = degradation ?? {};
    this.#maxAgeMs = staleChecksFor === undefined ? undefined : durationMs(staleChecksFor);
    // changes are not heard of from now on, so that nothing kept before may be given later
    if (this.#maxAgeMs === undefined) this.#kept.clear();
  }

  keep(request: GatewayRequest, account: string, answer: GatewayAnswer, nowMs: number): void {
    if (this.#maxAgeMs === undefined || answer.status !== 200 || !checkedNames(request)) return;
    const read = readAnswer(answer.body);
    if (!read) return;
    const atMs = nowMs - ageMs(answer);
    for (const checked of read.cd) {
      const name = canonicalName(checked.name);
      if (name === undefined || this.#changedSince(name, Math.min(atMs, request.startMs))) continue;
      const byAccount = this.#kept.get(name) ?? new Map<string, Kept>();
      byAccount.set(account, { checked, response: read.response, atMs });
      this.#kept.set(name, byAccount);
    }
  }

  find(request: GatewayRequest, account: string, nowMs: number): GatewayAnswer | undefined {
    const maxAgeMs = this.#maxAgeMs;
    const names = maxAgeMs === undefined ? undefined : checkedNames(request);
    const tld = canonicalName(request.tld);
    if (maxAgeMs === undefined || !names || tld === undefined) return undefined;
    const found: Kept[] = [];
    for (const written of names) {
      const name = canonicalName(written);
      // an adapter would refuse what does not stand below the TLD: so does it now
      const kept = name !== undefined && isBelow(name, tld) ? this.#kept.get(name)?.get(account) : undefined;
      if (!kept || nowMs - kept.atMs > maxAgeMs) return undefined;
      found.push({ ...kept, checked: { ...kept.checked, name: written } });
    }
    this.#metrics.staleAnswer(request.business);
    return answerOf(found, account, nowMs);
  }

  forget(request: GatewayRequest, nowMs: number): void {
    if (this.#maxAgeMs === undefined) return;
    const changed = changedName(request);
    if (changed === undefined) return;
    const name = changed === 'any' ? undefined : canonicalName(changed);
    if (name === undefined) {
      this.#kept.clear();
      this.#allChangedMs = nowMs;
      return;
    }
    this.#kept.delete(name);
    this.#changed.set(name, nowMs);
  }

  #changedSince(name: string, askedMs: number): boolean {
    return this.#allChangedMs >= askedMs || (this.#changed.get(name) ?? Number.NEGATIVE_INFINITY) >= askedMs;
  }
}

/** An adapter may have kept the answer for a while itself. */
function ageMs({ headers: { age } }: GatewayAnswer): number {
  return typeof age === 'string' && AGE.test(age) ? Number(age) * 1_000 : 0;
}

/** As the adapter would give it: the transaction ids are those of the oldest answer, as with checks that an adapter keeps. */
function answerOf(found: readonly Kept[], account: string, nowMs: number): GatewayAnswer | undefined {
  const oldest = found.reduce<Kept | undefined>((a, b) => (a && a.atMs <= b.atMs ? a : b), undefined);
  if (!oldest) return undefined;
  const body = { ...oldest.response, data: { cd: found.map(({ checked }) => checked) } };
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-epp-outcome': 'done',
      'x-epp-account': account,
      'x-epp-stale': 'true',
      age: String(Math.floor((nowMs - oldest.atMs) / 1_000)),
    },
    body: Buffer.from(JSON.stringify(body)),
  };
}
