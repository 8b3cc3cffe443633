import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSpelling, spellings } from '../../../src/adapter/checks/spellings.ts';

describe('the spellings of a name', () => {
  it.each([
    ['Example.COM', ['example.com']],
    ['例.cn', ['xn--fsq.cn', '例.cn']],
    ['XN--fsq.CN', ['xn--fsq.cn', '例.cn']],
    ['BÜCHER.de', ['xn--bcher-kva.de', 'bücher.de']],
    ['bu\u0308cher.de', ['xn--bcher-kva.de', 'bücher.de']],
    // what is no name is kept as it is
    ['xn--.de', ['xn--.de']],
    ['under_score.de', ['under_score.de']],
  ])('%s', (name, all) => {
    expect(spellings(name)).toEqual(all);
  });

  it.each([
    ['Example.COM', true],
    ['例.cn', true],
    ['XN--FSQ.cn', true],
    ['Bücher.de', true],
    ['bu\u0308cher.de', false],
    ['ｅxample.com', false],
  ])('%s is one of them: %s', (name, is) => {
    expect(isSpelling(name)).toBe(is);
  });

  const label = fc.stringMatching(/^[a-zA-Zßäöüéñ例子网]{1,10}$/);
  it('are the same whichever of them is asked for: no change of a name leaves another spelling of it behind', () => {
    fc.assert(
      fc.property(label, fc.constantFrom('com', '中国'), (first, tld) => {
        const all = spellings(`${first}.${tld}`);
        for (const one of all) {
          expect(spellings(one)).toEqual(all);
          expect(isSpelling(one)).toBe(true);
          expect(domainToASCII(one)).toBe(all[0]);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
