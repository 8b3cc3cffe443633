import type { Clock, Timer } from '../lib/clock.ts';

/** Node's timers count in whole milliseconds, from the start of a turn of the event loop: they may fire some two of them early. */
const MOST_EARLY_MS = 5;
/** The last of the waiting is done in turns of the event loop. */
const TURNS_MS = 1;
/** Not worth another turn of the event loop. */
const CLOSE_ENOUGH_MS = 0.02;

/**
 * Calls `fn` at `dueMs` of the clock's monotonic time, never more than 20 µs before: the timer wakes within the last
 * millisecond, and turns of the event loop fill the rest. (A plain setTimeout misses by up to a millisecond either way, which
 * is 2 % of a latency of 50 ms; the turns cost some 5 % of a core at 200 calls a second.)
 */
export function callAt(clock: Clock, dueMs: number, fn: () => void): Timer {
  let cancelled = false;
  const wake = () => {
    if (cancelled) return;
    const leftMs = dueMs - clock.monotonicMs();
    // more than that: the clock's owner let the time pass, and has the say
    if (leftMs <= CLOSE_ENOUGH_MS || leftMs > MOST_EARLY_MS) fn();
    else if (leftMs <= TURNS_MS) setImmediate(wake);
    else timer = clock.after(leftMs, wake);
  };
  let timer = clock.after(Math.max(0, dueMs - clock.monotonicMs()), wake);
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}
