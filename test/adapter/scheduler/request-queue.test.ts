import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRIORITIES, type Priority } from '../../../src/adapter/scheduler/priority.ts';
import { QueueRoom } from '../../../src/adapter/scheduler/queue-room.ts';
import { type QueueEntry, RequestQueue } from '../../../src/adapter/scheduler/request-queue.ts';
import { ManualClock } from '../manual-clock.ts';

type Queue = RequestQueue<Entry>;

interface Entry extends QueueEntry {
  id: number;
}

function setUp(limit = 100) {
  const clock = new ManualClock();
  const room = new QueueRoom(limit);
  const queue: Queue = new RequestQueue<Entry>({ room, clock, mergeLimit: 5 });
  const expired: number[] = [];
  const pushedOut: number[] = [];
  const entry = (id: number, options: Partial<Entry> & { inMs?: number } = {}, into = queue): Entry => {
    const { inMs = 1_000, ...given } = options;
    const made: Entry = {
      id,
      priority: 'query',
      tenant: '',
      cost: 1,
      mergeKey: undefined,
      order: id,
      takesRoom: true,
      place: undefined,
      seat: undefined,
      timer: undefined,
      ...given,
      deadlineMs: clock.monotonicMs() + inMs,
      expired: () => expired.push(id),
      pushedOut: () => {
        if (into.remove(made)) pushedOut.push(id);
      },
    };
    return made;
  };
  const take = (from = queue): Entry | undefined => {
    for (const priority of PRIORITIES) {
      const next = from.peek(priority);
      if (!next) continue;
      from.take(next);
      return next;
    }
    return undefined;
  };
  return { clock, room, queue, expired, pushedOut, entry, take };
}

const transform = { priority: 'transform' } as const;

