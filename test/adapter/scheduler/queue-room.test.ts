import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRIORITIES, type Priority } from '../../../src/adapter/scheduler/priority.ts';
import { type Guest, QueueRoom } from '../../../src/adapter/scheduler/queue-room.ts';

function setUp(limit: number) {
  const room = new QueueRoom(limit);
  const inside = new Set<Guest>();
  const pushed: Guest[] = [];
  const guest = (tenant: string, priority: Priority): Guest => {
    const made: Guest = {
      tenant,
      priority,
      seat: undefined,
      pushedOut() {
        pushed.push(made);
        inside.delete(made);
        room.leave(made);
      },
    };
    return made;
  };
  const enter = (tenant: string, priority: Priority = 'query') => {
    const one = guest(tenant, priority);
    if (!room.enter(one)) return undefined;
    inside.add(one);
    return one;
  };
  const count = (tenant: string) => [...inside].filter((one) => one.tenant === tenant).length;
  return { room, inside, pushed, enter, count };
}

describe('queue room', () => {
  it('lets a newcomer in by the newest of the tenant with the most', () => {
    const { enter, pushed, count } = setUp(4);
    const greedy = [1, 2, 3, 4].map(() => enter('greedy'));
    expect(enter('greedy')).toBeUndefined();
    expect(enter('small')).toBeDefined();
    expect(pushed).toEqual([greedy[3]]);
    expect(enter('small')).toBeDefined();
    expect([count('greedy'), count('small')]).toEqual([2, 2]);
    expect(enter('small')).toBeUndefined();
  });

  it('lets nobody out for what is worth less', () => {
    const { enter } = setUp(1);
    enter('a', 'transform');
    expect([enter('b', 'query'), enter('b', 'background')]).toEqual([undefined, undefined]);
  });

  it('comes to the same for everybody who wants more, whoever floods it', () => {
    const { enter, count, room } = setUp(100);
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < 10; i++) enter('flood');
      enter('a');
      enter('b');
      if (round < 10) enter('modest');
    }
    expect(count('modest')).toBe(10);
    for (const tenant of ['flood', 'a', 'b']) expect(Math.abs(count(tenant) - 30)).toBeLessThanOrEqual(1);
    expect(room.taken).toBe(100);
  });

  it('never holds more than its limit, and pushes out nothing of more worth or of who has less', () => {
    const step = fc.record({
      tenant: fc.constantFrom('a', 'b', 'c'),
      priority: fc.constantFrom(...PRIORITIES),
      leaves: fc.boolean(),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.nat(8), fc.array(step, { maxLength: 80 }), (limit, steps) => {
        const { room, inside, pushed, enter, count } = setUp(limit);
        for (const { tenant, priority, leaves, pick } of steps) {
          const leaving = [...inside][pick % Math.max(1, inside.size)];
          if (leaves && leaving) {
            inside.delete(leaving);
            room.leave(leaving);
          } else {
            const before = pushed.length;
            const worth = (one: Priority) => PRIORITIES.indexOf(one);
            const mine = [...inside].filter(
              (one) => one.tenant === tenant && one.priority === priority,
            ).length;
            const newcomer = enter(tenant, priority);
            for (const out of pushed.slice(before)) {
              expect(newcomer).toBeDefined();
              expect(worth(out.priority)).toBeGreaterThanOrEqual(worth(priority));
              if (out.priority === priority) {
                const theirs = [...inside].filter(
                  (one) => one.tenant === out.tenant && one.priority === priority,
                );
                expect(theirs.length).toBeGreaterThanOrEqual(mine + 1);
              }
            }
          }
          expect(room.taken).toBe(inside.size);
          expect(room.taken).toBeLessThanOrEqual(limit);
        }
        expect(count('a') + count('b') + count('c')).toBe(room.taken);
      }),
    );
  });
});
