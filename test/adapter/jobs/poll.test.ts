import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Term } from '../../../src/adapter/jobs/periodic.ts';
import { pollJob } from '../../../src/adapter/jobs/poll.ts';
import {
  MessageFailed,
  MessageRefused,
  type MessageSink,
  type PollMessage,
} from '../../../src/adapter/jobs/poll-message.ts';
import type { EppCommand, EppResponse } from '../../../src/epp/command.ts';
import { EppError } from '../../../src/epp/session.ts';

const term: Term = { signal: new AbortController().signal, holds: () => true };

/** A registry's queue, as RFC 5730 section 2.9.2.3 has it. */
class Queue {
  readonly waiting: string[];
  readonly acknowledged: string[] = [];
  /** The next acknowledgement is carried out, and its answer is lost. */
  loseAnswer = false;
  /** Frames that break the rules, by the id of their message. */
  readonly unreadable = new Map<string, string>();

  constructor(ids: readonly string[]) {
    this.waiting = [...ids];
  }

  ask = async (command: EppCommand): Promise<EppResponse> => {
    const result = (code: number) => ({ results: [{ code, message: `told ${code}` }] });
    if (command.body.op === 'ack') {
      if (this.waiting[0] !== command.body.msgID) return result(2303);
      this.acknowledged.push(this.waiting.shift() as string);
      if (this.loseAnswer) {
        this.loseAnswer = false;
        throw new Error('the connection was cut');
      }
      return { ...result(1000), messageQueue: { count: this.waiting.length, id: this.waiting[0] ?? '' } };
    }
    const [id] = this.waiting;
    if (id === undefined) return result(1300);
    const frame = this.unreadable.get(id);
    if (frame !== undefined) {
      throw new EppError('a frame that is no EPP', { kind: 'protocol', outcome: 'unknown', frame });
    }
    return { ...result(1301), messageQueue: { count: this.waiting.length, id, message: `about ${id}` } };
  };
}

function setUp(ids: readonly string[], deliver: MessageSink['deliver']) {
  const queue = new Queue(ids);
  const aside: PollMessage[] = [];
  const seen: string[] = [];
  const job = pollJob({
    account: 'acme',
    intervalMs: 1_000,
    ask: queue.ask,
    sink: {
      async deliver(message, signal) {
        await deliver(message, signal);
        // A sink that took it, while the registry still has it
        expect(queue.waiting[0]).toBe(message.id);
        seen.push(message.id);
      },
    },
    setAside: { deliver: async (message) => void aside.push(message) },
    events: { waiting: () => {}, delivered: () => {}, setAside: () => {} },
  });
  return { queue, aside, seen, job };
}

