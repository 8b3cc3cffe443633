import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeFeed, changeOfSet, type InstanceChange } from '../../../src/gateway/discovery/change-feed.ts';
import { InstanceList } from '../../../src/gateway/discovery/instance-list.ts';
import type { Instance } from '../../../src/gateway/instance.ts';

const SETS = ['epp.core.bj', 'epp.core.*', undefined] as const;
const anyInstance: fc.Arbitrary<Instance> = fc
  .record({
    id: fc.constantFrom('a:1', 'b:1', 'c:1', 'd:1'),
    set: fc.constantFrom(...SETS),
    state: fc.constantFrom('ready' as const, 'draining' as const, 'dead' as const),
  })
  .map(({ id, set, state }) => ({ id, origin: `http://${id}`, set, state, weight: 100, source: 'slice' }));
const anyList = fc.uniqueArray(anyInstance, { selector: ({ id }) => id, maxLength: 4 });

function apply(known: Map<string, Instance>, { upserted, removed }: InstanceChange): void {
  for (const { id } of removed) known.delete(id);
  for (const instance of upserted) known.set(instance.id, instance);
}
const sorted = (instances: Iterable<Instance>) => [...instances].sort((a, b) => (a.id < b.id ? -1 : 1));

describe('a feed of changes', () => {
  it('leads whoever follows it, from any point and for any set, to the list as it is', () => {
    fc.assert(
      fc.property(fc.array(anyList, { minLength: 1, maxLength: 12 }), fc.nat(), (lists, start) => {
        const list = new InstanceList();
        const feed = new ChangeFeed(list);
        const snapshots = [{ id: 0, instances: list.instances }];
        for (const next of lists) {
          list.replace(next);
          snapshots.push({ id: feed.lastId, instances: list.instances });
        }
        const from = snapshots[start % snapshots.length] as (typeof snapshots)[number];
        const changes = feed.since(from.id) ?? [];
        for (const set of ['epp.core.bj', 'epp.core.*', 'all']) {
          const of = (instances: readonly Instance[]) =>
            instances.filter((instance) => set === 'all' || instance.set === set);
          const known = new Map(of(from.instances).map((instance) => [instance.id, instance]));
          for (const change of changes) {
            const told = set === 'all' ? change : changeOfSet(change, set);
            for (const { id } of told?.removed ?? []) expect(known.has(id)).toBe(true);
            if (told) apply(known, told);
          }
          expect(sorted(known.values())).toEqual(sorted(of(list.instances)));
        }
        feed.close();
      }),
    );
  });

  it('forgets the oldest, and says so', () => {
    const list = new InstanceList();
    const feed = new ChangeFeed(list);
    expect(feed.since(0)).toEqual([]);
    expect(feed.since(1)).toBeUndefined();
    for (let weight = 1; weight <= 300; weight += 1)
      list.replace([
        { id: 'a:1', origin: 'http://a:1', set: undefined, state: 'ready', weight, source: 'slice' },
      ]);
    expect(feed.lastId).toBe(300);
    expect(feed.since(43)).toBeUndefined();
    expect(feed.since(44)?.map(({ id }) => id)).toEqual(Array.from({ length: 256 }, (_, i) => 45 + i));
    expect(feed.since(300)).toEqual([]);
  });
});
