import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';

/** Failures that go on are told again sooner: an informer waits 30 s at most. */
const TOLD_FOR_MS = 60_000;

const lineSchema = z.object({ reason: z.string().optional(), msg: z.string() });

/** A log's destination that keeps the last line: on a screen that is drawn over there is no room for more. */
export class LastWarning {
  readonly #clock: Clock;
  #last: { text: string; atMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(line: string): void {
    const { reason, msg } = lineSchema.parse(JSON.parse(line));
    const text = `not up to date: ${msg}${reason === undefined ? '' : ` (${reason})`}`;
    this.#last = { text, atMs: this.#clock.monotonicMs() };
  }

  /** Undefined when nothing went wrong lately. */
  current(): string | undefined {
    if (this.#last === undefined || this.#clock.monotonicMs() - this.#last.atMs > TOLD_FOR_MS)
      return undefined;
    return this.#last.text;
  }

  /** It goes well again. */
  forget(): void {
    this.#last = undefined;
  }
}