describe('polling', () => {
  it('hands over message after message, and acknowledges each when it is taken', async () => {
    const { job, queue, seen } = setUp(['1', '2', '3'], async () => {});
    await job.run(term);
    expect(seen).toEqual(['1', '2', '3']);
    expect(queue.acknowledged).toEqual(['1', '2', '3']);
  });

  it.each([
    ['2026-01-01T00:00:00.0Z', 1_767_225_600_000],
    ['yesterday', undefined],
    [undefined, undefined],
  ])('tells how old the first message is, where the registry says it: %s', async (date, ms) => {
    const told: (number | undefined)[] = [];
    const job = pollJob({
      account: 'acme',
      intervalMs: 1_000,
      ask: async () => ({
        results: [{ code: 1301, message: 'one waits' }],
        messageQueue: { count: 1, id: '1', ...(date && { date }) },
      }),
      sink: { deliver: () => Promise.reject(new Error('the sink is away')) },
      setAside: { deliver: async () => {} },
      events: {
        waiting: (_count, oldest) => void told.push(oldest?.getTime()),
        delivered: () => {},
        setAside: () => {},
      },
    });
    await expect(job.run(term)).rejects.toThrow('the sink is away');
    expect(told).toEqual([ms]);
  });

  it('leaves at the registry what the sink cannot take now', async () => {
    const { job, queue } = setUp(['1', '2'], async () => {
      throw new Error('the sink is away');
    });
    await expect(job.run(term)).rejects.toThrow('the sink is away');
    expect(queue.acknowledged).toEqual([]);
  });

  it('sets aside what the sink refuses for good, and goes on', async () => {
    const { aside, job, queue, seen } = setUp(['1', 'poison', '3'], async ({ id }) => {
      if (id === 'poison') throw new MessageRefused('the webhook answered 422');
    });
    await job.run(term);
    expect(aside.map(({ id }) => id)).toEqual(['poison']);
    expect(aside[0]).toMatchObject({ account: 'acme', message: 'about poison' });
    expect(seen).toEqual(['1', '3']);
    expect(queue.acknowledged).toEqual(['1', 'poison', '3']);
  });

  it('sets aside a message that the sink fails at in five runs, and only then', async () => {
    const { aside, job, queue, seen } = setUp(['1', 'poison', '3'], async ({ id }) => {
      if (id === 'poison') throw new MessageFailed('the webhook answered 500, 4 times');
    });
    for (let run = 1; run < 5; run++) {
      await expect(job.run(term)).rejects.toThrow('the webhook answered 500, 4 times');
      expect(aside).toEqual([]);
    }
    await job.run(term);
    expect(aside.map(({ id }) => id)).toEqual(['poison']);
    expect(seen).toEqual(['1', '3']);
    expect(queue.acknowledged).toEqual(['1', 'poison', '3']);
  });

  it('never sets aside what a sink could not take because it was away', async () => {
    let away = true;
    const { aside, job, seen } = setUp(['1'], async () => {
      if (away) throw new Error('the webhook did not answer');
    });
    for (let run = 0; run < 20; run++) await expect(job.run(term)).rejects.toThrow('did not answer');
    away = false;
    await job.run(term);
    expect(aside).toEqual([]);
    expect(seen).toEqual(['1']);
  });

  it.each([
    ['not well-formed', '<epp><response><msgQ count="5" id="a&amp;1"><msg>&nope;</response></epp>', 5],
    ['with a prefix', "<e:epp><e:msgQ\n id = 'a&#38;1' >\u0000</e:epp>", 1],
    ['cut in the middle', '<epp><response><msgQ id="a&amp;1" count="x"><msg', 1],
  ])('sets aside a message whose frame is %s, and goes on', async (_, frame, count) => {
    const { aside, job, queue, seen } = setUp(['a&1', '2'], async () => {});
    queue.unreadable.set('a&1', frame);
    await job.run(term);
    expect(aside).toEqual([
      {
        account: 'acme',
        id: 'a&1',
        count,
        results: [],
        unreadable: { frame, reason: 'a frame that is no EPP' },
      },
    ]);
    expect(seen).toEqual(['2']);
    expect(queue.acknowledged).toEqual(['a&1', '2']);
  });

  it('fails while a frame does not even tell which message it is', async () => {
    const { aside, job, queue } = setUp(['1'], async () => {});
    queue.unreadable.set('1', '<html>502 Bad Gateway</html>');
    await expect(job.run(term)).rejects.toThrow('a frame that is no EPP');
    expect(aside).toEqual([]);
    expect(queue.acknowledged).toEqual([]);
  });

  it('takes an acknowledgement that was carried out unheard for one', async () => {
    const { job, queue, seen } = setUp(['1', '2'], async () => {});
    queue.loseAnswer = true;
    await expect(job.run(term)).rejects.toThrow('cut');
    await job.run(term);
    expect(seen).toEqual(['1', '2']);
  });

  it.each([
    [2400, 'would not give a poll message: 2400'],
    [2101, 'would not give a poll message: 2101'],
  ])('tells that the registry answers %i', async (code, says) => {
    const { job, queue } = setUp([], async () => {});
    queue.ask = async () => ({ results: [{ code, message: '' }] });
    const failing = pollJob({
      account: 'acme',
      intervalMs: 1,
      ask: queue.ask,
      sink: { deliver: async () => {} },
      setAside: { deliver: async () => {} },
      events: { waiting: () => {}, delivered: () => {}, setAside: () => {} },
    });
    await expect(failing.run(term)).rejects.toThrow(says);
    await job.run(term);
  });

  it('loses no message and delivers none twice, whatever fails in between', async () => {
    const trouble = fc.constantFrom<('sink' | 'ack' | 'none')[]>('sink', 'ack', 'none');
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { maxLength: 30 }), async (troubles) => {
        const ids = Array.from({ length: 8 }, (_, i) => `m${i}`);
        let current: string = 'none';
        const { job, queue, seen } = setUp(ids, async () => {
          if (current === 'sink') {
            current = 'none';
            throw new Error('away');
          }
        });
        for (const next of [...troubles, 'none', 'none']) {
          current = next;
          queue.loseAnswer = next === 'ack';
          await job.run(term).catch(() => {});
        }
        expect(seen).toEqual(ids);
        expect(queue.acknowledged).toEqual(ids);
      }),
      { numRuns: 300 },
    );
  });
});
