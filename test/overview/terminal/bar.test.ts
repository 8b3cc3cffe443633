import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar, cellsOf, segmentsOf } from '../../../src/overview/terminal/bar.ts';
import { account, share } from '../overviews.ts';

const look = { columns: 80, colour: false, unicode: true };

describe('the bar of an account', () => {
  it.each([
    ['nothing is granted', account('a', { limit: 20 }), '····················'],
    [
      'all is',
      account('a', { limit: 20, sets: [share('epp-core-bj', { granted: 20 })] }),
      '████████████████████',
    ],
    [
      'there is one of each',
      account('a', {
        limit: 20,
        externalReserved: 2,
        cut: 1,
        sets: [
          share('epp-core-bj', { granted: 6 }),
          share('epp-manage-bj', { granted: 3 }),
          share('epp-query-bj', { granted: 4, quarantined: 2 }),
        ],
      }),
      '██████▓▓▓▒▒▒▒××··╱╱╱',
    ],
    [
      'a pod gives back what is not free yet',
      account('a', { limit: 20, sets: [share('epp-core-bj', { granted: 4, charged: 8 })] }),
      '████████············',
    ],
    [
      'the ledger is lost, and pods still hold what they were granted',
      account('a', { limit: 20, free: 10, sets: [share('epp-core-bj', { granted: 10, charged: 0 })] }),
      '██████████··········',
    ],
    [
      'one of ten thousand is quarantined',
      account('a', { limit: 10_000, sets: [share('epp-core-bj', { granted: 9_999, quarantined: 1 })] }),
      '███████████████████×',
    ],
  ])('when %s', (_, its, expected) => {
    expect(bar(segmentsOf(its), 20, look)).toBe(expected);
  });

  it('is empty where there is no limit that could be read', () => {
    expect(bar(segmentsOf(account('a', { limit: 0 })), 20, look)).toBe(' '.repeat(20));
  });
});

describe('cells', () => {
  it('fill the width, in proportion, and leave out nothing that is there', () => {
    const counts = fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 10, max: 80 }), (counts, width) => {
        const cells = cellsOf(counts, width);
        const total = counts.reduce((sum, count) => sum + count, 0);
        expect(cells.reduce((sum, cell) => sum + cell, 0)).toBe(total === 0 ? 0 : width);
        for (const [index, count] of counts.entries()) {
          const cell = cells[index] ?? -1;
          expect(cell > 0).toBe(count > 0);
          // Less than its share by what is rounded, and by what those that are small were given.
          expect(Math.abs(cell - (count / (total || 1)) * width)).toBeLessThan(counts.length);
        }
      }),
    );
  });

  it('are no more than there is room for', () => {
    expect(cellsOf([1, 1, 1], 2)).toEqual([1, 1, 0]);
  });
});
