import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FairEntry, FairQueue } from '../../../src/adapter/scheduler/fair-queue.ts';

let orders = 0;
const entry = (tenant: string, more: Partial<FairEntry> = {}): FairEntry => ({
  tenant,
  deadlineMs: 1_000,
  order: ++orders,
  cost: 1,
  mergeKey: undefined,
  place: undefined,
  ...more,
});

const newQueue = (mergeLimit = 10) => new FairQueue<FairEntry>({ mergeLimit });

function take(queue: FairQueue<FairEntry>): FairEntry | undefined {
  const { first } = queue;
  if (first) queue.take(first);
  return first;
}

describe('fair queue', () => {
  it('gives each of several tenants that always want more the same, by cost', () => {
    const costs = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(costs, fc.integer({ min: 200, max: 600 }), (ofTenants, rounds) => {
        const queue = newQueue();
        const names = ofTenants.map((_, i) => `t${i}`);
        const add = (i: number) => queue.add(entry(names[i] as string, { cost: ofTenants[i] as number }));
        // the first has a great many waiting; that helps it nothing
        for (let n = 0; n < 300; n++) add(0);
        for (let i = 1; i < names.length; i++) for (let n = 0; n < 3; n++) add(i);
        const served = new Map<string, number>();
        for (let round = 0; round < rounds; round++) {
          const { tenant, cost } = take(queue) as FairEntry;
          served.set(tenant, (served.get(tenant) ?? 0) + cost);
          add(names.indexOf(tenant));
        }
        const shares = names.map((name) => served.get(name) ?? 0);
        // by less than two of the largest
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2 * Math.max(...ofTenants));
      }),
    );
  });

  it('lets a newcomer wait one round at most, whatever the others have waiting', () => {
    const queue = newQueue();
    for (let n = 0; n < 1_000; n++) for (const tenant of ['a', 'b', 'c']) queue.add(entry(tenant));
    for (let n = 0; n < 500; n++) take(queue);
    queue.add(entry('late'));
    const next = [1, 2, 3, 4].map(() => take(queue)?.tenant);
    expect(next).toContain('late');
  });

  it('lets nobody save up time by staying away', () => {
    const queue = newQueue();
    queue.add(entry('idle'));
    take(queue);
    for (let n = 0; n < 100; n++) queue.add(entry('busy'));
    for (let n = 0; n < 50; n++) take(queue);
    for (let n = 0; n < 100; n++) queue.add(entry('idle'));
    const next = Array.from({ length: 20 }, () => take(queue)?.tenant);
    expect(next.filter((tenant) => tenant === 'busy').length).toBeGreaterThanOrEqual(9);
  });

  it('serves a tenant by deadline, then by age', () => {
    const queue = newQueue();
    const late = entry('a', { deadlineMs: 900 });
    const early = entry('a', { deadlineMs: 100, mergeKey: 'com' });
    const second = entry('a', { deadlineMs: 900 });
    for (const each of [second, late, early]) queue.add(each);
    expect([take(queue), take(queue), take(queue)]).toEqual([early, late, second]);
  });

  it('finds who may share a command: of the tenants with such entries the one with the least', () => {
    const queue = newQueue();
    queue.add(entry('a', { cost: 9 }));
    queue.add(entry('z')); // while anybody waits, nothing is settled
    take(queue);
    const [a, b] = [entry('a', { mergeKey: 'com' }), entry('b', { mergeKey: 'com' })];
    queue.add(a);
    queue.add(b);
    queue.add(entry('c', { mergeKey: 'net' }));
    expect([queue.firstOf('com'), queue.firstOf('org'), queue.costOf('com')]).toEqual([b, undefined, 2]);
    queue.take(b);
    expect(queue.firstOf('com')).toBe(a);
    queue.take(a);
    expect([queue.firstOf('com'), queue.costOf('com')]).toEqual([undefined, 0]);
  });

  it('never loses one, never gives one twice, and counts commands, through any sequence', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'take', 'share', 'remove'),
      tenant: fc.integer({ min: 0, max: 90 }),
      key: fc.constantFrom(undefined, 'com', 'net'),
      cost: fc.integer({ min: 1, max: 4 }),
      deadlineMs: fc.nat(5),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = newQueue(5);
        const waiting = new Set<FairEntry>();
        for (const { kind, tenant, key, cost, deadlineMs, pick } of steps) {
          if (kind === 'add') {
            const added = entry(`t${tenant}`, { mergeKey: key, cost, deadlineMs });
            queue.add(added);
            waiting.add(added);
          } else if (kind === 'remove') {
            const leaving = [...waiting][pick % Math.max(1, waiting.size)];
            if (leaving) {
              expect(queue.remove(leaving)).toBe(true);
              expect(queue.remove(leaving)).toBe(false);
              waiting.delete(leaving);
            }
          } else {
            const next = kind === 'share' && key ? queue.firstOf(key) : queue.first;
            if (next) {
              expect(waiting.delete(next)).toBe(true);
              queue.take(next);
            } else if (kind === 'take') {
              expect(waiting.size).toBe(0);
            } else if (key) {
              expect([...waiting].some(({ mergeKey }) => mergeKey === key)).toBe(false);
            }
          }
          const all = [...waiting];
          expect(queue.size).toBe(all.length);
          const shared = ['com', 'net'].map((of) =>
            Math.ceil(all.filter((one) => one.mergeKey === of).reduce((sum, one) => sum + one.cost, 0) / 5),
          );
          const alone = all.filter(({ mergeKey }) => mergeKey === undefined).length;
          expect(queue.commands).toBe(alone + (shared[0] as number) + (shared[1] as number));
        }
      }),
    );
  });
});
