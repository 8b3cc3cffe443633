import { describe, expect, it } from 'vitest';
import { passLedger } from '../../src/budget/ledger-pass.ts';
import { clockFactor, expiryMs, timing } from '../../src/budget/timing.ts';
import { entry, lease, leaseRecord, ledger, MINUTE, passInput, registry, SECOND, set } from './builders.ts';

const Q = 150;
const HOLDS_5 = { grant: [5, 3] as [number, number], report: { ackGen: 3, cap: 5, demand: 5 } };
const of5 = entry({ target: 5, gen: 3, charge: 5 });

describe('a ledger with nothing to do', () => {
  it('is not written', () => {
    const before = ledger({ 'a-1': of5 });
    expect(passLedger(before, passInput([lease(HOLDS_5)])).spec).toBe(before);
  });
});

describe('a  release', () => {
  const released = (cap: number) =>
    lease({
      ...HOLDS_5,
      report: { ackGen: 3, cap },
      status: { phase: 'Released', accounts: { reg: { ...lease().status.accounts!.reg!, ackGen: 3, cap } } },
    });

  it('deletes the entry of an incarnation that released itself', () => {
    const { spec } = passLedger(ledger({ 'a-1': of5 }), passInput([released(0)]));
    expect(spec.entries).toEqual({});
    expect(spec.seq).toBe(2);
  });

  it('quarantines what it could not close in order, and no more', () => {
    const { spec } = passLedger(ledger({ 'a-1': of5 }), passInput([released(2)]));
    expect(spec.entries['a-1']).toEqual({
      ...of5,
      state: 'Quarantined',
      target: 0,
      charge: 2,
      remainingSeconds: Q,
    });
  });

  it('says nothing of another incarnation', () => {
    const other = lease({ ...HOLDS_5, status: { incarnation: 'a-2', phase: 'Released' } });
    expect(passLedger(ledger({ 'a-1': of5 }), passInput([other])).spec.entries['a-1']).toEqual(of5);
  });
});

describe('b  quarantine', () => {
  const quarantined = { ...of5, state: 'Quarantined', target: 0, remainingSeconds: Q };

  it('keeps the charge of a fenced incarnation', () => {
    const fenced = lease({ spec: { state: 'Fenced' }, grant: [0, 4] });
    expect(passLedger(ledger({ 'a-1': of5 }), passInput([fenced])).spec.entries).toEqual({
      'a-1': quarantined,
    });
  });

  it('keeps the charge of an incarnation whose successor is bound', () => {
    const bound = lease({
      spec: { incarnation: 'a-2', fence: 2 },
      status: { incarnation: 'a-2' },
      grant: [0, 4],
      report: { ackGen: 0 },
    });
    const { spec } = passLedger(ledger({ 'a-1': of5 }), passInput([bound]));
    expect(spec.entries['a-1']).toEqual(quarantined);
    expect(spec.entries['a-2']).toMatchObject({ fence: 2, state: 'Active', gen: 5 });
  });

  it('asks the store where the lease seems to be behind the ledger, and does nothing yet', () => {
    const late = leaseRecord(lease({ spec: { incarnation: 'a-0' }, ...HOLDS_5 }), {
      confirmed: false,
      reportedAtMs: 10 * MINUTE,
    });
    const before = ledger({ 'a-1': entry({ ...of5, fence: 2 }) });
    const result = passLedger(before, passInput([late]));
    expect(result.spec.entries['a-1']).toEqual(before.entries['a-1']);
    expect(result.unknownLeases).toEqual(['a']);
  });

  it('adds the time to live of the holder where the store confirms that: nobody has fenced it', () => {
    const back = lease({ spec: { incarnation: 'a-0' }, grant: [0, 1], report: { ackGen: 1 } });
    const { spec } = passLedger(ledger({ 'a-1': entry({ ...of5, fence: 2 }) }), passInput([back]));
    const expirySeconds = expiryMs(timing(), 600 * SECOND) / 1000;
    expect(spec.entries['a-1']).toMatchObject({
      state: 'Quarantined',
      charge: 5,
      remainingSeconds: Q + expirySeconds,
    });
    expect(spec.learning).toBe(true);
  });

  it('does the same where a lease was removed by force', () => {
    const gone = leaseRecord(undefined, { gone: true });
    const { spec, notes } = passLedger(ledger({ 'a-1': of5 }), passInput([gone]));
    expect(spec.entries['a-1']!.remainingSeconds).toBeGreaterThan(Q + 600);
    expect(notes.map(({ reason }) => reason)).toContain('LeaseLost');
  });

  it('asks for a lease that it does not know', () => {
    const result = passLedger(ledger({ 'a-1': of5 }), passInput([]));
    expect(result.unknownLeases).toEqual(['a']);
    expect(result.spec.entries['a-1']).toEqual(of5);
  });
});

