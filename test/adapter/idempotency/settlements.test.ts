import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { REMEMBER_MS } from '../../../src/adapter/idempotency/record.ts';
import { Settlements, type SettlementsOptions } from '../../../src/adapter/idempotency/settlements.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../manual-clock.ts';
import { aClaim, DONE } from './claims.ts';
import { ScriptedStore } from './scripted-store.ts';

const settle = async () => {
  for (let i = 0; i < 10; i++) await nextTurn();
};

function setUp(options: Partial<SettlementsOptions> = {}) {
  const clock = new ManualClock();
  const errors: string[] = [];
  const log = { ...silentLog, error: (_fields: object, message: string) => void errors.push(message) };
  const store = new ScriptedStore({ clock, log });
  const backoff = { baseMs: 250, maxMs: 10_000 };
  const settlements = new Settlements({ store, clock, log, patienceMs: 500, backoff, ...options });
  const kindOf = async (id: string) => (await store.claim(id, aClaim('later'))).kind;
  return { clock, errors, store, settlements, kindOf };
}

describe('how requests ended', () => {
  it('is told to the store before the caller is', async () => {
    const { store, settlements, kindOf } = setUp();
    await store.claim('k', aClaim('a'));
    await settlements.tell('k', aClaim('a'), DONE);
    expect(await kindOf('k')).toBe('settled');
    expect(settlements.untold).toBe(0);
  });

  it('is told again, at growing intervals, until the store is back', async () => {
    const { clock, store, settlements, kindOf } = setUp();
    await store.claim('done', aClaim('a'));
    await store.claim('free', aClaim('b'));
    store.state = 'away';
    await Promise.all([
      settlements.tell('done', aClaim('a'), DONE),
      settlements.tell('free', aClaim('b'), 'free'),
    ]);
    expect(settlements.untold).toBe(2);
    store.calls.length = 0;
    for (let i = 0; i < 60; i++) {
      clock.advance(1_000);
      await settle();
    }
    // two at a time: about every ten seconds in the end
    expect(store.calls.length).toBeGreaterThanOrEqual(12);
    expect(store.calls.length).toBeLessThanOrEqual(30);
    store.state = 'there';
    clock.advance(16_000);
    await settle();
    expect(settlements.untold).toBe(0);
    expect(await kindOf('done')).toBe('settled');
    expect(await kindOf('free')).toBe('new');
  });

  it('keeps no caller waiting for a store that is mute', async () => {
    const { clock, store, settlements } = setUp();
    store.state = 'mute';
    let waited = true;
    const told = settlements.tell('k', aClaim('a'), DONE).then(() => {
      waited = false;
    });
    clock.advance(499);
    await settle();
    expect(waited).toBe(true);
    clock.advance(1);
    await told;
  });

  it('is told once more where an answer got lost, which changes nothing', async () => {
    const { clock, store, settlements, kindOf } = setUp();
    await store.claim('k', aClaim('a'));
    store.state = 'lost-answers';
    await settlements.tell('k', aClaim('a'), DONE);
    store.state = 'there';
    clock.advance(1_000);
    await settle();
    expect(settlements.untold).toBe(0);
    expect(await kindOf('k')).toBe('settled');
  });

  it('is given up when the key would be forgotten anyway', async () => {
    const { clock, store, settlements } = setUp();
    store.state = 'away';
    await settlements.tell('k', aClaim('a'), DONE);
    clock.advance(REMEMBER_MS);
    await settle();
    expect(settlements.untold).toBe(0);
  });

  it('is given up, the oldest first and with a word, where there is no room', async () => {
    const { clock, store, settlements, kindOf, errors } = setUp({ limit: 2 });
    store.state = 'away';
    for (const id of ['one', 'two', 'three']) await settlements.tell(id, aClaim(id), DONE);
    expect(settlements.untold).toBe(2);
    expect(errors).toHaveLength(1);
    store.state = 'there';
    clock.advance(10_000);
    await settle();
    expect(await kindOf('one')).toBe('new');
    expect(await kindOf('three')).toBe('settled');
  });

  it('is told once more when the adapter ends, and nothing after that', async () => {
    const { store, settlements, clock, kindOf, errors } = setUp();
    store.state = 'away';
    await settlements.tell('k', aClaim('a'), DONE);
    store.state = 'there';
    await settlements.close({ timeoutMs: 2_000 });
    expect(await kindOf('k')).toBe('settled');
    expect(errors).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  it('does not hold up the end of the adapter', async () => {
    const { store, settlements, clock, errors } = setUp();
    store.state = 'away';
    await settlements.tell('k', aClaim('a'), DONE);
    store.state = 'mute';
    const closed = settlements.close({ timeoutMs: 2_000 });
    await settle();
    clock.advance(2_000);
    await closed;
    expect(errors).toHaveLength(1);
  });
});
