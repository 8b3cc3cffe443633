import { z } from 'zod';
import { celString, rule } from '../schema/rule.ts';

/**
 * A Go duration of hours, minutes, seconds and milliseconds, largest first: `1h30m`, `5s`, `250ms`. The digits are bounded, so
 * that the sum stays within Go's 292 years.
 */
export const DURATION_PATTERN = '^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$';
const DURATION = new RegExp(DURATION_PATTERN);

const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** A duration within bounds, which are durations themselves. */
export const duration = ({
  atLeast = '0s',
  atMost = '8760h',
}: {
  atLeast?: string;
  atMost?: string;
} = {}) => {
  const least = boundMs(atLeast);
  const most = boundMs(atMost);
  return rule(z.string().min(2).max(32), {
    cel: `self.matches(${celString(DURATION_PATTERN)}) && duration(self) >= duration('${atLeast}') && duration(self) <= duration('${atMost}')`,
    holds: (text) => {
      const ms = durationMs(text);
      return ms !== undefined && ms >= least && ms <= most;
    },
    message: `must be a duration such as 5s, 1m30s or 250ms, from ${atLeast} to ${atMost}`,
  });
};

function boundMs(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new Error(`${text} is not a duration`);
  return ms;
}

/** Milliseconds of a duration that the schema let through; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  if (text.length === 0 || !DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) {
    total += Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return total;
}

/** The shortest duration of as many milliseconds: `90_000` is `1m30s`. Takes whole numbers from 0 to a million hours. */
export function formatDuration(ms: number): string {
  if (!Number.isInteger(ms) || ms < 0 || ms >= 1_000_000 * UNIT_MS.h) {
    throw new RangeError(`${ms} is not a whole number of milliseconds from 0 to a million hours`);
  }
  let text = '';
  let left = ms;
  for (const [unit, size] of Object.entries(UNIT_MS)) {
    const amount = Math.floor(left / size);
    if (amount > 0) text += `${amount}${unit}`;
    left -= amount * size;
  }
  return text === '' ? '0s' : text;
}
