import { setTimeout as delay } from 'node:timers/promises';

/** Calls `check` until it neither throws nor returns false, and returns its value; fails with its last error when time is out. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number; what?: string } = {},
): Promise<T> {
  const { timeoutMs = 30_000, everyMs = 20, what = 'condition' } = options;
  const end = performance.now() + timeoutMs;
  let last: unknown = new Error('returned false');
  for (;;) {
    try {
      const value = await check();
      if (value !== false) return value;
      last = new Error('returned false');
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
    await delay(everyMs);
  }
}
