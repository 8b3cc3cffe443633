import { describe, expect, it } from 'vitest';
import { Job, type Part } from '../../../src/adapter/job.ts';
import { LINGER_MS } from '../../../src/adapter/scheduler/linger.ts';
import { QueueRoom } from '../../../src/adapter/scheduler/queue-room.ts';
import { RequestQueue } from '../../../src/adapter/scheduler/request-queue.ts';
import { SharedChecks } from '../../../src/adapter/scheduler/shared-checks.ts';
import { ManualClock } from '../manual-clock.ts';
import { check } from './dispatching.ts';

const HOST = {
  onExpiry: () => {
    throw new Error('nothing expires here');
  },
  onFullQueue: () => {
    throw new Error('there is room');
  },
  leaveQueue: () => true,
};

function setUp(maxNames = 4) {
  const clock = new ManualClock();
  const queue = new RequestQueue<Part>({ room: new QueueRoom(100), clock, mergeLimit: maxNames });
  const shared = new SharedChecks(queue, maxNames);
  let order = 0;
  const part = (names: string[], key: string | null = 'com', tenant = ''): Part => {
    const work = check(names, { tenant });
    const { command } = work;
    const one = {
      command,
      cost: names.length,
      mergeKey: key ?? undefined,
      deadlineMs: 1e9,
      lastMs: 1e9,
      sinceMs: 0,
      order: ++order,
    };
    return new Job(work, [one], HOST).parts[0] as Part;
  };
  const wait = (...given: Parameters<typeof part>) => {
    const one = part(...given);
    queue.add(one);
    return one;
  };
  return { queue, shared, part, wait };
}

describe('shared checks', () => {
  it('gather what may share the command and fits in, fair between tenants', () => {
    const { queue, shared, part, wait } = setUp(4);
    const mine = [wait(['a1.com'], 'com', 'a'), wait(['a2.com'], 'com', 'a'), wait(['a3.com'], 'com', 'a')];
    const yours = wait(['b1.com'], 'com', 'b');
    wait(['x.net'], 'net');
    const { parts, names } = shared.gather(part(['first.com', 'A1.com']));
    expect(parts.slice(1)).toContain(yours);
    expect(parts.slice(1)).toContain(mine[0]);
    // a name that is asked already costs no room
    expect(names).toEqual(['first.com', 'A1.com', 'b1.com', 'a2.com']);
    expect(queue.size).toBe(2);
  });

  it('ask for one caller as he wrote it', () => {
    const { shared, part } = setUp();
    const alone = part(['a.com']);
    expect(shared.gather(alone)).toEqual({ parts: [alone], names: undefined });
  });

  it('leave alone what shares with nobody', () => {
    const { shared, part, wait, queue } = setUp();
    wait(['b.com'], null);
    const alone = part(['a.com'], null);
    expect(shared.gather(alone)).toEqual({ parts: [alone], names: undefined });
    expect(queue.size).toBe(1);
  });

  it('wait a moment for others only where many come, and not once the command is full', () => {
    const { shared, part, wait } = setUp(4);
    const quiet = part(['a.com']);
    shared.arrived([quiet], 0);
    expect(shared.waitMs(quiet, 0)).toBe(0);
    for (let ms = 0; ms < 20; ms++)
      shared.arrived(
        Array.from({ length: 20 }, () => quiet),
        ms,
      );
    const first = wait(['a.com']);
    expect(shared.waitMs(first, 20)).toBe(LINGER_MS);
    for (const name of ['b.com', 'c.com', 'd.com']) wait([name]);
    expect(shared.waitMs(first, 20)).toBe(0);
    expect(shared.waitMs(part(['x.com'], null), 20)).toBe(0);
  });
});
