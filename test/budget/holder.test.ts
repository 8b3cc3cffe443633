import { describe, expect, it } from 'vitest';
import {
  type HolderEffect,
  type HolderEvent,
  type HolderState,
  isReleased,
  newHolder,
  reduce,
  wakeAtMs,
} from '../../src/budget/holder.ts';
import {
  accountBudget,
  capOf,
  mayConnect,
  mayWrite,
  nextChangeMs,
  troubleOf,
  validity,
} from '../../src/budget/holder-rules.ts';
import type { LeaseStatus, LoginGrant } from '../../src/budget/protocol.ts';
import { clockFactor, timing } from '../../src/budget/timing.ts';
import { type LeasePatch, lease, MINUTE, SECOND } from './builders.ts';

type Unstamped<E> = E extends unknown ? Omit<E, 'nowMs'> : never;

const Q_MS = 150 * SECOND;

/** A holder by hand. Its lease is `a`, its first incarnation `a-1`. */
class Bench {
  state: HolderState;
  nowMs = 1_000;

  constructor() {
    this.state = newHolder({
      timing: timing(),
      accounts: { reg: { quarantineMs: Q_MS } },
      incarnation: 'a-1',
      seed: 1,
    });
  }

  tell(event: Unstamped<HolderEvent>): HolderEffect[] {
    const before = JSON.stringify(this.state);
    const step = reduce(this.state, { ...event, nowMs: this.nowMs } as HolderEvent);
    expect(JSON.stringify(this.state), 'reduce changes nothing that it is given').toBe(before);
    this.state = step.state;
    return step.effects;
  }

  pass(ms: number): HolderEffect[] {
    this.nowMs += ms;
    return this.tell({ type: 'tick' });
  }

  /** The status of the report under way. */
  get report(): LeaseStatus | undefined {
    return this.state.request?.doing === 'put' ? this.state.request.status : undefined;
  }

  /** The report under way is committed as `version`. */
  commit(patch: LeasePatch): HolderEffect[] {
    const status = this.report!;
    return this.tell({ type: 'put-done', written: { result: 'ok', view: { ...lease(patch), status } } });
  }

  hear(patch: LeasePatch): HolderEffect[] {
    return this.tell({ type: 'heard', lease: lease(patch) });
  }

  open(slot: string): void {
    this.tell({ type: 'acquire', account: 'reg', slot });
    this.tell({ type: 'dial', account: 'reg', slot });
    this.tell({ type: 'opened', account: 'reg', slot });
  }

  slots(): string[] {
    return Object.keys(this.state.accounts.reg!.book).sort();
  }
}

const UNBOUND = { spec: { state: 'None', fence: 0, grants: {}, incarnation: 'nobody' } } as const;

/** Registered at 1 s, bound with `slots` of generation 5. */
function bound(slots = 3): Bench {
  const bench = new Bench();
  bench.hear({ version: '10', ...UNBOUND });
  bench.commit({ version: '11', ...UNBOUND });
  bench.hear({ version: '12', grant: [slots, 5] });
  return bench;
}

