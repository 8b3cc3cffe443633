import { z } from 'zod';

/** A Go duration of hours, minutes, seconds and milliseconds, largest first: `1h30m`, `5s`, `250ms`. */
export const DURATION_PATTERN = '^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$';

export const duration = () => z.string().min(2).max(32).regex(new RegExp(DURATION_PATTERN));

const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** Milliseconds of a duration that the schema let through; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  if (text.length === 0 || !new RegExp(DURATION_PATTERN).test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) {
    total += Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return total;
}
