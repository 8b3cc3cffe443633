import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barLabel, segmentsOf } from '../../../src/console/page/bar.ts';
import { account, share } from '../overviews.ts';

describe('the bar of an account', () => {
  it('has a part for each set, quarantine, what is free and what is not ours', () => {
    const one = account(
      'verisign',
      [
        share('epp.core.bj', { granted: 20, open: 12 }),
        share('epp.query.bj', { granted: 4, charged: 6, open: 5, quarantined: 3 }),
      ],
      { limit: 50, externalReserved: 5, cut: 2 },
    );
    expect(segmentsOf(one).map(({ style, size, filled, label }) => [style, size, filled, label])).toEqual([
      ['class-core', 20, 12, 'core 12/20'],
      ['class-query', 6, 5, 'query 5/4'],
      ['quarantined', 3, 0, 'quarantine 3'],
      ['free', 14, 0, 'free 14'],
      ['reserved', 5, 0, 'others 5'],
      ['cut', 2, 0, 'cut 2'],
    ]);
    expect(barLabel(one)).toBe(
      '50 connections of verisign: epp.core.bj (core) 20 granted, 12 open; epp.query.bj (query) 4 granted, 5 open; 3 quarantined; 14 free; 5 kept for others; 2 cut',
    );
  });

  it('is as long as the limit, whoever has what', () => {
    const size = fc.nat({ max: 40 });
    const shares = fc.array(fc.record({ granted: size, back: size, open: size, quarantined: size }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(shares, size, size, size, (parts, free, externalReserved, cut) => {
        const sets = parts.map(({ granted, back, open, quarantined }, index) => {
          const charged = granted + back;
          return share(`epp.s${index}.bj`, { granted, charged, open: Math.min(open, charged), quarantined });
        });
        const held = sets.reduce((sum, { charged, quarantined }) => sum + charged + quarantined, 0);
        const limit = held + free + externalReserved + cut;
        const bar = segmentsOf(account('any', sets, { limit, externalReserved, cut }));
        expect(bar.reduce((sum, segment) => sum + segment.size, 0)).toBe(limit);
        expect(bar.every((segment) => segment.filled <= segment.size)).toBe(true);
        expect(new Set(bar.map(({ key }) => key)).size).toBe(bar.length);
      }),
    );
  });
});
