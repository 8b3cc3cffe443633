import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { AccountPool, type AccountPoolOptions } from '../../src/adapter/account-pool.ts';
import type { Credentials } from '../../src/adapter/account-secrets.ts';
import { QueueRoom } from '../../src/adapter/scheduler/queue-room.ts';
import { transactionIds } from '../../src/adapter/work.ts';
import { EppError, type EppSession, SessionOpenError, type SessionPermit } from '../../src/epp/session.ts';
import { silentLog } from '../../src/lib/log.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedBudget } from './scripted-budget.ts';
import { ScriptedSession } from './scripted-session.ts';

let pool: AccountPool | undefined;
afterEach(() => pool?.close());

function setUp(
  cap = 2,
  word: Partial<Pick<ScriptedBudget, 'commands' | 'logins' | 'password'>> = {},
  way: Partial<Pick<AccountPoolOptions, 'resolve' | 'proxies'>> = {},
) {
  const clock = new ManualClock();
  const budget = Object.assign(new ScriptedBudget(cap), word);
  const refusals: (number | undefined)[] = [];
  const sessions: ScriptedSession[] = [];
  const permits: SessionPermit[] = [];
  const passwords: Credentials[] = [];
  const secret: Credentials = { username: 'acme', password: 'first' };
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
    ...way,
    secrets: { credentials: async () => ({ ...secret }), tls: async () => ({}) },
    open: async ({ credentials, signal, permit }): Promise<EppSession> => {
      passwords.push(credentials);
      await Promise.race([
        opening,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ]);
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refused(refusal);
      // as a session does before its login
      if (!permit.mayWrite()) throw new SessionOpenError('confirmed', down);
      const session = new ScriptedSession(clock.monotonicMs());
      sessions.push(session);
      permits.push(permit);
      return session;
    },
    newTransactionId: transactionIds({ prefix: 'T' }),
    events: { opened: () => {}, openFailed: () => {}, lost: () => {}, loginRefused: () => {} },
    observe: { waited: () => {}, checked: () => {} },
    clock,
    log: silentLog,
    random: () => 0,
  });
  pool = made;
  const settle = async () => {
    for (let i = 0; i < 5; i++) await nextTurn();
  };
  const submit = (transform: boolean, more: { clTRID?: string; deadlineMs?: number } = {}) => {
    const submitted = made.submit({
      command: { object: 'domain', command: 'x', body: {} },
      transform,
      ...more,
    });
    const told = submitted.answer.then(
      ({ clTRID }) => ({ clTRID }),
      (error: EppError & { code?: string; retryAfterSeconds?: number }) => ({ error }),
    );
    return { ...submitted, told };
  };
  return {
    clock,
    budget,
    sessions,
    permits,
    refusals,
    secret,
    passwords,
    pool: made,
    settle,
    submit,
    hangOpens: () => {
      opening = new Promise(() => {});
    },
  };
}

const refused = (code: number) =>
  new SessionOpenError(
    'confirmed',
    new EppError(`refused ${code}`, { kind: 'login', outcome: 'not-sent', code }),
  );
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

describe('account pool without any connection, nor room for one', () => {
  it('waits for a grant that is on its way, then sends callers elsewhere at once until there is one', async () => {
    const s = setUp(0);
    s.pool.start();
    const early = s.submit(true);
    await s.settle();
    s.clock.advance(1_000);
    const late = s.submit(true);
    s.clock.advance(1_000);
    const elsewhere = {
      error: { code: 'no-connection', message: expect.stringContaining('0 of 0'), retryAfterSeconds: 1 },
    };
    expect(await early.told).toMatchObject(elsewhere);
    expect(await late.told).toMatchObject(elsewhere);
    expect(await s.submit(true).told).toMatchObject(elsewhere);
    expect(s.budget.reports.at(-1)).toMatchObject({ queued: 0 });
    s.budget.cap = 1;
    const { told } = s.submit(true);
    await s.settle();
    s.sessions[0]?.answer();
    expect(await told).toHaveProperty('clTRID');
  });

  it('does so where all it had was lost and counts still', async () => {
    const s = setUp(1);
    s.budget.unconfirmed = 0;
    s.pool.start();
    await s.settle();
    s.sessions[0]?.lose(down);
    await s.settle();
    expect(s.budget.account()).toMatchObject({ cap: 1, occupied: 1 });
    s.clock.advance(2_000);
    expect(await s.submit(true).told).toMatchObject({ error: { code: 'no-connection' } });
    s.budget.unconfirmed = 0;
    s.budget.changed();
    s.clock.advance(10_000);
    await s.settle();
    const { told } = s.submit(true);
    s.sessions[1]?.answer();
    expect(await told).toHaveProperty('clTRID');
  });

  it('does not where there is room, and only the registry is away', async () => {
    const s = setUp(1);
    s.pool.start();
    s.hangOpens();
    await s.settle();
    s.sessions[0]?.lose(down);
    await s.settle();
    s.clock.advance(4_000);
    await s.settle();
    const { told } = s.submit(false);
    s.clock.advance(5_000);
    expect(await told).toMatchObject({ error: { code: 'queue-expired' } });
  });
});

