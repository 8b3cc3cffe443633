import { describe, expect, it } from 'vitest';
import { runTogether } from '../../src/operator/run-together.ts';

const untilAborted = (ended: string[], name: string) => (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      ended.push(name);
      resolve();
    });
  });

describe('runTogether', () => {
  it('runs until it is told to stop, and waits for all', async () => {
    const ended: string[] = [];
    const abort = new AbortController();
    const running = runTogether(abort.signal, [untilAborted(ended, 'a'), untilAborted(ended, 'b')]);
    abort.abort(new Error('stop'));
    await running;
    expect(ended).toEqual(['a', 'b']);
  });

  it('ends all when one breaks, and tells what broke', async () => {
    const ended: string[] = [];
    const parts = [untilAborted(ended, 'a'), () => Promise.reject(new Error('broken'))];
    await expect(runTogether(new AbortController().signal, parts)).rejects.toThrow('broken');
    expect(ended).toEqual(['a']);
  });

  it('takes a part that ends by itself for broken', async () => {
    const ended: string[] = [];
    const parts = [untilAborted(ended, 'a'), () => Promise.resolve()];
    await expect(runTogether(new AbortController().signal, parts)).rejects.toThrow('part 1 ended by itself');
  });

  it('does not take an abort that was ordered for an error', async () => {
    const abort = new AbortController();
    const part = (signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const running = runTogether(abort.signal, [part]);
    abort.abort(new Error('stop'));
    await expect(running).resolves.toBeUndefined();
  });

  it('lets parts see that it was stopped before it began', async () => {
    const seen: boolean[] = [];
    const part = async (signal: AbortSignal) => void seen.push(signal.aborted);
    await runTogether(AbortSignal.abort(), [part]);
    expect(seen).toEqual([true]);
  });
});
