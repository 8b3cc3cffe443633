import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/adapter/idempotency/memory-store.ts';
import { REMEMBER_MS } from '../../../src/adapter/idempotency/record.ts';
import { StoreUnavailable } from '../../../src/adapter/idempotency/store.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../manual-clock.ts';
import { aClaim, DONE, UNKNOWN } from './claims.ts';
import { describeStore } from './store-contract.ts';

const open = (options: { maxKeys?: number; maxAnswers?: number } = {}) => {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, message: string) => void warnings.push(message) };
  return { clock, warnings, store: new MemoryStore({ clock, log, ...options }) };
};
const kindOf = async (store: MemoryStore, id: string) => (await store.claim(id, aClaim('later'))).kind;

describe('the memory store', () => {
  describeStore(() => open({ maxKeys: 100_000 }).store);

  it('forgets a key after a day', async () => {
    const { store, clock } = open();
    await store.claim('one', aClaim('a'));
    await store.settle('one', aClaim('a'), DONE);
    clock.advance(REMEMBER_MS - 1);
    expect(await kindOf(store, 'one')).toBe('settled');
    clock.advance(1);
    expect(await kindOf(store, 'one')).toBe('new');
  });

  it('tells lost keys from running ones by its clock', async () => {
    const { store, clock } = open();
    await store.claim('one', aClaim('a', 'same', 1_000));
    clock.advance(999);
    expect(await kindOf(store, 'one')).toBe('running');
    clock.advance(1);
    expect(await kindOf(store, 'one')).toBe('lost');
  });

  it('makes room by what is done and was asked for least recently, then by what is unknown', async () => {
    const { store, warnings } = open({ maxKeys: 4 });
    for (const id of ['u', 'd1', 'd2', 'r']) await store.claim(id, aClaim('a'));
    await store.settle('u', aClaim('a'), UNKNOWN);
    await store.settle('d1', aClaim('a'), DONE);
    await store.settle('d2', aClaim('a'), DONE);
    expect(await kindOf(store, 'd1')).toBe('settled');
    await store.claim('n1', aClaim('a'));
    expect(warnings).toHaveLength(1);
    expect(store.size).toBe(4);
    // d2 has gone, as d1 was asked for since
    await store.claim('n2', aClaim('a'));
    expect(await kindOf(store, 'u')).toBe('settled');
    await store.claim('n3', aClaim('a'));
    expect(store.size).toBe(4);
    for (const id of ['r', 'n1', 'n2', 'n3']) expect(await kindOf(store, id), id).toBe('running');
    expect(warnings).toHaveLength(1);
  });

  it('refuses new keys where all that it has are running, and known ones never', async () => {
    const { store } = open({ maxKeys: 2 });
    await store.claim('r1', aClaim('a'));
    await store.claim('r2', aClaim('a'));
    await expect(store.claim('n', aClaim('a'))).rejects.toThrow(StoreUnavailable);
    expect(await kindOf(store, 'r1')).toBe('running');
    await store.release('r1', aClaim('a'));
    expect((await store.claim('n', aClaim('a'))).kind).toBe('new');
  });

  it('makes room for answers that are large', async () => {
    const { store } = open({ maxAnswers: 2_000 });
    for (const id of ['a', 'b', 'c']) {
      await store.claim(id, aClaim('a'));
      await store.settle(id, aClaim('a'), { verdict: 'done', answer: 'x'.repeat(900) });
    }
    await store.claim('d', aClaim('a'));
    expect(store.size).toBe(3);
    expect(await kindOf(store, 'a')).toBe('new');
    expect(await kindOf(store, 'c')).toBe('settled');
  });
});
