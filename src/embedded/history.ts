import type { KubeObject, Resource } from '../kube/objects.ts';

/** One write, as watches are told of it. Objects in here are the store's own: copy before handing out. */
export interface Change {
  /** The resourceVersion that it made. */
  readonly version: number;
  readonly resource: Resource;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it is now; as it was last, with the version of its deletion, when it is gone. */
  readonly object: KubeObject;
  /** As it was before. */
  readonly previous: KubeObject | undefined;
}

/**
 * The last changes of the whole store, one a version. Watches are positions in it, so a slow reader costs no memory: when the
 * history has moved past it, it is told so and lists again.
 */
export class History {
  readonly #limit: number;
  readonly #changes: Change[] = [];
  readonly #waiting = new Set<() => void>();
  #version: number;

  /** @param limit changes that are kept, at least; @param version of the empty store */
  constructor(limit: number, version: number) {
    this.#limit = limit;
    this.#version = version;
  }

  /** The version of the last change. */
  get version(): number {
    return this.#version;
  }

  /** The oldest version that a watch can go on from. */
  get oldest(): number {
    return this.#version - this.#changes.length;
  }

  /** @param change of version `this.version + 1` */
  append(change: Change): void {
    this.#changes.push(change);
    this.#version = change.version;
    // In pieces: taking off one at a time would move the whole array each time.
    if (this.#changes.length >= 2 * this.#limit) this.#changes.splice(0, this.#limit);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** The changes after `version`; undefined when some of them are forgotten. */
  after(version: number): readonly Change[] | undefined {
    if (version < this.oldest) return undefined;
    return this.#changes.slice(version - this.oldest);
  }

  /** Resolves at the next change, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.add(wake);
    });
  }
}