describe('account pool under a rate of commands', () => {
  /** Long enough after the start for the share to be used. */
  const started = async (share: ScriptedBudget['commands'], cap = 2) => {
    const s = setUp(cap, { commands: share });
    s.pool.start();
    await s.settle();
    s.clock.advance(2_000);
    await s.settle();
    return s;
  };
  const sent = ({ sessions }: ReturnType<typeof setUp>) =>
    sessions.reduce((sum, { commands }) => sum + commands, 0);

  it('does not even log in before the share that it starts with can be used', async () => {
    const s = setUp(2, { commands: { perSecond: 5 } });
    s.pool.start();
    await s.settle();
    s.clock.advance(1_000);
    await s.settle();
    expect([s.sessions.length, s.budget.held]).toEqual([0, 0]);
    s.clock.advance(20);
    await s.settle();
    expect(s.sessions).toHaveLength(1);
  });

  it('sends as much as it may in a second, logins included, and the rest when it may', async () => {
    const s = await started({ perSecond: 3 }, 1);
    s.clock.advance(5_000);
    const told = [1, 2, 3, 4, 5].map(() => s.submit(false).told);
    for (let i = 0; i < 3; i++) {
      s.sessions[0]?.answer();
      await s.settle();
    }
    expect([sent(s), s.pool.waiting, s.sessions[0]?.unanswered.length]).toEqual([1 + 3, 2, 0]);
    s.clock.advance(1_011);
    for (let i = 0; i < 2; i++) {
      s.sessions[0]?.answer();
      await s.settle();
    }
    expect([sent(s), s.pool.waiting]).toEqual([1 + 5, 0]);
    expect(await Promise.all(told)).toHaveLength(5);
  });

  it('opens no further connections for what only the rate holds back', async () => {
    const s = await started({ perSecond: 2 }, 8);
    s.clock.advance(5_000);
    for (let i = 0; i < 9; i++) {
      s.submit(false);
      s.sessions[0]?.answer();
      await s.settle();
    }
    s.clock.advance(500);
    await s.settle();
    expect(s.budget.highest).toBeLessThanOrEqual(2);
    expect(s.budget.reports.at(-1)?.queued).toBeGreaterThan(2);
  });

  it('lets a transform go where a flood of queries has used up its part', async () => {
    const s = await started({ perSecond: 10 }, 2);
    s.clock.advance(5_000);
    s.submit(true);
    s.sessions[0]?.answer();
    await s.settle();
    s.clock.advance(2_000);
    for (let i = 0; i < 10; i++) s.submit(false);
    for (let i = 0; i < 20; i++) {
      for (const session of s.sessions) session.answer();
      await s.settle();
    }
    expect(s.pool.waiting).toBe(1);
    const before = sent(s);
    s.submit(true);
    await s.settle();
    expect(sent(s)).toBe(before + 1);
    expect(s.sessions.flatMap(({ unanswered }) => unanswered)).toHaveLength(1);
  });

  it('never sends what expired while the rate held it back, and says why and when to come again', async () => {
    const s = await started({ perMinute: 4 }, 1);
    s.clock.advance(120_000);
    await s.settle();
    s.clock.advance(120_000);
    const first = s.submit(true);
    const second = s.submit(true);
    s.sessions[0]?.answer();
    await s.settle();
    s.sessions[0]?.answer();
    await s.settle();
    const late = s.submit(true);
    await s.settle();
    expect(await first.told).toHaveProperty('clTRID');
    expect(await second.told).toHaveProperty('clTRID');
    s.clock.advance(5_000);
    expect(await late.told).toMatchObject({
      error: { code: 'queue-expired', message: expect.stringContaining('4 commands a minute') },
    });
    const before = sent(s);
    s.clock.advance(120_000);
    await s.settle();
    expect(sent(s)).toBe(before);
  });

  it('tells when to come again by how long the queue will take', async () => {
    const s = await started({ perMinute: 6 }, 1);
    s.clock.advance(120_000);
    await s.settle();
    for (let i = 0; i < 13; i++) {
      s.submit(true);
      s.sessions[0]?.answer();
      await s.settle();
    }
    expect(s.pool.waiting).toBe(10);
    expect(await s.submit(true).told).toMatchObject({
      error: { code: 'queue-full', retryAfterSeconds: 60 },
    });
  });

  it('waits with a logout for room, and gives its claim way', async () => {
    const s = await started({ perSecond: 2 }, 1);
    s.clock.advance(5_000);
    for (let i = 0; i < 2; i++) {
      s.submit(false);
      s.sessions[0]?.answer();
      await s.settle();
    }
    s.budget.cap = 0;
    await s.settle();
    expect([s.sessions[0]?.closeAsked, s.pool.counts().closing]).toEqual([0, 1]);
    s.clock.advance(1_300);
    expect(s.sessions[0]?.closeAsked).toBe(1);
  });

  it('cuts a connection whose logout never finds room', async () => {
    const s = await started({ perSecond: 2 }, 1);
    s.budget.commands = { perSecond: 0 };
    s.budget.cap = 0;
    await s.settle();
    s.clock.advance(31_000);
    expect(s.sessions[0]?.destroyedBy).toMatchObject({ kind: 'budget' });
    await s.settle();
    expect(s.budget.ends).toEqual(['unconfirmed']);
  });

  it('counts keepalives, and refuses them without room', async () => {
    const s = await started({ perSecond: 1 }, 1);
    s.clock.advance(5_000);
    const [permit] = s.permits;
    expect([permit?.maySpeak?.(), permit?.maySpeak?.()]).toEqual([true, false]);
    s.clock.advance(500);
    s.submit(false);
    await s.settle();
    expect(s.sessions[0]?.sent).toEqual([]);
    // the keepalive that waits goes first
    s.clock.advance(600);
    await s.settle();
    expect(s.sessions[0]?.sent).toEqual([]);
    expect(permit?.maySpeak?.()).toBe(true);
    s.clock.advance(1_100);
    await s.settle();
    expect(s.sessions[0]?.sent).toHaveLength(1);
  });
});