describe('request queue', () => {
  it('hands out transforms before queries before background work, each first in, first out', () => {
    const { queue, entry, take } = setUp();
    const waiting: [number, Priority][] = [
      [1, 'query'],
      [2, 'transform'],
      [3, 'background'],
      [4, 'query'],
      [5, 'transform'],
    ];
    for (const [id, priority] of waiting) queue.add(entry(id, { priority }));
    expect([1, 2, 3, 4, 5, 6].map(() => take()?.id)).toEqual([2, 5, 1, 4, 3, undefined]);
  });

  it('hands out what is worth nothing soonest first', () => {
    const { queue, entry, take } = setUp();
    queue.add(entry(1, { inMs: 900 }));
    queue.add(entry(2, { inMs: 300 }));
    queue.add(entry(3, { inMs: 600 }));
    expect([1, 2, 3].map(() => take()?.id)).toEqual([2, 3, 1]);
  });

  it('takes no more than its room, which several queues share', () => {
    const { clock, room, queue, entry, take } = setUp(2);
    const other = new RequestQueue<Entry>({ room, clock, mergeLimit: 5 });
    expect(queue.add(entry(1))).toBe(true);
    expect(other.add(entry(2, {}, other))).toBe(true);
    expect(queue.add(entry(3))).toBe(false);
    expect(queue.size).toBe(1);
    take(other);
    expect(queue.add(entry(4))).toBe(true);
  });

  it('makes room for a transform, over all the queues that share it', () => {
    const { clock, room, queue, entry, pushedOut } = setUp(2);
    const other = new RequestQueue<Entry>({ room, clock, mergeLimit: 5 });
    queue.add(entry(1));
    other.add(entry(2, { priority: 'background' }, other));
    expect(queue.add(entry(3, transform))).toBe(true);
    expect([pushedOut, queue.size, other.size]).toEqual([[2], 2, 0]);
    expect(queue.add(entry(4, transform))).toBe(true);
    expect([pushedOut, queue.size]).toEqual([[2, 1], 2]);
    expect(queue.add(entry(5, transform))).toBe(false);
  });

  it('with no room at all lets nothing wait', () => {
    const { queue, entry } = setUp(0);
    expect(queue.add(entry(1))).toBe(false);
  });

  it('tells of expired work at once and never hands it out', () => {
    const { clock, queue, expired, entry, take } = setUp();
    queue.add(entry(1, { inMs: 50 }));
    queue.add(entry(2, { ...transform, inMs: 100 }));
    clock.advance(60);
    expect(expired).toEqual([1]);
    expect(queue.size).toBe(1);
    clock.advance(60);
    expect(expired).toEqual([1, 2]);
    expect(take()).toBeUndefined();
  });

  it('does not hand out work whose timer is late', () => {
    const { clock, queue, expired, entry, take } = setUp();
    queue.add(entry(1, { ...transform, inMs: 50 }));
    queue.add(entry(2, { inMs: 500 }));
    clock.skip(60);
    expect(take()?.id).toBe(2);
    expect(expired).toEqual([1]);
    clock.advance(1);
    expect(expired).toEqual([1]);
  });

  it('keeps the place of work that was put back, even when full', () => {
    const { queue, entry, take } = setUp(2);
    queue.add(entry(1));
    queue.add(entry(2));
    const first = take();
    queue.add(entry(3));
    queue.putBack(first as Entry);
    expect(queue.size).toBe(3);
    expect([1, 2, 3].map(() => take()?.id)).toEqual([1, 2, 3]);
  });

  it('counts the further parts of a request as no room', () => {
    const { queue, entry, room } = setUp(1);
    expect(queue.add(entry(1))).toBe(true);
    expect(queue.add(entry(2, { takesRoom: false }))).toBe(true);
    expect([queue.size, room.taken]).toEqual([2, 1]);
  });

  it('agrees with a plain list through any sequence of operations', () => {
    const operation = fc.oneof(
      fc.record({
        op: fc.constant('add' as const),
        priority: fc.constantFrom(...PRIORITIES),
        inMs: fc.integer({ min: 1, max: 40 }),
      }),
      fc.record({ op: fc.constant('take' as const) }),
      fc.record({ op: fc.constant('putBack' as const) }),
      fc.record({ op: fc.constant('remove' as const), at: fc.nat(20) }),
      fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const limit = 6;
        const { clock, room, queue, expired, pushedOut, entry, take } = setUp(limit);
        let model: Entry[] = [];
        const expectedExpired: number[] = [];
        const expectedPushedOut: number[] = [];
        let taken: Entry | undefined;
        let ids = 0;
        const without = (gone: Entry | undefined) => {
          model = model.filter((entry) => entry !== gone);
        };
        const first = () =>
          [...model].sort(
            (a, b) =>
              PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) ||
              a.deadlineMs - b.deadlineMs ||
              a.order - b.order,
          )[0];
        for (const step of operations) {
          if (step.op === 'add') {
            const added = entry(++ids, { priority: step.priority, inMs: step.inMs });
            const rank = PRIORITIES.indexOf(step.priority);
            // the youngest of the last class has to leave for a better one
            const worst = Math.max(...model.map(({ priority }) => PRIORITIES.indexOf(priority)));
            const victim = model.findLast(({ priority }) => priority === PRIORITIES[worst]);
            const room = model.length < limit || (victim !== undefined && worst > rank);
            expect(queue.add(added)).toBe(room);
            if (room && model.length >= limit) {
              expectedPushedOut.push(victim?.id ?? 0);
              without(victim);
            }
            if (room) model.push(added);
          } else if (step.op === 'take') {
            const expected = first();
            taken = take();
            expect(taken?.id).toBe(expected?.id);
            without(expected);
          } else if (step.op === 'putBack') {
            if (!taken || taken.deadlineMs <= clock.monotonicMs()) continue;
            queue.putBack(taken);
            model.push(taken);
            taken = undefined;
          } else if (step.op === 'remove') {
            const victim = model[step.at % Math.max(1, model.length)];
            if (!victim) continue;
            expect(queue.remove(victim)).toBe(true);
            expect(queue.remove(victim)).toBe(false);
            without(victim);
          } else {
            clock.advance(step.ms);
            const late = model.filter(({ deadlineMs }) => deadlineMs <= clock.monotonicMs());
            expectedExpired.push(...late.map(({ id }) => id));
            model = model.filter((entry) => !late.includes(entry));
          }
          expect(queue.size).toBe(model.length);
          expect(room.taken).toBe(model.length);
        }
        expect([...expired].sort((a, b) => a - b)).toEqual(expectedExpired.sort((a, b) => a - b));
        expect(pushedOut).toEqual(expectedPushedOut);
        // nothing is left behind: one timer for each that waits
        expect(clock.pending).toBe(model.length);
      }),
      { numRuns: 300 },
    );
  });
});
