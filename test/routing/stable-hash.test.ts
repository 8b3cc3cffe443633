import { describe, expect, it } from 'vitest';
import { avalanche, hash32 } from '../../src/routing/stable-hash.ts';

describe('the stable hash', () => {
  it.each([
    // MurmurHash3's 32-bit finalizer
    [0, 0],
    [1, 0x514e28b7],
    [2, 0x30f4c306],
  ])('avalanche of %i', (number, expected) => expect(avalanche(number)).toBe(expected));

  it.each([
    // FNV-1a's own test vectors
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('of %j is the finalized FNV-1a', (text, fnv) => expect(hash32(text)).toBe(avalanche(fnv)));

  it('changes half of the bits with any bit of a key', () => {
    let changed = 0;
    const bits = (number: number) => number.toString(2).replaceAll('0', '').length;
    for (let at = 0; at < 4_000; at++) {
      const key = String(at * 2);
      changed += bits((hash32(key) ^ hash32(String(at * 2 + 1))) >>> 0);
    }
    expect(changed / 4_000).toBeGreaterThan(15.5);
    expect(changed / 4_000).toBeLessThan(16.5);
  });
});