describe('account pool without proven credentials', () => {
  it('opens nothing without a word for it, and says so when the time of a request is over', async () => {
    const s = setUp(2, { logins: 'none' });
    s.pool.start();
    const { told } = s.submit(false);
    await s.settle();
    s.clock.advance(5_000);
    expect(await told).toMatchObject({
      error: { code: 'queue-expired', message: expect.stringContaining('another adapter is finding out') },
    });
    expect(s.budget.highest).toBe(0);
    s.budget.logins = 'all';
    s.budget.changed();
    await s.settle();
    expect(s.sessions).toHaveLength(1);
  });

  it('keeps what is logged in, and serves by it', async () => {
    const s = setUp(3);
    s.pool.start();
    await s.settle();
    s.budget.logins = 'none';
    s.budget.changed();
    s.clock.advance(1_100_000);
    await s.settle();
    const { told } = s.submit(true);
    s.sessions[0]?.answer();
    expect(await told).toHaveProperty('clTRID');
    expect([s.sessions.length, s.sessions[0]?.closeAsked]).toEqual([1, 0]);
  });

  it('proves by exactly one login, whatever waits', async () => {
    const s = setUp(5, { logins: 'prove' });
    s.pool.start();
    for (let i = 0; i < 5; i++) s.submit(true);
    await s.settle();
    s.clock.advance(1_000);
    await s.settle();
    expect([s.sessions.length, s.budget.loginResults]).toEqual([1, ['proven']]);
    s.budget.logins = 'all';
    s.budget.changed();
    await s.settle();
    expect(s.sessions).toHaveLength(5);
  });

  it('proves beside what is logged in, without any demand', async () => {
    const s = setUp(2);
    s.pool.start();
    await s.settle();
    s.budget.logins = 'prove';
    s.budget.changed();
    await s.settle();
    expect([s.sessions.length, s.budget.loginResults]).toEqual([2, ['proven', 'proven']]);
  });

  it('gives an idle connection back to prove where it has no room', async () => {
    const s = setUp(1);
    s.pool.start();
    await s.settle();
    s.budget.logins = 'prove';
    s.budget.changed();
    expect(s.sessions[0]?.closeAsked).toBe(1);
    s.sessions[0]?.finishClose();
    await s.settle();
    expect([s.sessions.length, s.budget.loginResults]).toEqual([2, ['proven', 'proven']]);
  });

  it('refuses what waits as soon as the credentials are refused, and tells of it once', async () => {
    const s = setUp(5, { logins: 'prove' });
    s.refusals.push(2200);
    s.pool.start();
    const waiting = s.submit(true);
    await s.settle();
    expect(await waiting.told).toMatchObject({
      error: { code: 'account-unavailable', message: expect.stringContaining('refused 2200') },
    });
    expect(await s.submit(false).told).toMatchObject({ error: { code: 'account-unavailable' } });
    s.clock.advance(3_600_000);
    await s.settle();
    expect([s.sessions.length, s.budget.loginResults]).toEqual([0, ['refused']]);
  });

  it('believes 2501 while it proves, whoever else is logged in', async () => {
    const s = setUp(3);
    s.pool.start();
    await s.settle();
    s.refusals.push(2501);
    s.budget.logins = 'prove';
    s.budget.changed();
    await s.settle();
    expect([s.budget.limitHits, s.budget.loginResults]).toEqual([[], ['proven', 'refused']]);
  });

  it('tries again what it was refused when the budget gives it the word anew', async () => {
    const s = setUp(3, { logins: 'prove' });
    s.refusals.push(2200);
    s.pool.start();
    await s.settle();
    s.budget.logins = 'none';
    s.budget.changed();
    await s.settle();
    s.budget.logins = 'prove';
    s.budget.changed();
    await s.settle();
    expect([s.sessions.length, s.budget.loginResults]).toEqual([1, ['refused', 'proven']]);
  });

  it('tells of other credentials soon after the Secret has them, without any login', async () => {
    const s = setUp(3);
    s.pool.start();
    await s.settle();
    s.secret.newPassword = 'second';
    for (let i = 0; i < 11; i++) {
      s.clock.advance(1_000);
      await s.settle();
    }
    expect([s.sessions.length, s.budget.loginResults]).toEqual([1, ['proven', 'unproven']]);
  });

  it('sets a new password by one login alone, which others wait for', async () => {
    const s = setUp(3);
    s.pool.start();
    await s.settle();
    s.secret.newPassword = 'second';
    Object.assign(s.budget, { logins: 'prove', password: 'change' });
    for (let i = 0; i < 5; i++) s.submit(true);
    await s.settle();
    expect(s.sessions).toHaveLength(2);
    expect(s.passwords).toEqual([
      { username: 'acme', password: 'first' },
      { username: 'acme', password: 'first', newPassword: 'second' },
    ]);
    Object.assign(s.budget, { logins: 'all', password: 'changed' });
    s.budget.changed();
    await s.settle();
    expect(s.passwords.at(-1)).toEqual({ username: 'acme', password: 'second' });
  });
});

