import { describe, expect, it } from 'vitest';
import { CheckCache, type CheckCacheOptions, type Flight } from '../../../src/adapter/checks/check-cache.ts';

const open = (options: Partial<CheckCacheOptions> = {}) =>
  new CheckCache<string, Flight>({ freeMs: 1_000, takenMs: 5_000, ...options });
const flight = (account: string, ...names: string[]): Flight => ({ account, names });
const says = (avail: boolean | undefined) => (name: string) => ({ checked: { name, avail }, about: 'it' });

/** Asked and answered at once. */
function keep(
  cache: CheckCache<string, Flight>,
  name: string,
  avail: boolean,
  nowMs = 0,
  account = 'a',
): void {
  const asked = flight(account, name);
  cache.took(asked, nowMs);
  cache.landed(asked, says(avail), nowMs);
}

describe('what is kept', () => {
  it('is kept for its time, free and taken', () => {
    const cache = open();
    keep(cache, 'free.com', true);
    keep(cache, 'taken.com', false);
    expect(cache.keptOf('a', 'free.com', 999)).toMatchObject({
      checked: { avail: true },
      about: 'it',
      atMs: 0,
    });
    expect(cache.keptOf('a', 'free.com', 1_000)).toBeUndefined();
    expect(cache.keptOf('a', 'taken.com', 4_999)).toMatchObject({ checked: { avail: false } });
    expect(cache.keptOf('a', 'taken.com', 5_000)).toBeUndefined();
  });

  it('is only what is wanted: one kind alone, and nothing that is neither', () => {
    const taken = open({ freeMs: 0 });
    keep(taken, 'free.com', true);
    keep(taken, 'taken.com', false);
    expect(taken.size).toBe(1);
    const asked = flight('a', 'odd.com', 'silent.com');
    taken.took(asked, 0);
    taken.landed(asked, (name) => (name === 'odd.com' ? says(undefined)(name) : undefined), 0);
    expect(taken.size).toBe(1);
  });

  it('is of one account, and dropped for all', () => {
    const cache = open();
    keep(cache, 'x.com', true, 0, 'a');
    keep(cache, 'x.com', true, 0, 'b');
    expect(cache.keptOf('c', 'x.com', 1)).toBeUndefined();
    cache.hold('change', ['x.com'], 100, 1);
    expect(cache.keptOf('a', 'x.com', 1)).toBeUndefined();
    expect(cache.keptOf('b', 'x.com', 1)).toBeUndefined();
  });

  it('has a bound: what was used least recently goes', () => {
    const cache = open({ maxNames: 2 });
    keep(cache, 'a.com', true);
    keep(cache, 'b.com', true);
    cache.keptOf('a', 'a.com', 1);
    keep(cache, 'c.com', true);
    expect(cache.size).toBe(2);
    expect(cache.keptOf('a', 'b.com', 1)).toBeUndefined();
    expect(cache.keptOf('a', 'a.com', 1)).toBeDefined();
  });
});

describe('a check under way', () => {
  it('may be joined until it is over', () => {
    const cache = open();
    const asked = flight('a', 'x.com', 'y.com');
    cache.took(asked, 0);
    expect(cache.flightOf('a', 'y.com')).toBe(asked);
    expect(cache.flightOf('b', 'y.com')).toBeUndefined();
    cache.landed(asked, says(true), 1);
    expect(cache.flightOf('a', 'y.com')).toBeUndefined();
  });

  it('leaves one that came later alone', () => {
    const cache = open();
    const [first, second] = [flight('a', 'x.com'), flight('a', 'x.com')];
    cache.took(first, 0);
    cache.took(second, 1);
    cache.landed(first, says(true), 2);
    expect(cache.size).toBe(0);
    expect(cache.flightOf('a', 'x.com')).toBe(second);
  });
});

describe('a change', () => {
  it('meets what is kept, what is under way and what is asked meanwhile, of its names alone', () => {
    const cache = open();
    keep(cache, 'x.com', true);
    const before = flight('a', 'x.com', 'y.com');
    cache.took(before, 0);
    cache.hold('change', ['x.com'], 100, 1);
    expect(cache.keptOf('a', 'x.com', 1)).toBeUndefined();
    expect(cache.flightOf('a', 'x.com')).toBeUndefined();
    expect(cache.flightOf('a', 'y.com')).toBe(before);
    const meanwhile = flight('a', 'x.com');
    cache.took(meanwhile, 2);
    expect(cache.flightOf('a', 'x.com')).toBeUndefined();
    cache.lift('change', ['x.com']);
    cache.landed(before, says(true), 3);
    cache.landed(meanwhile, says(true), 3);
    expect(cache.keptOf('a', 'x.com', 3)).toBeUndefined();
    expect(cache.keptOf('a', 'y.com', 3)).toBeDefined();
    keep(cache, 'x.com', false, 4);
    expect(cache.keptOf('a', 'x.com', 5)).toBeDefined();
  });

  it('holds until every change of the name is over', () => {
    const cache = open();
    cache.hold('one', ['x.com'], 100, 0);
    cache.hold('two', ['x.com'], 100, 0);
    cache.lift('one', ['x.com']);
    cache.lift('one', ['x.com']);
    keep(cache, 'x.com', true, 1);
    expect(cache.size).toBe(0);
    cache.lift('two', ['x.com']);
    keep(cache, 'x.com', true, 2);
    expect(cache.size).toBe(1);
    expect(cache.held).toBe(0);
  });

  it('that is never lifted ends by itself', () => {
    const cache = open();
    cache.hold('lost', ['x.com'], 100, 0);
    keep(cache, 'x.com', true, 99);
    expect(cache.size).toBe(0);
    keep(cache, 'x.com', true, 100);
    expect(cache.size).toBe(1);
    expect(cache.held).toBe(0);
  });

  it('of everything meets everything', () => {
    const cache = open();
    keep(cache, 'x.com', true);
    const before = flight('a', 'y.com');
    cache.took(before, 0);
    cache.hold('all', 'all', 100, 0);
    cache.landed(before, says(true), 1);
    keep(cache, 'z.com', true, 2);
    expect(cache.size).toBe(0);
    cache.lift('all', 'all');
    keep(cache, 'z.com', true, 3);
    expect(cache.size).toBe(1);
  });

  it('beyond the bound of changes keeps the cache from keeping anything', () => {
    const cache = open({ maxHolds: 2 });
    for (const id of ['1', '2', '3']) cache.hold(id, [`${id}.com`], 100, 0);
    keep(cache, 'other.com', true, 1);
    expect(cache.size).toBe(0);
    for (const id of ['1', '2', '3']) cache.lift(id, [`${id}.com`]);
    keep(cache, 'other.com', true, 99);
    expect(cache.size).toBe(0);
    keep(cache, 'other.com', true, 100);
    expect(cache.size).toBe(1);
  });
});
