/**
 * Commands of one session, between their arrival and their execution. Two times pass:
 *
 *   arrival ──▶ latency: network and queues, of all commands at once ──▶ work: the registry's own, one command after another ──▶ execution
 *
 * Order is kept whatever the latencies (RFC 5734 section 3): a command is executed after those that came before it.
 */
import type { Clock } from '../lib/clock.ts';
import { callAt } from './punctual.ts';

export interface InboxOptions<T> {
  clock: Clock;
  /** Milliseconds; asked on arrival. */
  latencyOf(command: T): number;
  /** Milliseconds; asked when the command's turn has come. */
  workOf(command: T): number;
  execute(command: T): void;
  /** Nothing more can be executed now. */
  onRest(): void;
}

interface Arrived<T> {
  command: T;
  dueMs: number;
  /** Its latency is over. */
  here: boolean;
}

export class Inbox<T> {
  readonly #options: InboxOptions<T>;
  readonly #waiting: Arrived<T>[] = [];
  #working = false;
  #stopped = false;
  /** When the work before is done, by plan: timers that are late do not add up. */
  #freeAtMs = 0;

  constructor(options: InboxOptions<T>) {
    this.#options = options;
  }

  /** True while a command waits or is worked on. */
  get busy(): boolean {
    return this.#working || this.#waiting.length > 0;
  }

  push(command: T): void {
    if (this.#stopped) return;
    const { clock, latencyOf } = this.#options;
    const latencyMs = latencyOf(command);
    if (latencyMs <= 0) {
      this.#waiting.push({ command, dueMs: 0, here: true });
      return;
    }
    const arrived = { command, dueMs: clock.monotonicMs() + latencyMs, here: false };
    this.#waiting.push(arrived);
    callAt(clock, arrived.dueMs, () => {
      arrived.here = true;
      this.run();
    });
  }

  /** Executes what may be executed now. */
  run(): void {
    const { workOf, execute, onRest } = this.#options;
    while (!this.#working) {
      const next = this.#waiting[0];
      if (!next || !this.#isHere(next)) break;
      this.#waiting.shift();
      const workMs = workOf(next.command);
      if (workMs > 0 || next.dueMs > 0) this.#freeAtMs = this.#startMs(next) + workMs;
      if (workMs > 0) this.#work(next.command);
      else execute(next.command);
    }
    onRest();
  }

  /** What waits is never executed. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
  }

  #isHere(arrived: Arrived<T>): boolean {
    return arrived.here || arrived.dueMs <= this.#options.clock.monotonicMs();
  }

  /** When its turn came, by plan. */
  #startMs({ dueMs }: Arrived<T>): number {
    const nowMs = this.#options.clock.monotonicMs();
    return Math.max(dueMs === 0 ? nowMs : Math.min(dueMs, nowMs), this.#freeAtMs);
  }

  #work(command: T): void {
    const { clock, execute } = this.#options;
    this.#working = true;
    callAt(clock, this.#freeAtMs, () => {
      this.#working = false;
      execute(command);
      this.run();
    });
  }
}
