/**
 * A binary heap whose items know where they stand, so that any of them can be moved or taken out in O(log n).
 * An item stands in as many heaps as it has place keepers.
 */
export interface HeapOptions<T> {
  /** A strict order. */
  before(a: T, b: T): boolean;
  /** Told of every move of an item; -1 when it has left. */
  moved(item: T, at: number): void;
}

export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: HeapOptions<T>['before'];
  readonly #moved: HeapOptions<T>['moved'];

  constructor(options: HeapOptions<T>) {
    this.#before = options.before;
    this.#moved = options.moved;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#items.push(item);
    this.#up(item, this.#items.length - 1);
  }

  /** Takes out the item that stands there. */
  remove(at: number): void {
    const items = this.#items;
    const item = items[at] as T;
    const last = items.pop() as T;
    this.#moved(item, -1);
    if (at === items.length) return;
    items[at] = last;
    this.update(at);
  }

  /** To be told when the order of the item that stands there has changed. */
  update(at: number): void {
    const item = this.#items[at] as T;
    if (at > 0 && this.#before(item, this.#items[(at - 1) >> 1] as T)) this.#up(item, at);
    else this.#down(item, at);
  }

  #up(item: T, from: number): void {
    const items = this.#items;
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = items[parentAt] as T;
      if (!this.#before(item, parent)) break;
      items[at] = parent;
      this.#moved(parent, at);
      at = parentAt;
    }
    items[at] = item;
    this.#moved(item, at);
  }

  #down(item: T, from: number): void {
    const items = this.#items;
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= items.length) break;
      const right = left + 1;
      const childAt =
        right < items.length && this.#before(items[right] as T, items[left] as T) ? right : left;
      const child = items[childAt] as T;
      if (!this.#before(child, item)) break;
      items[at] = child;
      this.#moved(child, at);
      at = childAt;
    }
    items[at] = item;
    this.#moved(item, at);
  }
}
