import { setTimeout as delay } from 'node:timers/promises';

/** A timer that was set; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as the program sees it. Everything that measures or waits takes one, so that tests and the model check own time.
 * Durations are milliseconds.
 */
export interface Clock {
  /** Milliseconds on a clock that never goes back. Its zero point means nothing. */
  monotonicMs(): number;
  /** Wall-clock time: for humans, logs and object timestamps; never for deadlines. */
  wall(): Date;
  /** Calls `fn` once after `ms`. The timer does not keep the process alive. */
  after(ms: number, fn: () => void): Timer;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wall: () => new Date(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