describe('logins', () => {
  const told = (turn: number, permission: LoginGrant['permission']): Pick<LeasePatch, 'spec'> => ({
    spec: {
      grants: { reg: { slots: 3, gen: 5 } },
      logins: { reg: { turn, permission, password: 'Current' } },
    },
  });
  const logins = (bench: Bench) => accountBudget(bench.state, 'reg', bench.nowMs).logins;

  it('wait for the lease, and end with a fence', () => {
    const bench = bound();
    expect(logins(bench)).toBe('none');
    bench.hear({ version: '13', ...told(2, 'Prove') });
    expect(logins(bench)).toBe('prove');
    bench.hear({ version: '14', spec: { ...told(2, 'Prove').spec, state: 'Fenced' } });
    expect(logins(bench)).toBe('none');
  });

  it('are reported at once where others wait, and with the next renewal where nobody does', () => {
    const bench = bound();
    bench.hear({ version: '13', ...told(2, 'Prove') });
    bench.pass(SECOND);
    if (bench.report) bench.commit({ version: '14', ...told(2, 'Prove') });
    bench.tell({ type: 'login-result', account: 'reg', result: 'refused' });
    bench.pass(SECOND);
    expect(bench.report?.accounts?.reg?.login).toEqual({
      version: 0,
      result: 'Refused',
      refusals: 1,
      heardTurn: 2,
      answeredTurn: 2,
    });
    bench.commit({ version: '15', ...told(3, 'All') });
    expect(logins(bench)).toBe('all');
    bench.tell({ type: 'login-result', account: 'reg', result: 'proven' });
    bench.pass(4 * SECOND);
    expect(bench.report).toBeUndefined();
  });

  it('are tried again by its own patience, and it wakes for that', () => {
    const bench = bound();
    bench.hear({ version: '13', ...told(2, 'All') });
    bench.tell({ type: 'login-result', account: 'reg', result: 'unproven' });
    expect(nextChangeMs(bench.state, bench.nowMs)).toBeLessThanOrEqual(bench.nowMs + 3 * MINUTE);
    bench.nowMs += 3 * MINUTE;
    expect(logins(bench)).toBe('prove');
  });
});

describe('jobs', () => {
  it('are reported within five seconds of a change', () => {
    const bench = bound();
    const job = { type: 'job', account: 'reg', name: 'poll', at: '2026-01-01T00:00:00Z' } as const;
    bench.pass(SECOND);
    if (bench.report) bench.commit({ version: '13', grant: [3, 5] });
    bench.tell({ ...job, report: { state: 'Failing', message: 'no answer' } });
    expect(bench.report).toBeUndefined();
    bench.pass(5 * SECOND);
    expect(bench.report?.accounts?.reg?.jobs).toEqual({
      poll: { state: 'Failing', message: 'no answer', since: job.at },
    });
    bench.commit({ version: '14', grant: [3, 5] });
    bench.tell({ ...job, report: undefined });
    bench.pass(5 * SECOND);
    expect(bench.report?.accounts?.reg).not.toHaveProperty('jobs');
  });
});

describe('commands', () => {
  const share = (bench: Bench) => accountBudget(bench.state, 'reg', bench.nowMs).commands;
  const granted = (slots: number, gen: number, perSecond?: number): Pick<LeasePatch, 'spec'> => ({
    spec: {
      grants: { reg: { slots, gen, ...(perSecond !== undefined && { millicommands: { perSecond } }) } },
    },
  });

  it('are those of all connections together, rounded down once', () => {
    const bench = bound(0);
    expect(share(bench)).toEqual({ perSecond: 0, perMinute: 0 });
    bench.hear({ version: '13', ...granted(3, 6, 2_500) });
    expect(share(bench)).toEqual({ perSecond: 7 });
    bench.hear({ version: '14', ...granted(3, 7) });
    expect(share(bench)).toEqual({});
  });

  it('fall with the cap as connections are given back, and with a smaller share at once', () => {
    const bench = bound(0);
    bench.hear({ version: '13', ...granted(3, 6, 2_000) });
    for (const slot of ['s', 't', 'u']) bench.open(slot);
    bench.hear({ version: '14', ...granted(1, 7, 1_500) });
    // Three connections need their logout: they are charged until they are gone.
    expect(share(bench)).toEqual({ perSecond: 4 });
    for (const slot of ['s', 't']) {
      bench.tell({ type: 'closing', account: 'reg', slot });
      bench.tell({ type: 'ended', account: 'reg', slot, how: 'confirmed' });
    }
    bench.pass(2 * SECOND);
    expect(share(bench)).toEqual({ perSecond: 1 });
    bench.tell({ type: 'drain' });
    expect(share(bench)).toEqual({ perSecond: 1 });
  });

  it('that are fewer than before are acknowledged at once', () => {
    const bench = bound(0);
    bench.pass(22 * SECOND);
    bench.commit({ version: '13', ...granted(3, 6, 2_000) });
    bench.pass(10 * SECOND);
    expect(bench.report).toBeUndefined();
    bench.hear({ version: '14', ...granted(3, 7, 1_000) });
    bench.pass(timing().ackGapMs);
    expect(bench.report?.accounts?.reg).toMatchObject({ ackGen: 7, cap: 3 });
  });

  it('are the fewer ones where the store says two things of one generation', () => {
    const bench = bound(0);
    bench.hear({ version: '13', ...granted(3, 6, 2_000) });
    bench.hear({ version: '14', ...granted(3, 6, 4_000) });
    expect(share(bench)).toEqual({ perSecond: 6 });
    bench.hear({ version: '15', ...granted(3, 6, 1_000) });
    expect(share(bench)).toEqual({ perSecond: 3 });
    expect(bench.state.phase).toBe('active');
  });
});

