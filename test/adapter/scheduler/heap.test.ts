import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../../src/adapter/scheduler/heap.ts';

interface Item {
  value: number;
  at: number;
}

const newHeap = () =>
  new Heap<Item>({
    before: (a, b) => a.value < b.value,
    moved: (item, at) => {
      item.at = at;
    },
  });

describe('heap', () => {
  it('agrees with a sorted list through any adds, removals from the middle and changes', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'remove', 'change', 'take'),
      value: fc.integer({ min: 0, max: 20 }),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const heap = newHeap();
        const items: Item[] = [];
        for (const { kind, value, pick } of steps) {
          const item = items[pick % Math.max(1, items.length)];
          if (kind === 'add') {
            const added = { value, at: -1 };
            items.push(added);
            heap.add(added);
          } else if (item && kind === 'change') {
            item.value = value;
            heap.update(item.at);
          } else if (item) {
            const leaving = kind === 'take' ? (heap.first as Item) : item;
            heap.remove(leaving.at);
            expect(leaving.at).toBe(-1);
            items.splice(items.indexOf(leaving), 1);
          }
          expect(heap.size).toBe(items.length);
          expect(heap.first?.value).toBe(
            items.length === 0 ? undefined : Math.min(...items.map((i) => i.value)),
          );
          expect(new Set(items.map(({ at }) => at)).size).toBe(items.length);
        }
      }),
    );
  });
});
