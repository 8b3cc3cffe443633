import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duration, durationMs, formatDuration } from '../../../src/api/v1alpha1/duration.ts';

const ms = fc.integer({ min: 0, max: 1_000_000 * 3_600_000 - 1 });

describe('a duration', () => {
  it('survives formatting and reading', () => {
    fc.assert(
      fc.property(ms, (amount) => {
        const text = formatDuration(amount);
        expect(durationMs(text)).toBe(amount);
        expect(duration({ atMost: '999999h' }).safeParse(text).success).toBe(amount <= 999_999 * 3_600_000);
      }),
    );
  });

  it('is formatted in its shortest form', () => {
    expect([0, 1, 999, 1000, 90_000, 3_600_000, 5_430_250].map(formatDuration)).toEqual([
      '0s',
      '1ms',
      '999ms',
      '1s',
      '1m30s',
      '1h',
      '1h30m30s250ms',
    ]);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_000 * 3_600_000])(
    'has no form for %d ms',
    (amount) => {
      expect(() => formatDuration(amount)).toThrow(RangeError);
    },
  );

  it.each<[string, number | undefined]>([
    ['5s', 5_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['90s', 90_000],
    ['0s', 0],
    ['007s', 7_000],
    ['', undefined],
    ['5', undefined],
    ['5 s', undefined],
    ['1.5h', undefined],
    ['-1s', undefined],
    ['1d', undefined],
    ['1us', undefined],
    ['1s1m', undefined],
    ['1s\n', undefined],
    ['9999999h', undefined],
  ])('%j is %s ms', (text, amount) => {
    expect(durationMs(text)).toBe(amount);
  });

  it('keeps to its bounds, both included', () => {
    const schema = duration({ atLeast: '1s', atMost: '1m' });
    const verdicts = ['999ms', '1s', '60s', '1m', '1m1ms'].map((text) => schema.safeParse(text).success);
    expect(verdicts).toEqual([false, true, true, true, false]);
  });

  it('reads any text without a throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9hms]{0,12}$/)), (text) => {
        const amount = durationMs(text);
        expect(amount === undefined || Number.isSafeInteger(amount)).toBe(true);
      }),
    );
  });
});