describe('c  lower', () => {
  // The ledger wants to take 5 down to 2: target 2, generation 4, still charged with 5.
  const lowering = entry({ target: 2, gen: 4, charge: 5 });
  const having = (view: ReturnType<typeof lease>) =>
    passLedger(ledger({ 'a-1': lowering }), passInput([view], { sets: {} })).spec.entries['a-1'];

  it.each([
    { what: 'acknowledged', grant: [2, 4], report: { ackGen: 4, cap: 2 }, charge: 2 },
    { what: 'acknowledged, three still closing', grant: [2, 4], report: { ackGen: 4, cap: 3 }, charge: 3 },
    { what: 'published, not yet heard', grant: [2, 4], report: { ackGen: 3, cap: 2 }, charge: 5 },
    { what: 'not yet published', grant: [5, 3], report: { ackGen: 3, cap: 2 }, charge: 5 },
  ] as const)('$what: $charge are charged', ({ grant, report, charge }) => {
    expect(having(lease({ grant: [...grant], report }))?.charge).toBe(charge);
  });

  it.each([
    {
      what: 'another incarnation acknowledged',
      view: lease({
        grant: [2, 4],
        report: { ackGen: 4, cap: 2 },
        status: { incarnation: 'a-2', phase: 'Active' },
      }),
    },
    { what: 'the report is of another account', view: lease({ grant: [2, 4], status: { accounts: {} } }) },
  ])('not when $what', ({ view }) => {
    expect(having(view)?.charge).toBe(5);
  });

  it('drops an entry that is charged with nothing', () => {
    const none = passLedger(
      ledger({ 'a-1': entry({ target: 0, gen: 4, charge: 5 }) }),
      passInput([lease({ grant: [0, 4], report: { ackGen: 4, cap: 0 } })], { sets: {} }),
    );
    expect(none.spec.entries).toEqual({});
  });
});

describe('d  unquarantine', () => {
  const quarantined = entry({ state: 'Quarantined', target: 0, gen: 3, charge: 5, remainingSeconds: Q });
  const end = Q * SECOND * clockFactor(timing());
  const having = (elapsedMs: number) =>
    passLedger(
      ledger({ 'a-0': quarantined }),
      passInput([lease()], {
        sets: {},
        record: { quarantines: { 'a-0': { remainingSeconds: Q, sinceMs: 10 * MINUTE - elapsedMs } } },
      }),
    ).spec.entries['a-0'];

  it('lasts until the slowest clock has it over', () => {
    expect(having(end - 1)).toBeDefined();
    expect(having(end + 1)).toBeUndefined();
  });

  it('writes a smaller rest down every 30 s, so that a new leader goes on from there', () => {
    expect(having(29_999)!.remainingSeconds).toBe(Q);
    expect(having(30_000)!.remainingSeconds).toBeCloseTo(Q - 30 / clockFactor(timing()), 2);
  });

  it('does not end without a timer of our own', () => {
    const { spec } = passLedger(ledger({ 'a-0': quarantined }), passInput([lease()], { sets: {} }));
    expect(spec.entries['a-0']).toEqual(quarantined);
  });
});

