import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { atomicList, listMap, listSet, mapOf } from '../../../src/api/schema/collections.ts';

const issues = (schema: z.ZodType, value: unknown) =>
  (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => [path, message]);

describe('lists', () => {
  it('a set holds each item once', () => {
    const set = listSet(z.string().max(5), { max: 4 });
    expect(issues(set, ['a', 'b'])).toEqual([]);
    expect(issues(set, ['a', 'b', 'a', 'a'])).toEqual([[[2], 'is there twice (a): leave one']]);
  });

  it('a map holds each key once, whatever else its items hold', () => {
    const pair = z.strictObject({ a: z.string().max(5), b: z.int(), c: z.int() });
    const map = listMap(pair, ['a', 'b'], { max: 4 });
    expect(
      issues(map, [
        { a: 'x', b: 1, c: 1 },
        { a: 'x', b: 2, c: 1 },
      ]),
    ).toEqual([]);
    expect(
      issues(map, [
        { a: 'x', b: 1, c: 1 },
        { a: 'x', b: 1, c: 2 },
      ]),
    ).toEqual([[[1], 'is there twice (x, 1): leave one']]);
  });

  it('a plain list may repeat itself, within its bounds', () => {
    const list = atomicList(z.int(), { min: 1, max: 2 });
    expect(issues(list, [1, 1])).toEqual([]);
    expect(list.safeParse([]).success).toBe(false);
    expect(list.safeParse([1, 2, 3]).success).toBe(false);
  });
});

describe('mapOf', () => {
  const map = mapOf(z.int(), { max: 2, key: '[a-z]{1,3}', keyIs: 'a short word' });

  it('bounds its entries and its keys', () => {
    expect(issues(map, { a: 1, b: 2 })).toEqual([]);
    expect(issues(map, { a: 1, b: 2, c: 3 })).toEqual([[[], 'must have at most 2 entries']]);
    expect(issues(map, { abcd: 1 })).toEqual([[[], 'has a key that is not a short word: rename "abcd"']]);
  });

  it('takes no key of the prototype for an entry', () => {
    expect(map.safeParse(JSON.parse('{"__proto__": 1, "a": 2}')).data).toEqual({ a: 2 });
  });
});
