import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatewayFileInput } from '../../../src/api/files/gateway-file.ts';
import { PathChoice } from '../../../src/gateway/migration/path-choice.ts';
import { policyOf } from '../protection/fixtures.ts';

const LEGACY = { url: 'http://old.example/' };
const NOBODY = { business: 'core', headers: {}, requestId: 'request-1' };

function choice(rollout: GatewayFileInput['rollout']): PathChoice {
  return new PathChoice(policyOf({ rollout: { legacy: LEGACY, ...rollout } }).rollout);
}

describe('PathChoice', () => {
  const customers = Array.from({ length: 20_000 }, (_, n) => `uin-${1_000_000 + n}`);

  function onSets(percent: number): Set<string> {
    const of = choice({ percent, key: 'uin' });
    const path = (uin: string) => of.of({ ...NOBODY, headers: { 'x-epp-factor-uin': uin } }, 'com');
    return new Set(customers.filter((uin) => path(uin) === 'sets'));
  }

  it('keeps to the share from 0 over 1, 10 and 50 to 100 percent and back, and nobody flips back on the way up', () => {
    let before = new Set<string>();
    for (const percent of [0, 1, 10, 50, 100]) {
      const now = onSets(percent);
      expect(Math.abs((now.size / customers.length) * 100 - percent)).toBeLessThan(1);
      expect([...before].filter((uin) => !now.has(uin))).toEqual([]);
      before = now;
    }
    expect(before.size).toBe(customers.length);
    expect(onSets(0).size).toBe(0);
  });

  it('never takes a key back while the percentage rises', () => {
    const percent = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.string(), percent, percent, (requestId, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const request = { ...NOBODY, requestId };
        const [before, after] = [low, high].map((share) => choice({ percent: share }).of(request, 'com'));
        expect(before === 'sets' && after === 'legacy').toBe(false);
      }),
    );
  });

  it('decides by the routing factor, by the request id without a key or without the factor', () => {
    const byFactor = choice({ percent: 50, key: 'uin' });
    const byRequest = choice({ percent: 50 });
    for (const key of customers.slice(0, 200)) {
      const expected = byRequest.of({ ...NOBODY, requestId: key }, 'com');
      const withFactor = { ...NOBODY, headers: { 'x-epp-factor-uin': key } };
      expect(byFactor.of(withFactor, 'com')).toBe(expected);
      expect(byFactor.of({ ...NOBODY, requestId: key }, 'com')).toBe(expected);
      expect(byFactor.of({ ...NOBODY, headers: { 'x-epp-factor-uin': '' }, requestId: key }, 'com')).toBe(
        expected,
      );
      expect(byRequest.of({ ...withFactor, requestId: 'request-1' }, 'com')).toBe(
        byRequest.of(NOBODY, 'com'),
      );
    }
  });

  it.each([
    ['core', 'com', 'sets'],
    ['core', 'xn--fiqs8s', 'legacy'],
    ['query', 'xn--fiqs8s', 'legacy'],
    ['query', 'com', 'legacy'],
    ['query', 'net', 'sets'],
    ['core', 'net', 'sets'],
  ])('takes the first override that fits: %s of %s goes to %s', (business, tld, expected) => {
    const of = choice({
      percent: 100,
      overrides: [
        { tld: '中国', percent: 0 },
        { business: 'query', tld: 'com', percent: 0 },
        { business: 'query', percent: 100 },
        { tld: 'com', percent: 100 },
        { business: 'query', tld: 'net', percent: 0 },
      ],
    });
    expect(of.of({ ...NOBODY, business }, tld)).toBe(expected);
  });
});