describe('e  targets', () => {
  const asking = (name: string, demand: number, patch: Parameters<typeof lease>[0] = {}) =>
    lease({ name, grant: [0, 1], report: { ackGen: 1, demand }, ...patch });

  it('raises from what is free: charged before it is published', () => {
    const { spec } = passLedger(ledger(), passInput([asking('a', 4)]));
    expect(spec.entries).toEqual({ 'a-1': entry({ target: 4, gen: 2, charge: 4 }) });
  });

  it('lowers a target at once and its charge not at all, and gives nothing of it away', () => {
    const { spec } = passLedger(
      ledger({ 'a-1': entry({ target: 10, gen: 3, charge: 10 }) }),
      passInput([lease({ grant: [10, 3], report: { ackGen: 3, cap: 10, demand: 20 } }), asking('b', 20)]),
    );
    expect(spec.entries['a-1']).toMatchObject({ target: 5, gen: 4, charge: 10 });
    expect(spec.entries['b-1']).toBeUndefined();
  });

  it('gives the smallest step that is safe: what is free now, the rest later', () => {
    const { spec } = passLedger(
      ledger({ 'a-1': entry({ target: 7, gen: 3, charge: 7 }) }),
      passInput([lease({ grant: [7, 3], report: { ackGen: 3, cap: 7, demand: 20 } }), asking('b', 20)]),
    );
    expect(spec.entries['a-1']).toMatchObject({ target: 5, charge: 7 });
    expect(spec.entries['b-1']).toMatchObject({ target: 3, charge: 3 });
  });

  it('takes a lowering back within what is still charged, free or not', () => {
    const { spec } = passLedger(
      ledger({ 'a-1': entry({ target: 2, gen: 4, charge: 10 }) }),
      passInput([lease({ grant: [2, 4], report: { ackGen: 3, cap: 10, demand: 9 } })]),
    );
    expect(spec.entries['a-1']).toMatchObject({ target: 9, gen: 5, charge: 10 });
  });

  it('starts above every generation that the lease has seen', () => {
    const { spec } = passLedger(
      ledger(),
      passInput([asking('a', 1, { grant: [0, 41], report: { ackGen: 41, demand: 1 } })]),
    );
    expect(spec.entries['a-1']).toMatchObject({ gen: 42 });
  });

  it('serves pods without any first, then the higher class', () => {
    const sets = { core: set('core', { min: 1 }), query: set('query', { class: 'query', min: 1 }) };
    const query = (name: string) =>
      asking(name, 20, { spec: { set: 'query', pod: name, incarnation: `${name}-1`, class: 'query' } });
    const busy = ledger({ 'a-1': entry({ target: 6, gen: 1, charge: 6 }) });
    const { spec } = passLedger(
      busy,
      passInput(
        [lease({ grant: [6, 1], report: { ackGen: 1, cap: 6, demand: 8 } }), query('c'), query('d')],
        { sets },
      ),
    );
    expect(spec.entries['a-1']).toMatchObject({ target: 8, charge: 8 });
    expect(spec.entries['c-1']).toMatchObject({ charge: 1 });
    expect(spec.entries['d-1']).toMatchObject({ charge: 1 });
  });

  it.each([
    { what: 'a lease that is being deleted', patch: { deleting: true } },
    { what: 'a pod that drains', patch: { status: { phase: 'Draining' as const } } },
  ])('takes everything back from $what, and never raises it', ({ patch }) => {
    const holder = lease({ ...HOLDS_5, ...patch });
    expect(passLedger(ledger({ 'a-1': of5 }), passInput([holder])).spec.entries['a-1']).toMatchObject({
      target: 0,
      gen: 4,
      charge: 5,
    });
    expect(passLedger(ledger(), passInput([asking('a', 4, patch)])).spec.entries).toEqual({});
  });

  it('takes everything back when the set has no pool at the account any more, or the account is being deleted', () => {
    const without = passInput([lease(HOLDS_5)], { sets: { core: set('core', { pools: [] }) } });
    const deleting = passInput([lease(HOLDS_5)], { registry: registry({ deleting: true }) });
    for (const input of [without, deleting]) {
      expect(passLedger(ledger({ 'a-1': of5 }), input).spec.entries['a-1']).toMatchObject({
        target: 0,
        charge: 5,
      });
    }
  });

  it('leaves pods of a set that it cannot read as they are, and shares the rest', () => {
    const unknown = lease({ ...HOLDS_5, spec: { set: 'invalid', pod: 'a' } });
    const { spec } = passLedger(ledger({ 'a-1': of5 }), passInput([unknown, asking('b', 20)]));
    expect(spec.entries['a-1']).toEqual(of5);
    expect(spec.entries['b-1']).toMatchObject({ target: 5, charge: 5 });
  });

  it('gives no more to a pod that has missed three renewals', () => {
    const silent = leaseRecord(lease({ ...HOLDS_5, report: { ackGen: 3, cap: 5, demand: 9 } }), {
      reportedAtMs: 10 * MINUTE - 61 * SECOND,
    });
    expect(passLedger(ledger({ 'a-1': of5 }), passInput([silent])).spec.entries['a-1']).toEqual(of5);
  });

  it('does not lower for want of demand in the first 30 s of a leader, but raises at once', () => {
    const two = [lease({ grant: [8, 3], report: { ackGen: 3, cap: 8, demand: 20 } }), asking('b', 20)];
    const before = ledger({ 'a-1': entry({ target: 8, gen: 3, charge: 8 }) });
    const fresh = passLedger(before, passInput(two, { electedAtMs: 10 * MINUTE - 29 * SECOND })).spec.entries;
    expect(fresh['a-1']).toMatchObject({ target: 8 });
    expect(fresh['b-1']).toMatchObject({ target: 2 });
    const later = passLedger(before, passInput(two, { electedAtMs: 10 * MINUTE - 30 * SECOND })).spec.entries;
    expect(later['a-1']).toMatchObject({ target: 5, charge: 8 });
  });

  it('lowers, and charges nobody more, when the limit was cut below what is charged', () => {
    const { spec } = passLedger(
      ledger({ 'a-1': entry({ target: 10, gen: 3, charge: 10 }) }),
      passInput([lease({ grant: [10, 3], report: { ackGen: 3, cap: 10, demand: 20 } })], {
        registry: registry({ limit: 4 }),
      }),
    );
    expect(spec).toMatchObject({ effectiveLimit: 4, entries: { 'a-1': { target: 4, charge: 10 } } });
  });
});

