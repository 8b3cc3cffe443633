import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type QueueEntry, QueueRoom, RequestQueue, type Waiting } from '../../src/adapter/request-queue.ts';
import { ManualClock } from './manual-clock.ts';

interface Entry extends QueueEntry {
  id: number;
}

function setUp(limit = 100) {
  const clock = new ManualClock();
  const room = new QueueRoom(limit);
  const queue = new RequestQueue<Entry>({ room, clock });
  const expired: number[] = [];
  const entry = (id: number, transform = false, inMs = 1_000): Entry => ({
    id,
    transform,
    deadlineMs: clock.monotonicMs() + inMs,
    expired: () => expired.push(id),
  });
  return { clock, room, queue, expired, entry };
}

describe('request queue', { timeout: 20_000 }, () => {
  it('hands out transforms before queries, each first in, first out', () => {
    const { queue, entry } = setUp();
    for (const [id, transform] of [
      [1, false],
      [2, true],
      [3, false],
      [4, true],
    ] as const) {
      queue.add(entry(id, transform));
    }
    expect([1, 2, 3, 4, 5].map(() => queue.take()?.id)).toEqual([2, 4, 1, 3, undefined]);
  });

  it('takes no more than its room, which several queues share', () => {
    const { clock, room, queue, entry } = setUp(2);
    const other = new RequestQueue<Entry>({ room, clock });
    expect(queue.add(entry(1))).toBeDefined();
    expect(other.add(entry(2))).toBeDefined();
    expect(queue.add(entry(3))).toBeUndefined();
    expect(queue.size).toBe(1);
    other.take();
    expect(queue.add(entry(4))).toBeDefined();
  });

  it('with no room at all lets nothing wait', () => {
    const { queue, entry } = setUp(0);
    expect(queue.add(entry(1))).toBeUndefined();
  });

  it('tells of expired work at once and never hands it out', () => {
    const { clock, queue, expired, entry } = setUp();
    queue.add(entry(1, false, 50));
    queue.add(entry(2, true, 100));
    clock.advance(60);
    expect(expired).toEqual([1]);
    expect(queue.size).toBe(1);
    clock.advance(60);
    expect(expired).toEqual([1, 2]);
    expect(queue.take()).toBeUndefined();
  });

  it('does not hand out work whose timer is late', () => {
    const { clock, queue, expired, entry } = setUp();
    queue.add(entry(1, true, 50));
    queue.add(entry(2, false, 500));
    clock.skip(60);
    expect(queue.take()?.id).toBe(2);
    expect(expired).toEqual([1]);
    clock.advance(1);
    expect(expired).toEqual([1]);
  });

  it('keeps the place of work that was put back, even when full', () => {
    const { queue, entry } = setUp(2);
    queue.add(entry(1));
    queue.add(entry(2));
    const first = queue.take();
    queue.add(entry(3));
    queue.putBack(first as Entry);
    expect(queue.size).toBe(3);
    expect([1, 2, 3].map(() => queue.take()?.id)).toEqual([1, 2, 3]);
  });

  it('agrees with a plain list through any sequence of operations', () => {
    const operation = fc.oneof(
      fc.record({
        op: fc.constant('add' as const),
        transform: fc.boolean(),
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
        const { clock, room, queue, expired, entry } = setUp(limit);
        let model: { waiting: Waiting<Entry>; entry: Entry }[] = [];
        const expectedExpired: number[] = [];
        let taken: Entry | undefined;
        let ids = 0;
        const expire = () => {
          const now = clock.monotonicMs();
          const late = model.filter((m) => m.entry.deadlineMs <= now);
          expectedExpired.push(...late.map((m) => m.entry.id));
          model = model.filter((m) => m.entry.deadlineMs > now);
        };
        for (const step of operations) {
          if (step.op === 'add') {
            const added = entry(++ids, step.transform, step.inMs);
            const waiting = queue.add(added);
            expect(waiting !== undefined).toBe(model.length < limit);
            if (waiting) model.push({ waiting, entry: added });
          } else if (step.op === 'take') {
            const expected = model.find((m) => m.entry.transform) ?? model[0];
            taken = queue.take();
            expect(taken?.id).toBe(expected?.entry.id);
            model = model.filter((m) => m !== expected);
          } else if (step.op === 'putBack') {
            if (!taken || taken.deadlineMs <= clock.monotonicMs()) continue;
            model.unshift({ waiting: queue.putBack(taken), entry: taken });
            taken = undefined;
          } else if (step.op === 'remove') {
            const victim = model[step.at % Math.max(1, model.length)];
            if (!victim) continue;
            expect(queue.remove(victim.waiting)).toBe(true);
            expect(queue.remove(victim.waiting)).toBe(false);
            model = model.filter((m) => m !== victim);
          } else {
            clock.advance(step.ms);
            expire();
          }
          expect(queue.size).toBe(model.length);
          expect(room.taken).toBe(model.length);
        }
        expect([...expired].sort((a, b) => a - b)).toEqual(expectedExpired.sort((a, b) => a - b));
        // nothing is left behind: one timer for each that waits
        expect(clock.pending).toBe(model.length);
      }),
      { numRuns: 300 },
    );
  });
});
