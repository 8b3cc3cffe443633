import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeLog } from '../../../src/adapter/checks/change-log.ts';

const KEEP_MS = 1_000;

/** What a peer has heard of, that reads on and on from where it was told last. */
function readAll(log: ChangeLog, from: number, nowMs: number): { ids: string[]; next: number } {
  const ids: string[] = [];
  let next = from;
  for (let batch = log.from(next, nowMs); batch; batch = log.from(next, nowMs)) {
    ids.push(...batch.notices.map(({ id }) => id));
    expect(batch.next).toBeGreaterThan(next);
    next = batch.next;
  }
  return { ids, next };
}

describe('what adapters of a set are told', () => {
  it('is for how long a name is held from now on; nothing where the change is over', () => {
    const log = new ChangeLog({ keepMs: KEEP_MS });
    log.add('a', ['x.com'], 500, 0);
    log.add('a', ['x.com'], 0, 100);
    expect(log.from(0, 100)).toEqual({
      notices: [
        { id: 'a', names: ['x.com'], holdMs: 400 },
        { id: 'a', names: ['x.com'], holdMs: 0 },
      ],
      next: 2,
    });
    expect(log.from(2, 100)).toBeUndefined();
  });

  it('concerns nobody any more when no answer from before can be kept, and no hold lasts', () => {
    const log = new ChangeLog({ keepMs: KEEP_MS });
    log.add('short', ['x.com'], 100, 0);
    log.add('long', ['y.com'], 5_000, 0);
    expect(readAll(log, 0, KEEP_MS - 1).ids).toEqual(['short', 'long']);
    expect(readAll(log, 0, KEEP_MS).ids).toEqual(['long']);
    expect(readAll(log, 0, 5_000).ids).toEqual([]);
  });

  it('is told in parts', () => {
    const log = new ChangeLog({ keepMs: KEEP_MS, batch: 3 });
    for (let i = 0; i < 8; i++) log.add(`c${i}`, ['x.com'], 100, 0);
    expect(log.from(0, 0)?.notices).toHaveLength(3);
    expect(readAll(log, 0, 0).ids).toHaveLength(8);
  });

  it('is everything where some of it had to be put away before it was told', () => {
    const log = new ChangeLog({ keepMs: KEEP_MS, limit: 4 });
    for (let i = 0; i < 6; i++) log.add(`c${i}`, ['x.com'], 100, 0);
    const { ids } = readAll(log, 0, 0);
    expect(ids).toEqual(['lost', 'c2', 'c3', 'c4', 'c5']);
    expect(log.from(0, 0)?.notices[0]).toEqual({ id: 'lost', names: 'all', holdMs: 0 });
    // who has heard of what is gone misses nothing
    expect(readAll(log, 2, 0).ids).toEqual(['c2', 'c3', 'c4', 'c5']);
    // and after a while nobody does
    expect(readAll(log, 0, KEEP_MS).ids).toEqual([]);
  });

  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: fc.nat(300) }) },
    { weight: 2, arbitrary: fc.record({ wait: fc.nat(700) }) },
    { weight: 2, arbitrary: fc.record({ read: fc.nat(2) }) },
  );
  it('is never less than what may still be kept somewhere, for readers that come when they like', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 2, max: 12 }),
        (steps, limit) => {
          const log = new ChangeLog({ keepMs: KEEP_MS, limit, batch: 2 });
          const all: { id: string; atMs: number; untilMs: number }[] = [];
          const readers = [0, 1, 2].map(() => ({ next: 0, heard: new Set<string>(), dropped: -1 }));
          let nowMs = 0;
          for (const one of steps as { add?: number; wait?: number; read?: number }[]) {
            nowMs += one.wait ?? 0;
            if (one.add !== undefined) {
              const id = `c${all.length}`;
              log.add(id, ['x.com'], nowMs + one.add, nowMs);
              all.push({ id, atMs: nowMs, untilMs: nowMs + one.add });
            }
            const reader = one.read === undefined ? undefined : readers[one.read];
            if (!reader) continue;
            const { ids, next } = readAll(log, reader.next, nowMs);
            reader.next = next;
            for (const id of ids) reader.heard.add(id);
            // told to drop everything: what came before needs no word of its own
            if (ids.includes('lost')) reader.dropped = all.length;
            const missed = all.filter(
              ({ id, atMs }, index) =>
                nowMs < atMs + KEEP_MS && index >= reader.dropped && !reader.heard.has(id),
            );
            expect(missed).toEqual([]);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
