import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dnsLabel, isLabelValue, setObjectNames } from '../../../src/operator/specs/names.ts';

describe('dnsLabel', () => {
  it.each([
    ['epp-core-bj', '-adapter', 'epp-core-bj-adapter'],
    ['a', '', 'a'],
    ['x'.repeat(55), '-adapter', `${'x'.repeat(55)}-adapter`],
    ['epp.core', '-tls', 'epp-core-6be9ad46-tls'],
    ['9lives', '-tls', 'lives-bc867356-tls'],
    ['123', '', 'x-a665a459'],
  ])('%s%s', (base, suffix, expected) => {
    expect(dnsLabel(base, suffix)).toBe(expected);
  });

  it('cuts what is too long and tells it apart by a hash', () => {
    const [one, two] = [
      dnsLabel(`${'x'.repeat(80)}1`, '-credentials'),
      dnsLabel(`${'x'.repeat(80)}2`, '-credentials'),
    ];
    expect(one).toHaveLength(63);
    expect(one).not.toBe(two);
  });

  it('makes a legal label of whatever an object may be called, the same each time', () => {
    const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?$/);
    fc.assert(
      fc.property(name, fc.constantFrom('', '-pods', '-credentials'), (base, suffix) => {
        const label = dnsLabel(base, suffix);
        expect(label).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
        expect(label.endsWith(suffix)).toBe(true);
        expect(dnsLabel(base, suffix)).toBe(label);
      }),
    );
  });

  it('gives different names different labels', () => {
    const name = fc.stringMatching(/^[a-z]([-a-z.]{0,80}[a-z])?$/);
    fc.assert(
      fc.property(name, name, (one, two) => {
        fc.pre(one !== two);
        expect(dnsLabel(one, '-pods')).not.toBe(dnsLabel(two, '-pods'));
      }),
    );
  });
});

it('names a set after its object', () => {
  expect(setObjectNames('epp-core-bj')).toEqual({ adapter: 'epp-core-bj-adapter', pods: 'epp-core-bj-pods' });
});

it.each([
  ['epp.core.bj', true],
  ['epp.core.*', false],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['', true],
  ['a.', false],
])('%s is a label value: %s', (text, expected) => {
  expect(isLabelValue(text)).toBe(expected);
});
