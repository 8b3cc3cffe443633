import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatSetName,
  parseSetName,
  regionLabel,
  SET_NAME_MAX_LENGTH,
  setNameProblem,
} from '../../src/routing/set-name.ts';

const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const name = fc.record({ prefix: part, business: part, region: fc.oneof(part, fc.constant('*')) });

describe('a set name', () => {
  it('survives formatting and parsing', () => {
    fc.assert(
      fc.property(name, (parts) => {
        const text = formatSetName(parts);
        expect(parseSetName(text)).toEqual(parts);
        expect(setNameProblem(text)).toBeUndefined();
        expect(text.length).toBeLessThanOrEqual(SET_NAME_MAX_LENGTH);
      }),
    );
  });

  it('is either parsed or explained, never both, whatever the text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z.*A-Z-]{0,12}$/), name.map(formatSetName));
    fc.assert(
      fc.property(text, (candidate) => {
        const parsed = parseSetName(candidate);
        expect(parsed === undefined).toBe(setNameProblem(candidate) !== undefined);
        if (parsed) expect(formatSetName(parsed)).toBe(candidate);
      }),
    );
  });

  it.each([
    ['', 'write prefix.business.region'],
    ['epp.core', 'write prefix.business.region'],
    ['epp.core.bj.1', 'write prefix.business.region'],
    ['epp..bj', 'its business is empty'],
    ['.core.bj', 'its prefix is empty'],
    ['*.core.bj', 'only the region may be *'],
    ['epp.*.*', 'only the region may be *'],
    ['epp.Core.bj', 'its business must be 1 to 63'],
    ['epp.core.bj-', 'its region must be 1 to 63'],
    ['epp.core.**', 'its region must be'],
    ['epp.core.bj\n', 'its region must be'],
    ['epp.çore.bj', 'its business must be'],
    [`${'a'.repeat(64)}.core.bj`, 'its prefix must be 1 to 63'],
  ])('%j is malformed: %s', (text, says) => {
    expect(parseSetName(text)).toBeUndefined();
    expect(setNameProblem(text)).toContain(says);
  });

  it('does not let a hostile text into a message at full length', () => {
    expect(setNameProblem('x'.repeat(100_000))?.length).toBeLessThan(400);
  });

  it('has a region that stands in a label', () => {
    expect(regionLabel('*')).toBe('any');
    expect(regionLabel('bj')).toBe('bj');
  });
});
