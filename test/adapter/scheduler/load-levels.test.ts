import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Loaded, LoadLevels } from '../../../src/adapter/scheduler/load-levels.ts';

interface Connection extends Loaded {
  id: number;
}

const connection = (id: number): Connection => ({ id, link: undefined });

describe('load levels', () => {
  it('chooses the least loaded after those that are kept, and of equals the newest', () => {
    const levels = new LoadLevels<Connection>(3);
    const [a, b, c] = [connection(1), connection(2), connection(3)];
    levels.set(a, 0);
    levels.set(b, 0);
    levels.set(c, 2);
    expect([levels.least(0), levels.least(1), levels.least(2), levels.least(3)]).toEqual([
      b,
      b,
      c,
      undefined,
    ]);
    expect([levels.firstIdle, levels.idle, levels.size]).toEqual([b, 2, 3]);
    levels.set(c, 3);
    expect([levels.least(2), levels.size]).toEqual([undefined, 3]);
    levels.set(a, undefined);
    expect([levels.size, levels.idle]).toEqual([2, 1]);
  });

  it('agrees with a plain list through any changes', () => {
    const step = fc.record({ id: fc.nat({ max: 7 }), to: fc.option(fc.nat({ max: 4 }), { nil: undefined }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 80 }), (depth, steps) => {
        const levels = new LoadLevels<Connection>(depth);
        const all = Array.from({ length: 8 }, (_, id) => connection(id));
        const loads = new Map<Connection, number>();
        for (const { id, to } of steps) {
          const one = all[id] as Connection;
          const load = to === undefined ? undefined : Math.min(to, depth);
          levels.set(one, load);
          if (load === undefined) loads.delete(one);
          else loads.set(one, load);
          const idle = [...loads.values()].filter((each) => each === 0).length;
          expect([levels.size, levels.idle]).toEqual([loads.size, idle]);
          expect(levels.room).toBe([...loads.values()].reduce((sum, each) => sum + depth - each, 0));
          const sorted = [...loads.values()].sort((x, y) => x - y);
          for (let kept = 0; kept <= 9; kept++) {
            const chosen = levels.least(kept);
            // the load of the first that is not kept, as far as it has room
            const expected = sorted[kept];
            if (expected === undefined || expected >= depth) expect(chosen).toBeUndefined();
            else expect(loads.get(chosen as Connection)).toBe(expected);
          }
        }
      }),
    );
  });
});
