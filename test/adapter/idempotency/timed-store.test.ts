import { expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/adapter/idempotency/store.ts';
import { timedStore } from '../../../src/adapter/idempotency/timed-store.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../manual-clock.ts';
import { aClaim, DONE } from './claims.ts';
import { ScriptedStore } from './scripted-store.ts';

it('tells how long each claim took, whatever became of it, and does the rest as the store does', async () => {
  const clock = new ManualClock();
  const store = new ScriptedStore({ clock, log: silentLog });
  const took: number[] = [];
  const timed = timedStore(store, { clock, took: (seconds) => took.push(seconds) });
  const claim = async (id: string, ms: number) => {
    const claiming = timed.claim(id, aClaim('a'));
    clock.skip(ms);
    return claiming;
  };
  expect(await claim('k', 2)).toEqual({ kind: 'new' });
  await timed.settle('k', aClaim('a'), DONE);
  expect(await claim('k', 0)).toEqual({ kind: 'settled', ...DONE });
  store.state = 'away';
  await expect(claim('l', 1_000)).rejects.toThrow(StoreUnavailable);
  await expect(timed.release('l', aClaim('a'))).rejects.toThrow(StoreUnavailable);
  await timed.close();
  expect(took).toEqual([0.002, 0, 1]);
  expect(store.calls).toEqual(['claim', 'settle done', 'claim', 'claim', 'release']);
});
