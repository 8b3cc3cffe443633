import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/kube/turns.ts';

/** Work that lasts until it is told to end. */
function work() {
  const end = Promise.withResolvers<string>();
  const state = { begun: false, end: end.resolve, fail: end.reject };
  const run = () => {
    state.begun = true;
    return end.promise;
  };
  return { ...state, run, begun: () => state.begun };
}

const never = new AbortController().signal;

describe('turns', () => {
  it('let so many run at once, and the others as these end, in the order in which they came', async () => {
    const turns = new Turns(2);
    const all = [work(), work(), work(), work()];
    const results = all.map(({ run }) => turns.run(run, never));
    const begun = () => all.map((each) => each.begun());
    expect(begun()).toEqual([true, true, false, false]);
    all[1]!.end('second');
    await results[1];
    await Promise.resolve();
    expect(begun()).toEqual([true, true, true, false]);
    all[0]!.end('first');
    all[2]!.end('third');
    all[3]!.end('fourth');
    expect(await Promise.all(results)).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('go on after work that failed', async () => {
    const turns = new Turns(1);
    const failing = work();
    const failed = turns.run(failing.run, never);
    const next = turns.run(async () => 'next', never);
    failing.fail(new Error('no'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  it('begin nothing for whom it is too late', async () => {
    const turns = new Turns(1);
    const abort = new AbortController();
    const long = work();
    const first = turns.run(long.run, never);
    const late = work();
    const second = turns.run(late.run, abort.signal);
    abort.abort(new Error('the end'));
    long.end('done');
    await first;
    await expect(second).rejects.toThrow('the end');
    expect(late.begun()).toBe(false);
    expect(await turns.run(async () => 'free', never)).toBe('free');
  });
});
