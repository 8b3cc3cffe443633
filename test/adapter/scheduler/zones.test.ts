import { describe, expect, it } from 'vitest';
import { zoneFinder } from '../../../src/adapter/scheduler/zones.ts';

describe('zones', () => {
  const zoneOf = zoneFinder(['com', 'co.uk', 'uk', '中国']);

  it.each([
    ['a.com', 'com'],
    ['A.COM', 'com'],
    ['a.uk', 'uk'],
    ['a.co.uk', 'co.uk'],
    ['co.uk', 'uk'],
    ['a.b.com', 'com'],
    ['例子.xn--fiqs8s', 'xn--fiqs8s'],
    ['a.net', 'a.net'],
    ['com', 'com'],
  ])('%s belongs to %s', (name, zone) => {
    expect(zoneOf(name)).toBe(zone);
  });
});
