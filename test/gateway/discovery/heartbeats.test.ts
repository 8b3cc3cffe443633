import { beforeEach, describe, expect, it } from 'vitest';
import { Heartbeats } from '../../../src/gateway/discovery/heartbeats.ts';
import { ManualClock } from '../../kube/manual-clock.ts';

let clock: ManualClock;
let heartbeats: Heartbeats;
/** What whoever keeps the heartbeats answers. */
let keeper: 'silent' | 'heard' | 'away';
let expired: string[];
let changes: number;

beforeEach(() => {
  clock = new ManualClock();
  keeper = 'silent';
  expired = [];
  changes = 0;
  heartbeats = new Heartbeats({
    clock,
    async isSilent() {
      if (keeper === 'away') throw new Error('away');
      return keeper === 'silent';
    },
    async expire(name) {
      expired.push(name);
      heartbeats.forget(name);
    },
  });
  heartbeats.subscribe(() => {
    changes += 1;
  });
});

describe('who of the registered is alive', () => {
  it('is nobody who was never heard', () => {
    expect(heartbeats.stateOf('a')).toBeUndefined();
  });

  it('is dead after three TTLs of silence, is ready by a heartbeat, and else expires', async () => {
    heartbeats.heard('a', 10_000);
    await clock.advance(29_999);
    expect(heartbeats.stateOf('a')).toBe('ready');
    await clock.advance(1);
    expect(heartbeats.stateOf('a')).toBe('dead');
    heartbeats.heard('a', 10_000);
    expect(heartbeats.stateOf('a')).toBe('ready');
    await clock.advance(30_000);
    expect(heartbeats.stateOf('a')).toBe('dead');
    await clock.advance(59_999);
    expect(expired).toEqual([]);
    await clock.advance(1);
    expect(expired).toEqual(['a']);
    // Came, died, lived, died, went
    expect(changes).toBe(5);
  });

  it('stays ready by a heartbeat each TTL', async () => {
    heartbeats.heard('a', 1_000);
    for (let second = 0; second < 100; second += 1) {
      await clock.advance(1_000);
      heartbeats.heard('a', 1_000);
    }
    expect([heartbeats.stateOf('a'), changes]).toEqual(['ready', 1]);
  });

  it('does not change while the keeper is away, for as long as that takes, and counts anew afterwards', async () => {
    heartbeats.heard('a', 1_000);
    heartbeats.heard('b', 1_000);
    await clock.advance(2_500);
    heartbeats.heard('a', 1_000);
    await clock.advance(500);
    expect(heartbeats.stateOf('b')).toBe('dead');
    keeper = 'away';
    await clock.advance(3_600_000);
    expect([heartbeats.stateOf('a'), heartbeats.stateOf('b'), expired]).toEqual(['ready', 'dead', []]);
    keeper = 'silent';
    await clock.advance(2_000);
    expect(heartbeats.stateOf('a')).toBe('ready');
    await clock.advance(1_000);
    expect(heartbeats.stateOf('a')).toBe('dead');
  });

  it('believes the keeper, who has heard it, before its own ears', async () => {
    heartbeats.heard('a', 1_000);
    keeper = 'heard';
    await clock.advance(60_000);
    expect(heartbeats.stateOf('a')).toBe('ready');
  });

  it('is nobody who was forgotten, whatever is under way', async () => {
    heartbeats.heard('a', 1_000);
    const looking = clock.advance(1_000);
    heartbeats.forget('a');
    await looking;
    await clock.advance(100_000);
    expect([heartbeats.stateOf('a'), heartbeats.size, expired]).toEqual([undefined, 0, []]);
  });
});
