/** True time, chance and the order of things in a simulation: everything that happens is a function called at its time, one after another. */
import { Chance } from './chance.ts';

export type Cancel = () => void;

interface Entry {
  atMs: number;
  order: number;
  run: (() => void) | undefined;
}

export class World extends Chance {
  /** Things that happened so far. */
  steps = 0;
  #nowMs = 0;
  #order = 0;
  readonly #heap: Entry[] = [];
  /** Called after everything that happened: checks what must always hold. */
  afterStep: () => void = () => {};

  /** True time in milliseconds. No machine in the simulation knows it. */
  get nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): Cancel {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run };
    this.#push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  /** Lets `ms` of true time pass. */
  run(ms: number): void {
    const end = this.#nowMs + ms;
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= end; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      this.#nowMs = next.atMs;
      next.run();
      this.steps += 1;
      this.afterStep();
    }
    this.#nowMs = end;
  }

  /** Runs until the condition holds; false when it did not within `ms`. */
  runUntil(condition: () => boolean, ms: number): boolean {
    const end = this.#nowMs + ms;
    while (!condition()) {
      if (this.#nowMs >= end) return false;
      this.run(Math.min(100, end - this.#nowMs));
    }
    return true;
  }

  #before(a: Entry, b: Entry): boolean {
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(heap[at]!, heap[parent]!)) break;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && this.#before(heap[child]!, heap[least]!)) least = child;
      }
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}