describe('registering', () => {
  it('waits for its lease, reports itself, and is active when it is bound', () => {
    const bench = new Bench();
    expect(bench.pass(MINUTE)).toEqual([]);
    expect(troubleOf(bench.state, bench.nowMs)).toBe(
      'this pod has no connection lease yet: is the operator running?',
    );
    const [put] = bench.hear({ version: '10', ...UNBOUND });
    expect(put).toMatchObject({
      type: 'put',
      version: '10',
      status: {
        incarnation: 'a-1',
        phase: 'Active',
        seq: 2,
        accounts: { reg: { cap: 0, demand: 1, ackGen: 0 } },
      },
    });
    bench.commit({ version: '11', ...UNBOUND });
    expect(bench.state.phase).toBe('registering');
    expect(bench.tell({ type: 'acquire', account: 'reg', slot: 's' })).toEqual([]);
    expect(bench.slots()).toEqual([]);
    bench.hear({ version: '12', grant: [1, 5] });
    expect(bench.state.phase).toBe('active');
    bench.tell({ type: 'acquire', account: 'reg', slot: 's' });
    expect(bench.slots()).toEqual(['s']);
  });

  it('takes no grant of another incarnation', () => {
    const bench = new Bench();
    bench.hear({ version: '10', spec: { incarnation: 'old' }, grant: [4, 9] });
    expect(bench.state.phase).toBe('registering');
    expect(accountBudget(bench.state, 'reg', bench.nowMs).cap).toBe(0);
  });
});

describe('grants', () => {
  it('accepts only a larger generation', () => {
    const bench = bound(3);
    bench.hear({ version: '13', grant: [6, 6] });
    expect(accountBudget(bench.state, 'reg', bench.nowMs).cap).toBe(6);
    // A watch that is late.
    bench.hear({ version: '12', grant: [3, 5] });
    expect(accountBudget(bench.state, 'reg', bench.nowMs).cap).toBe(6);
  });

  it('counts everything but free against the cap, before connect', () => {
    const bench = bound(2);
    bench.tell({ type: 'acquire', account: 'reg', slot: 'connecting' });
    bench.open('open');
    bench.tell({ type: 'acquire', account: 'reg', slot: 'third' });
    expect(bench.slots()).toEqual(['connecting', 'open']);
    bench.tell({ type: 'closing', account: 'reg', slot: 'open' });
    bench.tell({ type: 'ended', account: 'reg', slot: 'open', how: 'confirmed' });
    bench.tell({ type: 'acquire', account: 'reg', slot: 'third' });
    expect(bench.slots()).toEqual(['connecting', 'open']);
    bench.pass(2 * SECOND);
    bench.tell({ type: 'acquire', account: 'reg', slot: 'third' });
    expect(bench.slots()).toEqual(['connecting', 'third']);
  });

  it('gives slots back before it says so, and says so at once', () => {
    const bench = bound(3);
    for (const slot of ['x', 'y', 'z']) bench.open(slot);
    bench.pass(10 * SECOND);
    if (bench.report !== undefined) bench.commit({ version: '13', grant: [3, 5] });
    bench.nowMs += 250;
    const [put] = bench.hear({ version: '14', grant: [1, 6] });
    expect(put).toMatchObject({ type: 'put', status: { accounts: { reg: { ackGen: 6, cap: 3, open: 3 } } } });
    expect(accountBudget(bench.state, 'reg', bench.nowMs)).toMatchObject({ cap: 1, occupied: 3, excess: 2 });
    bench.commit({ version: '15', grant: [1, 6] });
    for (const slot of ['x', 'y']) {
      bench.tell({ type: 'closing', account: 'reg', slot });
      bench.tell({ type: 'ended', account: 'reg', slot, how: 'confirmed' });
    }
    expect(capOf(bench.state, bench.state.accounts.reg!)).toBe(3);
    const [told] = bench.pass(2 * SECOND);
    expect(told).toMatchObject({ type: 'put', status: { accounts: { reg: { ackGen: 6, cap: 1 } } } });
  });

  it('does not dial when the grant has shrunk below what is taken', () => {
    const bench = bound(2);
    bench.open('x');
    bench.tell({ type: 'acquire', account: 'reg', slot: 'y' });
    expect(mayConnect(bench.state, 'reg', 'y', bench.nowMs)).toBe(true);
    bench.hear({ version: '13', grant: [1, 6] });
    expect(mayConnect(bench.state, 'reg', 'y', bench.nowMs)).toBe(false);
  });
});

