import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantity, quantityMicros } from '../../../src/api/schema/quantity.ts';

describe('quantity', () => {
  it('makes a text of a number', () => {
    expect(quantity().parse(2)).toBe('2');
    expect(quantity().parse('500m')).toBe('500m');
  });

  it.each<[string, bigint]>([
    ['1', 1_000_000n],
    ['1000m', 1_000_000n],
    ['0.5', 500_000n],
    ['1.5Gi', 1_610_612_736_000_000n],
    ['0.001Ki', 1_024_000n],
    ['1k', 1_000_000_000n],
    ['1Mi', 1_048_576_000_000n],
  ])('%s is %d millionths', (text, micros) => {
    expect(quantityMicros(text)).toBe(micros);
  });

  it.each(['', '-1', '1.', '.5', '1e3', '1Kb', '1 Gi', '1n', '1.2345', 'Gi', '1\n'])('%j is none', (text) => {
    expect(quantity().safeParse(text).success).toBe(false);
    expect(quantityMicros(text)).toBeUndefined();
  });

  it('grows with its number', () => {
    const unit = fc.constantFrom('', 'm', 'k', 'Mi', 'Gi', 'T');
    fc.assert(
      fc.property(fc.nat(), fc.nat(), unit, (a, b, suffix) => {
        const [left, right] = [a, b].map((amount) => quantityMicros(`${amount}${suffix}`) ?? -1n) as [
          bigint,
          bigint,
        ];
        expect(left < right).toBe(a < b);
      }),
    );
  });
});
