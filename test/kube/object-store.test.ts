import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectStore } from '../../src/kube/object-store.ts';
import type { KubeObject } from '../../src/kube/objects.ts';

interface Thing extends KubeObject {
  color?: string;
}

function thing(name: string, uid: string, resourceVersion: string, color = 'red'): Thing {
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { namespace: 'ns', name, uid, resourceVersion },
    color,
  };
}

const a1 = thing('a', 'u1', '1');
const a2 = thing('a', 'u1', '2');
const otherA = thing('a', 'u2', '3');
const b = thing('b', 'u3', '4');

describe('ObjectStore', () => {
  it('tells what is new, what changed, and nothing for what it knows', () => {
    const store = new ObjectStore<Thing>();
    expect(store.put(a1)).toEqual([{ type: 'added', object: a1 }]);
    expect(store.put(a2)).toEqual([{ type: 'updated', object: a2, previous: a1 }]);
    expect(store.put({ ...a2 })).toEqual([]);
    expect(store.remove(a2)).toEqual([{ type: 'deleted', object: a2 }]);
    expect(store.remove(a2)).toEqual([]);
  });

  it('tells an object of another UID as deleted and added, by watch and by list', () => {
    const events = [
      { type: 'deleted', object: a1 },
      { type: 'added', object: otherA },
    ];
    const watched = new ObjectStore<Thing>();
    watched.put(a1);
    expect(watched.put(otherA)).toEqual(events);
    const listed = new ObjectStore<Thing>();
    listed.put(a1);
    expect(listed.replaceAll([otherA])).toEqual(events);
  });

  it('tells by a list what was missed, deletions first', () => {
    const store = new ObjectStore<Thing>();
    store.put(a1);
    store.put(b);
    const c = thing('c', 'u4', '5');
    expect(store.replaceAll([c, a2])).toEqual([
      { type: 'deleted', object: b },
      { type: 'added', object: c },
      { type: 'updated', object: a2, previous: a1 },
    ]);
    expect(store.list()).toEqual([a2, c]);
  });

  it('refuses an index that there is not, or is already', () => {
    const store = new ObjectStore<Thing>();
    store.addIndex('color', ({ color = '' }) => [color]);
    expect(() => store.byIndex('size', 'red')).toThrow('there is no index size');
    expect(() => store.addIndex('color', () => [])).toThrow('there is an index color already');
  });

  it('keeps indexes and a mirror of its events equal to its content, whatever comes', () => {
    const color = fc.constantFrom('red', 'green', 'blue');
    const version = fc.nat(5).map(String);
    const object = fc
      .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('u1', 'u2'), version, color)
      .map((parts) => thing(...parts));
    const list = fc.uniqueArray(object, { selector: ({ metadata }) => metadata.name });
    const step = fc.oneof(
      object.map((o) => (store: ObjectStore<Thing>) => store.put(o)),
      object.map((o) => (store: ObjectStore<Thing>) => store.remove(o)),
      list.map((os) => (store: ObjectStore<Thing>) => store.replaceAll(os)),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const store = new ObjectStore<Thing>();
        store.addIndex('color', ({ color: c = '' }) => [c]);
        const mirror = new Map<string, Thing>();
        for (const step of steps) {
          for (const { type, object: o } of step(store)) {
            expect(mirror.has(o.metadata.name)).toBe(type !== 'added');
            if (type === 'deleted') mirror.delete(o.metadata.name);
            else mirror.set(o.metadata.name, o);
          }
          // Two states of one version are the same state to us: compare what tells them apart.
          const identity = ({ metadata: { name, uid, resourceVersion } }: Thing) =>
            [name, uid, resourceVersion].join();
          expect(store.list().map(identity)).toEqual([...mirror.values()].map(identity).sort());
          for (const c of ['red', 'green', 'blue'])
            expect(store.byIndex('color', c)).toEqual(store.list().filter((o) => o.color === c));
        }
      }),
    );
  });
});
