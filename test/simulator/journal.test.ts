import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../src/simulator/journal.ts';

const executed = (name: string) => ({
  clientId: 'acme',
  command: 'domain:create',
  name,
  svTRID: 'SIM-1',
  code: 1000,
  executedAtMs: 0,
});

describe('the journal', () => {
  it('knows what was executed, in order, and by name', () => {
    const journal = new Journal(10);
    for (const name of ['a.com', 'b.com', 'a.com']) journal.record(executed(name));
    expect(journal.read().entries.map(({ seq, name }) => [seq, name])).toEqual([
      [1, 'a.com'],
      [2, 'b.com'],
      [3, 'a.com'],
    ]);
    expect(journal.read({ name: 'A.com' }).entries.map(({ seq }) => seq)).toEqual([1, 3]);
    expect(journal.read({ name: 'c.com' }).entries).toEqual([]);
  });

  it('shows what became of a reply after the execution', () => {
    const journal = new Journal(10);
    const entry = journal.record(executed('a.com'));
    expect(journal.read().entries).toMatchObject([{ replied: 'pending' }]);
    entry.replied = 'cut';
    expect(journal.read({ name: 'a.com' }).entries).toMatchObject([{ replied: 'cut' }]);
  });

  it('keeps the last ones, says how many it forgot, and pages like a list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(70),
        fc.integer({ min: 1, max: 30 }),
        (names, capacity, after, limit) => {
          const journal = new Journal(capacity);
          for (const name of names) journal.record(executed(name));
          const kept = names.map((name, i) => ({ seq: i + 1, name })).slice(-capacity);
          const forgotten = names.length - kept.length;
          const pick = (query: Parameters<Journal['read']>[0]) => {
            const page = journal.read(query);
            expect(page).toMatchObject({ total: names.length, forgotten });
            return page.entries.map(({ seq, name }) => ({ seq, name }));
          };
          expect(pick({})).toEqual(kept);
          expect(pick({ after, limit })).toEqual(kept.filter(({ seq }) => seq > after).slice(0, limit));
          expect(pick({ name: 'b', after, limit })).toEqual(
            kept.filter(({ seq, name }) => seq > after && name === 'b').slice(0, limit),
          );
        },
      ),
    );
  });
});
