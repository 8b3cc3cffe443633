import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../src/kube/work-queue.ts';
import { ManualClock, settle } from './manual-clock.ts';

function setUp(options: { metrics?: Registry } = {}) {
  const clock = new ManualClock();
  const queue = new WorkQueue({ name: 'q', clock, backoff: { baseMs: 10, maxMs: 100 }, ...options });
  return { clock, queue };
}

/** Takes everything that waits, without `done`. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.length > 0) keys.push((await queue.take()) as string);
  return keys;
}

describe('WorkQueue', () => {
  it('gives keys in order of arrival, each once however often it was added', async () => {
    const { queue } = setUp();
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect(queue.length).toBe(3);
    expect(await takeAll(queue)).toEqual(['b', 'a', 'c']);
  });

  it('hands a key to who waits for one', async () => {
    const { queue } = setUp();
    const first = queue.take();
    const second = queue.take();
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
  });

  it('keeps a key that was added while in work until the work has ended, and then gives it once', async () => {
    const { queue } = setUp();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(await takeAll(queue)).toEqual(['a']);
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('refuses done for a key that is not in work', () => {
    expect(() => setUp().queue.done('a')).toThrow('a is not in work');
  });

  it.each([
    { delays: [50, 20, 80], due: 20 },
    { delays: [20, 50], due: 20 },
    { delays: [50, 0], due: 0 },
    { delays: [50, -5], due: 0 },
  ])('adds after the earliest of the delays $delays', async ({ delays, due }) => {
    const { clock, queue } = setUp();
    for (const ms of delays) queue.addAfter('a', ms);
    if (due > 0) {
      await clock.advance(due - 1);
      expect(queue.length).toBe(0);
      await clock.advance(1);
    }
    expect(await takeAll(queue)).toEqual(['a']);
  });

  it('doubles the back-off of a key until it is forgotten', async () => {
    const { clock, queue } = setUp();
    const waits: number[] = [];
    const measure = async (atLeastMs?: number) => {
      const from = clock.monotonicMs();
      queue.addRateLimited('a', atLeastMs);
      while (queue.length === 0) await clock.advance(1);
      waits.push(clock.monotonicMs() - from);
      queue.done((await queue.take()) as string);
    };
    for (let i = 0; i < 5; i += 1) await measure();
    expect(queue.failures('a')).toBe(5);
    await measure(500);
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
    await measure();
    expect(waits).toEqual([10, 20, 40, 80, 100, 500, 10]);
  });

  it('tells who waits when it is shut down, and drops what waited', async () => {
    const { clock, queue } = setUp();
    const waiting = queue.take();
    queue.addAfter('late', 10);
    queue.shutDown();
    expect(await waiting).toBeUndefined();
    queue.add('a');
    await clock.advance(100);
    expect(queue.length).toBe(0);
    expect(await queue.take()).toBeUndefined();
  });

  it('lets work end after it was shut down', async () => {
    const { queue } = setUp();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.shutDown();
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('measures itself under the names of client-go', async () => {
    const metrics = new Registry();
    const { clock, queue } = setUp({ metrics });
    const second = new WorkQueue({ name: 'other', clock, metrics });
    second.add('x');
    for (const key of ['a', 'b', 'a']) queue.add(key);
    queue.addRateLimited('c');
    await clock.advance(2000);
    await queue.take();
    await queue.take();
    await clock.advance(3000);
    queue.done('a');
    await clock.advance(1000);
    const lines = (await metrics.metrics()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'workqueue_depth{name="q"} 1',
        'workqueue_depth{name="other"} 1',
        'workqueue_adds_total{name="q"} 3',
        'workqueue_retries_total{name="q"} 1',
        'workqueue_queue_duration_seconds_count{name="q"} 2',
        'workqueue_queue_duration_seconds_sum{name="q"} 4',
        'workqueue_work_duration_seconds_sum{name="q"} 3',
        'workqueue_unfinished_work_seconds{name="q"} 4',
        'workqueue_longest_running_processor_seconds{name="q"} 4',
      ]),
    );
  });

  it('never gives a key that is in work, and loses none, whatever is done to it', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      fc.record({ op: fc.constant('add' as const), key }),
      fc.record({ op: fc.constant('addAfter' as const), key, ms: fc.nat(50) }),
      fc.record({ op: fc.constant('addRateLimited' as const), key }),
      fc.record({ op: fc.constant('forget' as const), key }),
      fc.record({ op: fc.constant('take' as const) }),
      fc.record({ op: fc.constant('done' as const), which: fc.nat() }),
      fc.record({ op: fc.constant('advance' as const), ms: fc.nat(100) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, queue } = setUp();
        const working = new Set<string>();
        const twice: string[] = [];
        /** Keys that were added since they were last given. */
        const owed = new Set<string>();
        const take = () =>
          void queue.take().then((taken) => {
            if (taken === undefined) return;
            if (working.has(taken)) twice.push(taken);
            working.add(taken);
            owed.delete(taken);
          });
        const finish = (done: string) => {
          working.delete(done);
          queue.done(done);
        };
        for (const step of steps) {
          if (step.op === 'add' || step.op === 'addAfter' || step.op === 'addRateLimited') owed.add(step.key);
          if (step.op === 'add') queue.add(step.key);
          else if (step.op === 'addAfter') queue.addAfter(step.key, step.ms);
          else if (step.op === 'addRateLimited') queue.addRateLimited(step.key);
          else if (step.op === 'forget') queue.forget(step.key);
          else if (step.op === 'take') take();
          else if (step.op === 'advance') await clock.advance(step.ms);
          else if (working.size > 0) finish([...working][step.which % working.size] as string);
          await settle();
        }
        await clock.advance(1000);
        while (queue.length > 0 || working.size > 0) {
          for (const key of [...working]) finish(key);
          if (queue.length > 0) take();
          await settle();
        }
        expect({ twice, lost: [...owed] }).toEqual({ twice: [], lost: [] });
      }),
    );
  });
});
