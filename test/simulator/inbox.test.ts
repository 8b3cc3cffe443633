import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Inbox } from '../../src/simulator/inbox.ts';
import { ManualClock } from '../kube/manual-clock.ts';

interface Command {
  id: number;
  latencyMs: number;
  workMs: number;
}

/** An inbox that notes when it executes what. */
function inboxOf(clock: ManualClock) {
  const executed: { id: number; atMs: number }[] = [];
  const inbox = new Inbox<Command>({
    clock,
    latencyOf: ({ latencyMs }) => latencyMs,
    workOf: ({ workMs }) => workMs,
    execute: ({ id }) => executed.push({ id, atMs: clock.monotonicMs() }),
    onRest: () => {},
  });
  return { inbox, executed };
}

it('lets latencies pass side by side, and executes in order', async () => {
  const clock = new ManualClock();
  const { inbox, executed } = inboxOf(clock);
  for (const [id, latencyMs] of [30, 0, 30, 10].entries()) inbox.push({ id, latencyMs, workMs: 0 });
  inbox.run();
  expect(executed).toEqual([]);
  expect(inbox.busy).toBe(true);
  await clock.advance(30);
  expect(executed).toEqual([0, 1, 2, 3].map((id) => ({ id, atMs: 30 })));
  expect(inbox.busy).toBe(false);
});

it('works on one command after another', async () => {
  const clock = new ManualClock();
  const { inbox, executed } = inboxOf(clock);
  for (const id of [0, 1, 2]) inbox.push({ id, latencyMs: 50, workMs: 10 });
  inbox.run();
  await clock.advance(100);
  expect(executed.map(({ atMs }) => atMs)).toEqual([60, 70, 80]);
});

it('executes nothing once it is stopped', async () => {
  const clock = new ManualClock();
  const { inbox, executed } = inboxOf(clock);
  inbox.push({ id: 0, latencyMs: 10, workMs: 0 });
  inbox.push({ id: 1, latencyMs: 20, workMs: 0 });
  inbox.run();
  await clock.advance(10);
  inbox.stop();
  inbox.push({ id: 2, latencyMs: 0, workMs: 0 });
  inbox.run();
  await clock.advance(100);
  expect(executed).toEqual([{ id: 0, atMs: 10 }]);
});

it('executes each command at the time that latency, work and those before it leave, whatever they are', async () => {
  const command = fc.record({
    waitMs: fc.nat(50),
    latencyMs: fc.nat(100),
    workMs: fc.oneof(fc.constant(0), fc.nat(30)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 20 }), async (commands) => {
      const clock = new ManualClock();
      const { inbox, executed } = inboxOf(clock);
      const expected: { id: number; atMs: number }[] = [];
      let freeAtMs = 0;
      for (const [id, { waitMs, latencyMs, workMs }] of commands.entries()) {
        await clock.advance(waitMs);
        inbox.push({ id, latencyMs, workMs });
        inbox.run();
        freeAtMs = Math.max(clock.monotonicMs() + latencyMs, freeAtMs) + workMs;
        expected.push({ id, atMs: freeAtMs });
      }
      await clock.advance(10_000);
      expect(executed).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});