describe('the time to live', () => {
  // TTL 600 s, counted from the report at 1 s.
  it.each([
    { atS: 540, is: 'full', open: true, write: true, cap: 3 },
    { atS: 541, is: 'no-open', open: false, write: true, cap: 1 },
    { atS: 561, is: 'drain', open: false, write: true, cap: 0 },
    { atS: 596, is: 'dead', open: false, write: false, cap: 0 },
  ])('is $is after $atS s', ({ atS, is, open, write, cap }) => {
    const bench = bound(3);
    bench.open('x');
    // Nothing was told to it since: a paused process wakes up.
    bench.nowMs = atS * SECOND;
    expect(validity(bench.state, bench.nowMs)).toBe(is);
    expect(mayWrite(bench.state, 'reg', 'x', bench.nowMs)).toBe(write);
    expect(accountBudget(bench.state, 'reg', bench.nowMs).cap).toBe(cap);
    bench.tell({ type: 'acquire', account: 'reg', slot: 'y' });
    expect(bench.slots().includes('y')).toBe(open);
  });

  it('destroys everything when it is over, and quarantines it by itself', () => {
    const bench = bound(3);
    bench.open('x');
    bench.tell({ type: 'acquire', account: 'reg', slot: 'not-dialled' });
    bench.nowMs = 596 * SECOND;
    expect(bench.tell({ type: 'tick' })).toContainEqual({ type: 'revoke', slots: ['x', 'not-dialled'] });
    expect(bench.state.accounts.reg!.book).toEqual({
      x: { at: 'unconfirmed', untilMs: 596 * SECOND + Q_MS * clockFactor(timing()) },
    });
  });

  it('checks first when the first thing after a pause is an answer to an old renewal', () => {
    const bench = bound(3);
    bench.open('x');
    bench.pass(25 * SECOND);
    expect(bench.report).toBeDefined();
    bench.nowMs += 20 * MINUTE;
    const effects = bench.commit({ version: '13', grant: [3, 5] });
    expect(effects[0]).toEqual({ type: 'revoke', slots: ['x'] });
    // Valid from when it was sent: that is long ago.
    expect(validity(bench.state, bench.nowMs)).toBe('dead');
  });

  it('runs from just before a report was sent, not from its answer', () => {
    const bench = bound(3);
    bench.pass(25 * SECOND);
    const sentAt = bench.nowMs;
    bench.nowMs += 4 * SECOND;
    bench.commit({ version: '13', grant: [3, 5] });
    expect(bench.state.baseMs).toBe(sentAt);
  });

  it('takes a longer time to live when its report is committed, a shorter one before it is sent', () => {
    const bench = bound(3);
    bench.pass(10 * SECOND);
    if (bench.report !== undefined) bench.commit({ version: '13', grant: [3, 5] });
    bench.hear({ version: '14', grant: [3, 5], spec: { ttlSeconds: 900 } });
    bench.pass(25 * SECOND);
    expect(bench.state.ttlMs).toBe(600 * SECOND);
    bench.commit({ version: '15', grant: [3, 5], spec: { ttlSeconds: 900 } });
    expect(bench.state.ttlMs).toBe(900 * SECOND);
    bench.hear({ version: '16', grant: [3, 5], spec: { ttlSeconds: 120 } });
    bench.pass(25 * SECOND);
    expect(bench.report?.ttlInUseSeconds).toBe(120);
    expect(bench.state.ttlMs).toBe(120 * SECOND);
  });
});

