import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Agenda } from '../../src/simulator/agenda.ts';

describe('an agenda', () => {
  it('does what is due once, in the order of its times, whatever the order it came in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 30 }), fc.nat(50), (times, nowMs) => {
        const agenda = new Agenda();
        const done: [number, number][] = [];
        for (const [index, atMs] of times.entries())
          agenda.add(new Date(atMs), () => void done.push([atMs, index]));
        agenda.run(nowMs);
        agenda.run(nowMs);
        const due = times
          .map((atMs, index): [number, number] => [atMs, index])
          .filter(([atMs]) => atMs <= nowMs);
        // of two at one time the one that came first: sorting is stable
        expect(done).toEqual(due.sort(([a], [b]) => a - b));
        const later = times.filter((atMs) => atMs > nowMs);
        expect(agenda.nextMs).toBe(Math.min(...later, Number.POSITIVE_INFINITY));
      }),
    );
  });

  it('does what is added meanwhile, where it is due as well', () => {
    const agenda = new Agenda();
    const done: string[] = [];
    agenda.add(new Date(10), () => {
      done.push('first');
      agenda.add(new Date(20), () => void done.push('second'));
      agenda.add(new Date(40), () => void done.push('never'));
    });
    agenda.run(30);
    expect(done).toEqual(['first', 'second']);
    expect(agenda.nextMs).toBe(40);
  });
});
