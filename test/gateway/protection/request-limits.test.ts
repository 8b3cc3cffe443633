import fc from 'fast-check';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GatewayFileInput } from '../../../src/api/files/gateway-file.ts';
import type { Admission } from '../../../src/gateway/parts.ts';
import { protectionMetrics } from '../../../src/gateway/protection/metrics.ts';
import { CallerLimits } from '../../../src/gateway/protection/request-limits.ts';
import { policyOf } from './fixtures.ts';

describe('CallerLimits', () => {
  let registry: Registry;

  beforeEach(() => {
    registry = new Registry();
  });

  function limitsOf(limits: GatewayFileInput['limits'], idleCallers?: number): CallerLimits {
    return new CallerLimits({
      policy: policyOf({ limits }),
      metrics: protectionMetrics(registry),
      ...(idleCallers === undefined ? {} : { idleCallers }),
    });
  }

  it('admits everybody without limits, and remembers nobody', () => {
    const limits = limitsOf(undefined);
    const admitted = Array.from({ length: 1_000 }, (_, n) => limits.admit(`caller-${n}`, 'core', 0));
    expect(limits.callers).toBe(1_000);
    for (const one of admitted) release(one);
    expect(limits.callers).toBe(0);
  });

  it('refuses what is over the rate of a caller, says when to come again, and is of each caller alone', () => {
    const limits = limitsOf({ perCaller: { requestsPerSecond: 0.5, burst: 2 } });
    release(limits.admit('a', 'core', 0));
    release(limits.admit('a', 'query', 0));
    const refusal = limits.admit('a', 'core', 0);
    expect(refusal).toEqual({ ok: false, scope: 'caller', limit: 'rate', retryAfterSeconds: 2 });
    expect(limits.admit('a', 'core', 1_500)).toMatchObject({ retryAfterSeconds: 1 });
    expect(limits.admit('b', 'core', 0).ok).toBe(true);
    expect(limits.admit('a', 'core', 2_000).ok).toBe(true);
  });

  it('has as many at once as the rate by default, and one at least', () => {
    const limits = limitsOf({
      perCaller: { requestsPerSecond: 0.2 },
      businesses: { query: { requestsPerSecond: 3.7 } },
    });
    expect(limits.admit('a', 'core', 0).ok).toBe(true);
    expect(limits.admit('a', 'core', 0)).toMatchObject({ scope: 'caller', retryAfterSeconds: 5 });
    for (const caller of ['b', 'c', 'd']) expect(limits.admit(caller, 'query', 0).ok).toBe(true);
    expect(limits.admit('e', 'query', 0)).toMatchObject({ scope: 'business', limit: 'rate' });
  });

  it('refuses what is over the requests in flight until one is released, once', () => {
    const limits = limitsOf({ perCaller: { concurrent: 2 }, businesses: { core: { concurrent: 3 } } });
    const first = limits.admit('a', 'core', 0);
    limits.admit('a', 'core', 0);
    const crowded = { ok: false, limit: 'concurrency', retryAfterSeconds: 1 };
    expect(limits.admit('a', 'core', 0)).toEqual({ ...crowded, scope: 'caller' });
    expect(limits.admit('b', 'core', 0).ok).toBe(true);
    expect(limits.admit('c', 'core', 0)).toEqual({ ...crowded, scope: 'business' });
    expect(limits.admit('c', 'query', 0).ok).toBe(true);
    release(first);
    release(first);
    expect(limits.admit('c', 'core', 0).ok).toBe(true);
    expect(limits.admit('d', 'core', 0)).toMatchObject({ scope: 'business' });
  });

  it('takes nothing from a caller whose business has had enough', () => {
    const limits = limitsOf({
      perCaller: { requestsPerSecond: 1, burst: 1 },
      businesses: { core: { requestsPerSecond: 0.001, burst: 1 } },
    });
    expect(limits.admit('a', 'core', 0).ok).toBe(true);
    for (let n = 0; n < 10; n++) {
      expect(limits.admit('b', 'core', 0)).toEqual({
        ok: false,
        scope: 'business',
        limit: 'rate',
        retryAfterSeconds: 1_000,
      });
    }
    expect(limits.admit('b', 'query', 0).ok).toBe(true);
    expect(limits.admit('b', 'query', 0)).toMatchObject({ scope: 'caller' });
  });

  it('takes nothing from a business whose caller has had enough', () => {
    const limits = limitsOf({
      perCaller: { requestsPerSecond: 0.001, burst: 1 },
      businesses: { core: { requestsPerSecond: 0.001, burst: 2 } },
    });
    for (let n = 0; n < 10; n++) limits.admit('a', 'core', 0);
    expect(limits.admit('b', 'core', 0).ok).toBe(true);
    expect(limits.admit('c', 'core', 0)).toMatchObject({ scope: 'business' });
  });

  it('remembers a bounded number of idle callers, those that came last, and all that have requests in flight', () => {
    const limits = limitsOf({ perCaller: { requestsPerSecond: 0.001, burst: 1 } }, 3);
    const busy = Array.from({ length: 5 }, (_, n) => limits.admit(`busy-${n}`, 'core', 0));
    for (let n = 0; n < 10; n++) release(limits.admit(`idle-${n}`, 'core', 0));
    expect(limits.callers).toBe(5 + 3);
    for (let n = 0; n < 5; n++) expect(limits.admit(`busy-${n}`, 'core', 0).ok).toBe(false);
    expect(limits.admit('idle-9', 'core', 0).ok).toBe(false);
    expect(limits.admit('idle-0', 'core', 0).ok).toBe(true);
    for (const one of busy) release(one);
  });

  it('takes changed limits over at once and keeps what is in flight', () => {
    const limits = limitsOf(undefined);
    const before = [limits.admit('a', 'core', 0), limits.admit('a', 'core', 0)];
    limits.take(policyOf({ limits: { perCaller: { concurrent: 2 } } }));
    expect(limits.admit('a', 'core', 0)).toMatchObject({ scope: 'caller', limit: 'concurrency' });
    limits.take(policyOf({ limits: { businesses: { core: { concurrent: 2 } } } }));
    expect(limits.admit('b', 'core', 0)).toMatchObject({ scope: 'business', limit: 'concurrency' });
    for (const one of before) release(one);
    expect(limits.admit('b', 'core', 0).ok).toBe(true);
  });

  it('does not give a new burst to who has used up his when a policy comes that leaves the rate as it is', () => {
    const rate = { requestsPerSecond: 0.001, burst: 1 };
    const limits = limitsOf({ perCaller: rate });
    limits.admit('a', 'core', 0);
    limits.take(policyOf({ limits: { perCaller: { ...rate, concurrent: 10 } } }));
    expect(limits.admit('a', 'core', 0)).toMatchObject({ limit: 'rate' });
    limits.take(policyOf({ limits: { perCaller: { ...rate, burst: 2 } } }));
    expect(limits.admit('a', 'core', 0).ok).toBe(true);
  });

  it('counts by scope, limit and business, and never by caller', async () => {
    const limits = limitsOf({
      perCaller: { concurrent: 1 },
      businesses: { query: { requestsPerSecond: 1 } },
    });
    limits.admit('someone', 'core', 0);
    limits.admit('someone', 'core', 0);
    limits.admit('b', 'query', 0);
    limits.admit('c', 'query', 0);
    const text = await registry.getSingleMetricAsString('epp_limited_total');
    expect(text).toContain('epp_limited_total{scope="caller",limit="concurrency",business="core"} 1');
    expect(text).toContain('epp_limited_total{scope="business",limit="rate",business="query"} 1');
    expect(text).not.toContain('someone');
  });

  it('never has more in flight than its limits, whatever comes', () => {
    const step = fc.record({
      caller: fc.nat(3),
      business: fc.nat(1),
      release: fc.boolean(),
      waitMs: fc.nat(400),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const limits = new CallerLimits({
          policy: policyOf({
            limits: {
              perCaller: { requestsPerSecond: 10, concurrent: 2 },
              businesses: { core: { concurrent: 3 } },
            },
          }),
          metrics: { limited: () => {} },
          idleCallers: 2,
        });
        const inFlight: { caller: string; business: string; admission: Admission }[] = [];
        let nowMs = 0;
        for (const { caller: n, business: b, release: ends, waitMs } of steps) {
          nowMs += waitMs;
          if (ends) {
            release(inFlight.shift()?.admission);
            continue;
          }
          const [caller, business] = [`caller-${n}`, b === 0 ? 'core' : 'query'];
          const admission = limits.admit(caller, business, nowMs);
          if (admission.ok) inFlight.push({ caller, business, admission });
          expect(inFlight.filter((one) => one.caller === caller).length).toBeLessThanOrEqual(2);
          expect(inFlight.filter((one) => one.business === 'core').length).toBeLessThanOrEqual(3);
        }
        for (const { admission } of inFlight) release(admission);
        expect(limits.callers).toBeLessThanOrEqual(2);
      }),
    );
  });
});

function release(admission: Admission | undefined): void {
  if (admission?.ok) admission.release();
}
