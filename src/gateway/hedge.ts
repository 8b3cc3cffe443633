/** A second request where the first one takes long; the first good answer counts. */
import type { Clock } from '../lib/clock.ts';

export interface Hedge<T> {
  readonly clock: Clock;
  readonly afterMs: number;
  readonly first: () => Promise<T>;
  /** Undefined: there is nobody else to ask. */
  readonly second: () => Promise<T> | undefined;
  readonly isGood: (answer: T) => boolean;
}

/** Resolves with the first good answer, or with the last where none is. Promises given must not reject. */
export function sendHedged<T>({ clock, afterMs, first, second, isGood }: Hedge<T>): Promise<T> {
  return new Promise((resolve) => {
    let open = 1;
    const settle = (answer: T) => {
      open--;
      if (!isGood(answer) && open > 0) return;
      timer.cancel();
      resolve(answer);
    };
    const timer = clock.after(afterMs, () => {
      const other = second();
      if (!other) return;
      open++;
      void other.then(settle);
    });
    void first().then(settle);
  });
}
