import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { AccountPool } from '../../src/adapter/account-pool.ts';
import { QueueRoom } from '../../src/adapter/scheduler/queue-room.ts';
import { transactionIds } from '../../src/adapter/work.ts';
import { EppError, type EppSession } from '../../src/epp/session.ts';
import { silentLog } from '../../src/lib/log.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedBudget } from './scripted-budget.ts';
import { ScriptedSession } from './scripted-session.ts';

let pool: AccountPool | undefined;
afterEach(() => pool?.close());

function setUp(cap = 2) {
  const clock = new ManualClock();
  const budget = new ScriptedBudget(cap);
  const sessions: ScriptedSession[] = [];
  let opening = Promise.resolve();
  const made = new AccountPool({
    account: 'a',
    limits: { opensPerSecond: 100, maxAgeSeconds: 1_000, maxCommandsPerConnection: 0 },
    timeouts: { queueMs: 5_000, commandMs: 30_000 },
    budget,
    room: new QueueRoom(10),
    checks: { maxNames: 5, coalesce: false },
    depth: 1,
    transformReservePercent: 10,
    resolve: async () => ({ address: '127.0.0.1', port: 1 }),
    secrets: { credentials: async () => ({ username: 'acme', password: 'first' }), tls: async () => ({}) },
    open: async ({ signal }): Promise<EppSession> => {
      await Promise.race([
        opening,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ]);
      const session = new ScriptedSession(clock.monotonicMs());
      sessions.push(session);
      return session;
    },
    newTransactionId: transactionIds({ prefix: 'T' }),
    events: { opened: () => {}, openFailed: () => {}, lost: () => {} },
    clock,
    log: silentLog,
    random: () => 0,
  });
  pool = made;
  const settle = async () => {
    for (let i = 0; i < 5; i++) await nextTurn();
  };
  const submit = (transform: boolean, more: { clTRID?: string } = {}) => {
    const submitted = made.submit({
      command: { object: 'domain', command: 'x', body: {} },
      transform,
      ...more,
    });
    const told = submitted.answer.then(
      ({ clTRID }) => ({ clTRID }),
      (error: EppError & { code?: string }) => ({ error }),
    );
    return { ...submitted, told };
  };
  return {
    clock,
    budget,
    sessions,
    pool: made,
    settle,
    submit,
    hangOpens: () => {
      opening = new Promise(() => {});
    },
  };
}

const down = new EppError('down', { kind: 'closed', outcome: 'not-sent' });

describe('account pool', () => {
  it('gives each attempt a transaction id of its own, and the caller that of the answered one', async () => {
    const s = setUp(1);
    s.pool.start();
    await s.settle();
    const { told } = s.submit(false);
    s.sessions[0]?.lose(down);
    await s.settle();
    s.clock.advance(1_000); // the pause before the repeat, and the back-off after a short life
    await s.settle();
    s.sessions[1]?.answer();
    const ids = s.sessions.flatMap(({ sent }) => sent.map(({ clTRID }) => clTRID));
    expect(new Set(ids).size).toBe(2);
    expect(await told).toEqual({ clTRID: ids[1] });
  });

  it('calls a transform by the id that it brings', async () => {
    const s = setUp(1);
    s.pool.start();
    await s.settle();
    const { told } = s.submit(true, { clTRID: 'known-before' });
    expect(s.sessions[0]?.sent).toMatchObject([{ clTRID: 'known-before' }]);
    s.sessions[0]?.answer();
    expect(await told).toEqual({ clTRID: 'known-before' });
  });

  it('drains within its time, whatever the registry does', async () => {
    const s = setUp();
    s.pool.start();
    await s.settle();
    const running = s.submit(true);
    const drained = s.pool.drain({ timeoutMs: 30_000 });
    await s.settle();
    s.clock.advance(29_999);
    expect(s.sessions[0]?.destroyedBy).toBeUndefined();
    s.clock.advance(1);
    await drained;
    expect(await running.told).toMatchObject({ error: { kind: 'shutdown', outcome: 'unknown' } });
    expect(s.budget.held).toBe(0);
  });

  it('drains while a connection is being opened to nowhere', async () => {
    const s = setUp();
    s.hangOpens();
    s.pool.start();
    const waiting = s.submit(false);
    await s.settle();
    const drained = s.pool.drain({ timeoutMs: 30_000 });
    s.clock.advance(30_000);
    await drained;
    expect(await waiting.told).toMatchObject({
      error: { code: expect.stringMatching(/draining|queue-expired/) },
    });
    expect(s.budget.ends).toEqual(['unconfirmed']);
  });

  it('tells a query whose repeat was pending when everything was cut', async () => {
    const s = setUp();
    s.pool.start();
    await s.settle();
    const { told } = s.submit(false);
    s.sessions[0]?.lose(down);
    await s.settle();
    s.pool.close();
    s.clock.advance(1_000);
    expect(await told).toMatchObject({ error: { kind: 'closed', outcome: 'unknown' } });
  });

  it('does not hand a retiring connection more work', async () => {
    const s = setUp(1);
    s.pool.start();
    await s.settle();
    s.submit(true);
    s.budget.cap = 0;
    s.submit(true);
    s.sessions[0]?.answer();
    await s.settle();
    expect(s.sessions[0]?.sent).toHaveLength(1);
    expect(s.sessions[0]?.closeAsked).toBe(1);
    expect(s.pool.waiting).toBe(1);
  });

  it('cancels what waits, and finishes what runs', async () => {
    const s = setUp(1);
    s.pool.start();
    await s.settle();
    const running = s.submit(true);
    const waiting = s.submit(true);
    running.cancel();
    waiting.cancel();
    expect(await waiting.told).toMatchObject({ error: { code: 'caller-gone' } });
    s.sessions[0]?.answer();
    expect(await running.told).toMatchObject({ clTRID: expect.any(String) });
  });

  it('sends nothing more for a caller that has gone', async () => {
    const s = setUp(1);
    s.pool.start();
    await s.settle();
    const { told, cancel } = s.submit(false);
    cancel();
    s.sessions[0]?.lose(down);
    await s.settle();
    s.clock.advance(2_000);
    await s.settle();
    expect(await told).toMatchObject({ error: { outcome: 'unknown' } });
    expect(s.sessions[1]?.sent).toEqual([]);
  });

  it('tells what is known of a query whose repeat found no connection', async () => {
    const s = setUp(1);
    s.pool.start();
    await s.settle();
    const { told } = s.submit(false);
    s.hangOpens();
    s.sessions[0]?.lose(down);
    await s.settle();
    s.clock.advance(5_000);
    expect(await told).toMatchObject({ error: { kind: 'closed', outcome: 'unknown' } });
  });

  it('rotates by age: the successor logs in before the old one logs out', async () => {
    const s = setUp(2);
    s.pool.start();
    await s.settle();
    s.clock.advance(901_000);
    await s.settle();
    expect(s.sessions).toHaveLength(2);
    expect(s.sessions[0]?.closeAsked).toBe(1);
    expect(s.pool.ready).toBe(true);
    s.sessions[0]?.finishClose();
    await s.settle();
    expect(s.budget.ends).toEqual(['confirmed']);
    expect(s.pool.counts()).toMatchObject({ idle: 1, busy: 0, closing: 0 });
  });
});