describe('the effective limit', () => {
  const at = (sinceCutMs: number, hitAtMs: number | undefined, cut: number, limit = 10) =>
    passLedger(
      ledger({}, { cut, effectiveLimit: limit - cut }),
      passInput([], {
        registry: registry({ limit }),
        record: { cutAtMs: 10 * MINUTE - sinceCutMs, hitAtMs },
      }),
    ).spec;

  it('falls by one in each report window with a refusal', () => {
    expect(at(5 * SECOND, 10 * MINUTE - 1, 0)).toMatchObject({ cut: 1, effectiveLimit: 9 });
    expect(at(4 * SECOND, 10 * MINUTE - 1, 1).cut).toBe(1);
    // That refusal was before the last cut.
    expect(at(5 * SECOND, 10 * MINUTE - 6 * SECOND, 1).cut).toBe(1);
  });

  it('rises by one after ten minutes without a refusal', () => {
    expect(at(10 * MINUTE, undefined, 3)).toMatchObject({ cut: 2, effectiveLimit: 8 });
    expect(at(10 * MINUTE - 1, undefined, 3).cut).toBe(3);
  });

  it('leaves one connection, or nobody would find out that the registry takes them again', () => {
    expect(at(MINUTE, 10 * MINUTE - 1, 9)).toMatchObject({ cut: 9, effectiveLimit: 1 });
    expect(at(MINUTE, undefined, 9, 4)).toMatchObject({ cut: 3, effectiveLimit: 1 });
  });
});

describe('learning', () => {
  it.each([
    {
      why: 'granted more than is charged',
      view: lease({ grant: [5, 3], report: { ackGen: 3, cap: 5 } }),
      entries: {},
      charge: 5,
    },
    {
      why: 'allows itself more than is charged',
      view: lease({ grant: [2, 3], report: { ackGen: 3, cap: 7 } }),
      entries: { 'a-1': entry({ target: 2, gen: 3, charge: 2 }) },
      charge: 7,
    },
    {
      why: 'was granted a later generation',
      view: lease({ grant: [6, 9], report: { ackGen: 3, cap: 2 } }),
      entries: { 'a-1': entry({ target: 2, gen: 3, charge: 2 }) },
      charge: 6,
    },
  ])('starts when a holder $why, and charges that', ({ view, entries, charge }) => {
    const { spec } = passLedger(ledger(entries), passInput([view]));
    expect(spec.learning).toBe(true);
    expect(spec.entries['a-1']!.charge).toBe(charge);
  });

  it('starts when a process has heard of a grant that its lease does not know', () => {
    const anew = lease({ status: { incarnation: 'a-2' }, grant: [0, 3], report: { ackGen: 4 } });
    expect(passLedger(ledger(), passInput([anew])).spec.learning).toBe(true);
  });

  it('raises nothing, and still lowers', () => {
    const learning = ledger({ 'a-1': entry({ target: 5, gen: 3, charge: 5 }) }, { learning: true });
    const hungry = lease({ grant: [5, 3], report: { ackGen: 3, cap: 5, demand: 9 } });
    expect(passLedger(learning, passInput([hungry], { record: { learningSinceMs: 10 * MINUTE } })).spec).toBe(
      learning,
    );
    const cut = passInput([hungry], {
      registry: registry({ limit: 3 }),
      record: { learningSinceMs: 10 * MINUTE },
    });
    expect(passLedger(learning, cut).spec.entries['a-1']).toMatchObject({ target: 3, charge: 5 });
  });

  it('ends when every holder that nobody knew has stopped and the registry has dropped the rest', () => {
    const wait = expiryMs(timing(), 600 * SECOND) + Q * SECOND * clockFactor(timing());
    const having = (ms: number) =>
      passLedger(
        ledger({}, { learning: true }),
        passInput([], { nowMs: 100 * MINUTE, record: { learningSinceMs: 100 * MINUTE - ms } }),
      ).spec.learning;
    expect(having(wait - 1)).toBe(true);
    expect(having(wait + 1)).toBe(false);
  });
});