describe('reports', () => {
  it('renew every 20 s, give or take 10 %', () => {
    const bench = bound(3);
    const periods: number[] = [];
    for (let n = 0, version = 20; n < 50; n += 1, version += 1) {
      const before = bench.nowMs;
      while (bench.report === undefined) bench.pass(100);
      if (n > 0) periods.push(bench.nowMs - before);
      bench.commit({ version: String(version), grant: [3, 5] });
    }
    expect(Math.min(...periods)).toBeGreaterThanOrEqual(18 * SECOND);
    expect(Math.max(...periods)).toBeLessThanOrEqual(22.1 * SECOND);
    expect(new Set(periods).size).toBeGreaterThan(20);
  });

  it('tell a change of demand at most every 5 s, and nothing within a tenth', () => {
    const bench = bound(20);
    bench.pass(10 * SECOND);
    if (bench.report !== undefined) bench.commit({ version: '13', grant: [20, 5] });
    const use = (inUse: number) => bench.tell({ type: 'use', account: 'reg', use: { inUse, queued: 0 } });
    bench.nowMs += 5 * SECOND;
    expect(use(9)).toMatchObject([{ type: 'put', status: { accounts: { reg: { demand: 10 } } } }]);
    bench.commit({ version: '14', grant: [20, 5] });
    expect(use(15)).toEqual([]);
    expect(bench.pass(4_900)).toEqual([]);
    expect(bench.pass(100)).toMatchObject([{ type: 'put', status: { accounts: { reg: { demand: 16 } } } }]);
    bench.commit({ version: '15', grant: [20, 5] });
    bench.nowMs += 5 * SECOND;
    expect(use(16)).toEqual([]);
    expect(use(19)).toHaveLength(1);
  });

  it('tell at once that connections are too few, three times; each of the three comes back after 5 s', () => {
    const bench = bound(2);
    bench.nowMs += 10 * SECOND;
    let version = 20;
    const grant = [2, 5] as [number, number];
    const settle = () => bench.report && bench.commit({ version: String(++version), grant });
    let inUse = 1;
    const more = () => bench.tell({ type: 'use', account: 'reg', use: { inUse: ++inUse, queued: 0 } });
    const hurry = () => {
      expect(bench.report).toBeUndefined();
      more();
      bench.pass(250);
      const sent = bench.report !== undefined;
      settle();
      return sent;
    };
    bench.tell({ type: 'tick' });
    settle();
    // The first is in time: nothing was sent for 5 s before it.
    more();
    settle();
    expect([hurry(), hurry(), hurry(), hurry()]).toEqual([true, true, true, false]);
    bench.pass(4_500);
    expect(bench.report?.accounts?.reg?.demand).toBe(inUse + 1);
    settle();
    expect(hurry()).toBe(false);
    bench.pass(20 * SECOND);
    settle();
    expect([hurry(), hurry(), hurry(), hurry()]).toEqual([true, true, true, false]);
  });

  it('are in no hurry to tell of what is asked for less, or is granted already', () => {
    const bench = bound(8);
    const use = (inUse: number) => bench.tell({ type: 'use', account: 'reg', use: { inUse, queued: 0 } });
    bench.nowMs += 10 * SECOND;
    expect(use(5)).toHaveLength(1);
    bench.commit({ version: '20', grant: [8, 5] });
    bench.nowMs += 300;
    expect(use(6)).toEqual([]);
    bench.nowMs += 300;
    expect(use(7)).toEqual([]);
    expect(use(8)).toHaveLength(1);
  });

  it('read the lease after a conflict, take what it says, and try again', () => {
    const bench = bound(3);
    bench.pass(25 * SECOND);
    expect(bench.tell({ type: 'put-done', written: { result: 'conflict' } })).toEqual([{ type: 'read' }]);
    const [put] = bench.tell({
      type: 'read-done',
      found: { result: 'ok', view: lease({ version: '17', grant: [7, 8], status: { seq: 9 } }) },
    });
    expect(put).toMatchObject({
      type: 'put',
      version: '17',
      status: { seq: 10, accounts: { reg: { ackGen: 8, cap: 7 } } },
    });
  });

  it('count as not made without an answer, and are tried again at random within R/2', () => {
    const waits = Array.from({ length: 40 }, (_, seed) => {
      const bench = bound(3);
      bench.state = { ...bench.state, random: seed * 7_919, failures: 9 };
      const base = bench.state.baseMs;
      bench.pass(25 * SECOND);
      bench.tell({ type: 'put-done', written: { result: 'unknown' } });
      expect(bench.state.baseMs).toBe(base);
      return bench.state.retryAtMs - bench.nowMs;
    });
    expect(Math.max(...waits)).toBeLessThanOrEqual(10 * SECOND);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(7 * SECOND);
  });

  it('are asked for in time by wakeAtMs', () => {
    const bench = bound(3);
    for (let n = 0, version = 20; n < 20; n += 1, version += 1) {
      bench.nowMs = Math.max(bench.nowMs, wakeAtMs(bench.state, bench.nowMs));
      bench.tell({ type: 'tick' });
      if (bench.report !== undefined) bench.commit({ version: String(version), grant: [3, 5] });
      expect(validity(bench.state, bench.nowMs)).toBe('full');
    }
    expect(bench.nowMs).toBeGreaterThan(60 * SECOND);
  });
});