describe('an account pool behind proxies', () => {
  async function behind(proxies: (turn: { addresses: string[] }) => Promise<readonly string[]>, cap = 2) {
    const turn = { addresses: ['10.0.0.1'] };
    const s = setUp(
      cap,
      {},
      {
        proxies: () => proxies(turn),
        resolve: async () => ({ address: turn.addresses[0] ?? '', port: 7000 }),
      },
    );
    s.pool.start();
    await s.settle();
    const seconds = async (count: number) => {
      for (let second = 0; second < count; second++) {
        s.clock.advance(1_000);
        await s.settle();
      }
    };
    await seconds(10);
    expect(s.sessions.map(({ state }) => state)).toEqual(['idle']);
    return { ...s, turn, seconds };
  }
  const told = async ({ addresses }: { addresses: string[] }) => addresses;

  it('leaves one that is about to go, its successor first', async () => {
    const s = await behind(told);
    s.turn.addresses = ['10.0.0.2'];
    await s.seconds(10);
    expect(s.sessions.length).toBe(2);
    expect(s.sessions[0]?.state).not.toBe('idle');
    expect(s.sessions[1]?.state).toBe('idle');
    await s.seconds(20);
    expect(s.sessions.length).toBe(2);
  });

  it('stays where it is while there is no other', async () => {
    const s = await behind(told);
    s.turn.addresses = [];
    await s.seconds(10);
    expect(s.sessions.map(({ state }) => state)).toEqual(['idle']);
  });

  it('stays where it is while the name server is away', async () => {
    let away = false;
    const s = await behind(async (turn) => {
      if (away) throw new Error('ESERVFAIL');
      return turn.addresses;
    });
    away = true;
    await s.seconds(10);
    expect(s.sessions.map(({ state }) => state)).toEqual(['idle']);
  });
});
