const STEPS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
];

/** How long ago, as kubectl says it: one unit, rounded down from twice as much, e.g. `95s`, `3m`, `5h`, `2d`. */
export function age(since: string | undefined, at: string): string {
  const seconds = Math.max(0, Math.floor((Date.parse(at) - Date.parse(since ?? '')) / 1_000));
  if (Number.isNaN(seconds)) return '?';
  const step = STEPS.find(([length]) => seconds >= 2 * length);
  return step === undefined ? `${seconds}s` : `${Math.floor(seconds / step[0])}${step[1]}`;
}