describe('a fence', () => {
  const expectFresh = (bench: Bench, effects: HolderEffect[]) => {
    expect(effects[0]).toEqual({ type: 'revoke', slots: ['x'] });
    expect(effects[1]).toMatchObject({ type: 'new-incarnation' });
    expect(bench.slots()).toEqual([]);
    expect(bench.state.phase).toBe('registering');
    expect(mayWrite(bench.state, 'reg', 'x', bench.nowMs)).toBe(false);
    const [put] = bench.tell({ type: 'incarnation', id: 'a-2' });
    return put;
  };

  it.each([
    {
      what: 'the lease is fenced',
      patch: { spec: { state: 'Fenced' as const }, grant: [0, 6] as [number, number] },
      heard: 5,
    },
    {
      what: 'another incarnation is bound',
      patch: { spec: { incarnation: 'other', fence: 2 }, grant: [0, 6] as [number, number] },
      heard: 5,
    },
    // These say that the store went back: the next report shows it, so that the ledger learns.
    {
      what: 'the fence goes back',
      patch: { spec: { fence: 0 }, grant: [3, 5] as [number, number] },
      heard: 6,
    },
    { what: 'a generation goes back', patch: { grant: [3, 4] as [number, number] }, heard: 5 },
    { what: 'a generation says something else', patch: { grant: [2, 5] as [number, number] }, heard: 6 },
  ])('ends the incarnation when $what', ({ patch, heard }) => {
    const bench = bound(3);
    bench.open('x');
    const put = expectFresh(bench, bench.hear({ version: '30', ...patch }));
    expect(put).toMatchObject({
      type: 'put',
      status: { incarnation: 'a-2', accounts: { reg: { cap: 0, ackGen: heard } } },
    });
  });

  it('ends it when the store says that there is no lease, and then waits for one', () => {
    const bench = bound(3);
    bench.open('x');
    expect(bench.tell({ type: 'heard', lease: undefined })).toEqual([{ type: 'read' }]);
    expect(
      expectFresh(bench, bench.tell({ type: 'read-done', found: { result: 'missing' } })),
    ).toBeUndefined();
    expect(bench.hear({ version: '40', ...UNBOUND })).toMatchObject([
      { type: 'put', status: { incarnation: 'a-2' } },
    ]);
  });

  it('ends an incarnation whose registration the store forgot: it may have been bound meanwhile', () => {
    const bench = new Bench();
    bench.hear({ version: '10', ...UNBOUND });
    bench.commit({ version: '11', ...UNBOUND });
    const back = { ...UNBOUND, status: { incarnation: 'before' } };
    expect(bench.hear({ version: '12', ...back })).toMatchObject([{ type: 'new-incarnation' }]);
    expect(bench.tell({ type: 'incarnation', id: 'a-2' })).toMatchObject([
      { type: 'put', status: { incarnation: 'a-2' } },
    ]);
  });

  it('is not the word of a watch that is late', () => {
    const bench = bound(3);
    bench.hear({ version: '15', grant: [4, 6] });
    expect(bench.hear({ version: '12', grant: [3, 5] })).toEqual([{ type: 'read' }]);
    bench.tell({ type: 'read-done', found: { result: 'ok', view: lease({ version: '15', grant: [4, 6] }) } });
    expect(bench.state.phase).toBe('active');
  });
});

