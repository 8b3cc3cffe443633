import type { Instance, InstanceSource } from '../instance.ts';

/** A list of instances that one writer replaces as a whole, and others read. */
export class InstanceList implements InstanceSource {
  #instances: readonly Instance[] = [];
  #synced = false;
  readonly #listeners = new Set<() => void>();

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  get synced(): boolean {
    return this.#synced;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes the list over, and tells so where it differs or is the first. Instances that did not change stay the same objects. */
  replace(next: readonly Instance[]): void {
    const before = new Map(this.#instances.map((instance) => [instance.id, instance]));
    const kept = next.map((instance) => {
      const old = before.get(instance.id);
      return old && isSame(old, instance) ? old : instance;
    });
    const same =
      this.#synced &&
      kept.length === this.#instances.length &&
      kept.every((instance, index) => instance === this.#instances[index]);
    if (same) return;
    this.#instances = kept;
    this.#synced = true;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Ids are the same already, and origins with them. */
function isSame(a: Instance, b: Instance): boolean {
  return a.set === b.set && a.state === b.state && a.weight === b.weight && a.source === b.source;
}
