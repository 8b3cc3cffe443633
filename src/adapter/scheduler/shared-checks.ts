/** Checks of many callers in one command: when it goes out, and who shares it. */
import type { Part } from '../job.ts';
import { checkedNames, NameBatch } from './checks.ts';
import { Linger } from './linger.ts';
import type { RequestQueue } from './request-queue.ts';

/** Some that go out in one command. */
export interface Shared {
  parts: Part[];
  /** All names that several ask for, each once; undefined where one goes alone. */
  names: string[] | undefined;
}

export class SharedChecks {
  readonly #queue: RequestQueue<Part>;
  readonly #maxNames: number;
  readonly #linger = new Linger();

  constructor(queue: RequestQueue<Part>, maxNames: number) {
    this.#queue = queue;
    this.#maxNames = maxNames;
  }

  /** To be told of all that come. */
  arrived(parts: readonly Part[], nowMs: number): void {
    for (const { mergeKey, cost } of parts) {
      if (mergeKey !== undefined) this.#linger.arrived(mergeKey, cost, nowMs);
    }
  }

  /** How long a check should wait for others to share its command. */
  waitMs({ mergeKey, priority }: Part, nowMs: number): number {
    if (mergeKey === undefined) return 0;
    const missing = this.#maxNames - this.#queue.namesOf(priority, mergeKey);
    return this.#linger.waitMs(mergeKey, missing, nowMs);
  }

  /** Takes all that may share a command with `first`, which has been taken, and fit in. */
  gather(first: Part): Shared {
    const { mergeKey, priority } = first;
    const parts = [first];
    if (mergeKey === undefined) return { parts, names: undefined };
    this.#linger.sent(mergeKey);
    const batch = new NameBatch(this.#maxNames);
    batch.add(checkedNames(first.command) ?? []);
    for (;;) {
      const next = this.#queue.peekOf(priority, mergeKey);
      if (!next || !batch.add(checkedNames(next.command) ?? [])) break;
      this.#queue.take(next);
      parts.push(next);
    }
    return { parts, names: parts.length > 1 ? batch.names : undefined };
  }
}