describe('a refusal over the limit', () => {
  it('stops opening for 60 s and is reported', () => {
    const bench = bound(3);
    bench.pass(10 * SECOND);
    if (bench.report !== undefined) bench.commit({ version: '13', grant: [3, 5] });
    bench.nowMs += 5 * SECOND;
    const effects = bench.tell({ type: 'limit-hit', account: 'reg' });
    expect(effects).toMatchObject([{ type: 'put', status: { accounts: { reg: { limitHits: 1 } } } }]);
    expect(accountBudget(bench.state, 'reg', bench.nowMs).pausedUntilMs).toBe(bench.nowMs + MINUTE);
    expect(troubleOf(bench.state, bench.nowMs)).toBe(
      'reg refused a session as over its limit: nothing is opened there for 60 s',
    );
    bench.tell({ type: 'acquire', account: 'reg', slot: 's' });
    expect(bench.slots()).toEqual([]);
    bench.commit({ version: '14', grant: [3, 5] });
    bench.pass(MINUTE);
    bench.tell({ type: 'acquire', account: 'reg', slot: 's' });
    expect(bench.slots()).toEqual(['s']);
  });
});

describe('draining', () => {
  it('opens nothing, wants nothing, finishes what is open, and tells its release', () => {
    const bench = bound(3);
    bench.open('x');
    const [put] = bench.tell({ type: 'drain' });
    expect(put).toMatchObject({
      type: 'put',
      status: { phase: 'Draining', accounts: { reg: { demand: 0 } } },
    });
    bench.commit({ version: '13', grant: [3, 5] });
    expect(accountBudget(bench.state, 'reg', bench.nowMs)).toMatchObject({ cap: 0, excess: 1 });
    expect(mayWrite(bench.state, 'reg', 'x', bench.nowMs)).toBe(true);
    bench.tell({ type: 'closing', account: 'reg', slot: 'x' });
    bench.tell({ type: 'ended', account: 'reg', slot: 'x', how: 'confirmed' });
    const [release] = bench.pass(2 * SECOND);
    expect(release).toMatchObject({
      type: 'put',
      status: { phase: 'Released', accounts: { reg: { cap: 0 } } },
    });
    expect(isReleased(bench.state)).toBe(false);
    bench.commit({ version: '14', grant: [3, 5] });
    expect(isReleased(bench.state)).toBe(true);
    expect(bench.pass(10 * MINUTE)).toEqual([]);
  });

  it('gives up what is still open when time is out, and says how much may be left', () => {
    const bench = bound(3);
    bench.open('x');
    bench.tell({ type: 'drain' });
    bench.commit({ version: '13', grant: [3, 5] });
    const effects = bench.tell({ type: 'give-up' });
    expect(effects).toMatchObject([
      { type: 'revoke', slots: ['x'] },
      { type: 'put', status: { phase: 'Released', accounts: { reg: { cap: 1, unconfirmed: 1 } } } },
    ]);
  });

  it('has nothing to tell when it was fenced meanwhile', () => {
    const bench = bound(3);
    bench.open('x');
    bench.tell({ type: 'drain' });
    bench.commit({ version: '13', spec: { state: 'Fenced' }, grant: [0, 6] });
    expect(bench.state.phase).toBe('released');
    expect(isReleased(bench.state)).toBe(true);
  });
});
