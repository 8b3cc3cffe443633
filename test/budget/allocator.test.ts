import { describe, expect, it } from 'vitest';
import {
  type AllocatorEffect,
  type AllocatorEvent,
  type AllocatorState,
  initialState,
  reduce,
  reduceAll,
} from '../../src/budget/allocator.ts';
import type { LeaseView, LedgerView } from '../../src/budget/protocol.ts';
import { timing } from '../../src/budget/timing.ts';
import { entry, lease, ledger, MINUTE, registry, report, SECOND, set } from './builders.ts';

type Unstamped<E> = E extends unknown ? Omit<E, 'nowMs'> : never;

/** An allocator by hand: tells it events at a time, and shows what it wants done. */
class Bench {
  state: AllocatorState;
  nowMs: number;

  constructor(nowMs = 1_000) {
    this.nowMs = nowMs;
    this.state = initialState(timing(), nowMs);
  }

  tell(event: Unstamped<AllocatorEvent>): AllocatorEffect[] {
    const before = JSON.stringify(this.state);
    const step = reduce(this.state, { ...event, nowMs: this.nowMs } as AllocatorEvent);
    expect(JSON.stringify(this.state), 'reduce changes nothing that it is given').toBe(before);
    this.state = step.state;
    return step.effects;
  }

  tick(afterMs = 500): AllocatorEffect[] {
    this.nowMs += afterMs;
    return this.tell({ type: 'tick' });
  }
}

const PODS = [{ uid: 'a', name: 'pod-a', set: 'core' }];
const ledgerView = (spec = ledger(), version = '5'): LedgerView => ({ account: 'reg', version, spec });
const types = (effects: AllocatorEffect[]) => effects.map(({ type }) => type);

/** A leader at work: its term stands, the leases are listed. */
function ready(leases: LeaseView[] = [], spec = ledger({}, { term: 3 })): Bench {
  const bench = new Bench();
  bench.tell({
    type: 'observed',
    registries: [registry()],
    sets: [set('core')],
    pods: PODS,
    ledgers: [ledgerView(spec)],
  });
  bench.tell({ type: 'listed' });
  bench.tell({
    type: 'ledger-written',
    account: 'reg',
    written: { result: 'ok', view: ledgerView({ ...spec, term: spec.term + 1, seq: spec.seq + 1 }, '6') },
  });
  bench.tell({ type: 'leases-listed', leases });
  return bench;
}

describe('becoming leader', () => {
  it('puts its term into every ledger first, and lists the leases after that', () => {
    const bench = new Bench();
    bench.tell({
      type: 'observed',
      registries: [registry()],
      ledgers: [ledgerView(ledger({}, { term: 3, seq: 7 }))],
    });
    expect(bench.tell({ type: 'listed' })).toEqual([
      { type: 'write-ledger', account: 'reg', version: '5', spec: ledger({}, { term: 4, seq: 8 }) },
    ]);
    expect(bench.tick()).toEqual([]);
    const claimed = ledgerView(ledger({}, { term: 4, seq: 8 }), '6');
    expect(
      types(bench.tell({ type: 'ledger-written', account: 'reg', written: { result: 'ok', view: claimed } })),
    ).toEqual(['list-leases']);
    bench.tell({ type: 'leases-listed', leases: [] });
    expect(bench.state.stage).toBe('ready');
  });

  it('reads a ledger again that somebody wrote meanwhile, and claims above its term', () => {
    const bench = new Bench();
    bench.tell({
      type: 'observed',
      registries: [registry()],
      ledgers: [ledgerView(ledger({}, { term: 3 }))],
    });
    bench.tell({ type: 'listed' });
    expect(bench.tell({ type: 'ledger-written', account: 'reg', written: { result: 'conflict' } })).toEqual([
      { type: 'read-ledger', account: 'reg' },
    ]);
    const [write] = bench.tell({
      type: 'ledger-read',
      account: 'reg',
      found: { result: 'ok', view: ledgerView(ledger({}, { term: 4 }), '7') },
    });
    expect(write).toMatchObject({ type: 'write-ledger', version: '7', spec: { term: 5 } });
  });

  it('takes a claim without an answer for no claim', () => {
    const bench = new Bench();
    bench.tell({
      type: 'observed',
      registries: [registry()],
      ledgers: [ledgerView(ledger({}, { term: 3 }))],
    });
    bench.tell({ type: 'listed' });
    expect(bench.tell({ type: 'ledger-written', account: 'reg', written: { result: 'unknown' } })).toEqual(
      [],
    );
    expect(bench.tick(SECOND)).toEqual([{ type: 'read-ledger', account: 'reg' }]);
    // It may be ours or another leader's.
    const [write] = bench.tell({
      type: 'ledger-read',
      account: 'reg',
      found: { result: 'ok', view: ledgerView(ledger({}, { term: 4 }), '7') },
    });
    expect(write).toMatchObject({ type: 'write-ledger', spec: { term: 5 } });
  });

  it('needs no claim where there is no ledger yet, and makes the first one', () => {
    const bench = new Bench();
    bench.tell({ type: 'observed', registries: [registry({ limit: 9, externalReserved: 2 })] });
    expect(types(bench.tell({ type: 'listed' }))).toEqual(['list-leases']);
    bench.tell({ type: 'leases-listed', leases: [] });
    expect(bench.tick()).toEqual([
      { type: 'create-ledger', account: 'reg', spec: ledger({}, { effectiveLimit: 7 }) },
    ]);
  });

  it.each([
    { what: 'leases that were granted something', leases: [lease({ grant: [2, 3] })], used: false },
    { what: 'an account that had connections', leases: [], used: true },
  ])('starts learning without a ledger, but with $what', ({ leases, used }) => {
    const bench = new Bench();
    bench.tell({ type: 'observed', registries: [registry({ used })], sets: [set('core')] });
    bench.tell({ type: 'listed' });
    bench.tell({ type: 'leases-listed', leases });
    expect(bench.tick()).toMatchObject([{ type: 'create-ledger', spec: { learning: true } }]);
  });

  it('steps down for good when a ledger shows a higher term', () => {
    const bench = ready();
    const effects = bench.tell({ type: 'observed', ledgers: [ledgerView(ledger({}, { term: 9 }), '8')] });
    expect(effects).toEqual([
      { type: 'step-down', reason: 'a newer leader has claimed the ledger of reg: its term is 9, ours 4' },
    ]);
    expect(bench.tick()).toEqual([]);
    expect(bench.tell({ type: 'observed', leases: [lease({ status: { incarnation: 'new' } })] })).toEqual([]);
  });

  it('does nothing any more when it is told to stop', () => {
    const bench = ready([lease({ status: { incarnation: 'a-2' } })]);
    bench.tell({ type: 'stopped' });
    expect(bench.tick()).toEqual([]);
  });

  it('starts every expiry anew', () => {
    const bench = ready([lease()]);
    expect(types(bench.tick(10 * MINUTE))).not.toContain('write-lease');
    const [fence] = bench.tick(18 * SECOND).filter(({ type }) => type === 'write-lease');
    expect(fence).toMatchObject({ version: '10', spec: { state: 'Fenced' } });
  });
});

describe('at work', () => {
  it('goes through BIND, the ledger and PUBLISH, each when the one before is committed', () => {
    const fresh = lease({
      spec: { state: 'None', fence: 0, grants: {} },
      grant: [0, 0],
      report: { ackGen: 0, demand: 3 },
    });
    delete (fresh.spec as { incarnation?: string }).incarnation;
    const bench = ready([fresh]);
    const [bind] = bench.tick();
    expect(bind).toMatchObject({
      type: 'write-lease',
      spec: { state: 'Bound', incarnation: 'a-1', fence: 1 },
    });
    const bound = { ...fresh, version: '11', spec: (bind as { spec: LeaseView['spec'] }).spec };
    bench.tell({ type: 'lease-written', lease: 'a', written: { result: 'ok', view: bound } });
    const [charge] = bench.tick();
    expect(charge).toMatchObject({
      type: 'write-ledger',
      version: '6',
      spec: { entries: { 'a-1': { target: 3, gen: 2, charge: 3 } } },
    });
    const committed = ledgerView((charge as { spec: LedgerView['spec'] }).spec, '12');
    expect(
      bench.tell({ type: 'ledger-written', account: 'reg', written: { result: 'ok', view: committed } }),
    ).toMatchObject([
      { type: 'write-lease', lease: 'a', version: '11', spec: { grants: { reg: { slots: 3, gen: 2 } } } },
    ]);
  });

  it('gives every pod of a known set a lease, once', () => {
    const bench = ready();
    expect(bench.tick().filter(({ type }) => type === 'create-lease')).toMatchObject([
      { pod: PODS[0], spec: { state: 'None', set: 'core' } },
    ]);
    expect(types(bench.tick())).not.toContain('create-lease');
    bench.tell({ type: 'lease-written', lease: 'a', written: { result: 'exists' } });
    bench.tell({ type: 'lease-read', lease: 'a', found: { result: 'ok', view: lease() } });
    expect(types(bench.tick())).not.toContain('create-lease');
  });

  it('reads again and computes again after a conflict', () => {
    const bench = ready([lease({ status: { incarnation: 'a-2' } })]);
    expect(types(bench.tick())).toEqual(['write-lease']);
    expect(bench.tell({ type: 'lease-written', lease: 'a', written: { result: 'conflict' } })).toEqual([
      { type: 'read-lease', lease: 'a' },
    ]);
    bench.tell({
      type: 'lease-read',
      lease: 'a',
      found: { result: 'ok', view: lease({ version: '14', status: { incarnation: 'a-3' } }) },
    });
    const [bind] = bench.tick().filter(({ type }) => type === 'write-lease');
    expect(bind).toMatchObject({ version: '14', spec: { incarnation: 'a-3' } });
  });

  it('writes to an object only once at a time, and reads it before it tries again after silence', () => {
    const bench = ready([lease({ status: { incarnation: 'a-2' } })]);
    expect(types(bench.tick())).toEqual(['write-lease']);
    expect(types(bench.tick())).toEqual([]);
    bench.tell({ type: 'lease-written', lease: 'a', written: { result: 'unknown' } });
    expect(types(bench.tick(500))).toEqual([]);
    expect(types(bench.tick(500))).toEqual(['read-lease']);
    bench.tell({ type: 'lease-read', lease: 'a', found: { result: 'unknown' } });
    expect(types(bench.tick(1_500))).toEqual([]);
    expect(types(bench.tick(500))).toEqual(['read-lease']);
  });

  it('binds a container that starts again and again with back-off, but fences its dead predecessor at once', () => {
    const bench = ready([lease()]);
    let version = 10;
    let current = lease();
    const restart = (incarnation: string) => {
      current = {
        ...current,
        version: String(++version),
        status: { ...current.status, incarnation, seq: 1 },
      };
      bench.tell({ type: 'observed', leases: [current] });
    };
    const commit = (effects: AllocatorEffect[]) => {
      const write = effects.find((effect) => effect.type === 'write-lease');
      if (write === undefined) return undefined;
      current = { ...current, version: String(++version), spec: write.spec };
      return {
        write,
        told: bench.tell({ type: 'lease-written', lease: 'a', written: { result: 'ok', view: current } }),
      };
    };
    restart('a-2');
    expect(commit(bench.tick())?.write.spec).toMatchObject({ state: 'Bound', incarnation: 'a-2' });
    restart('a-3');
    expect(commit(bench.tick())?.write.spec).toMatchObject({ state: 'Bound', incarnation: 'a-3' });
    restart('a-4');
    const fenced = commit(bench.tick());
    expect(fenced?.write.spec).toMatchObject({ state: 'Fenced', incarnation: 'a-3' });
    expect(fenced?.told).toMatchObject([{ type: 'note', note: { reason: 'CrashLoop' } }]);
    expect(commit(bench.tick(58 * SECOND))).toBeUndefined();
    expect(commit(bench.tick(2 * SECOND))?.write.spec).toMatchObject({ state: 'Bound', incarnation: 'a-4' });
    restart('a-5');
    commit(bench.tick());
    expect(commit(bench.tick(100 * SECOND))).toBeUndefined();
    expect(commit(bench.tick(30 * SECOND))?.write.spec).toMatchObject({ state: 'Bound', incarnation: 'a-5' });
    bench.nowMs += 10 * MINUTE;
    restart('a-6');
    expect(commit(bench.tick())?.write.spec).toMatchObject({ state: 'Bound', incarnation: 'a-6' });
  });

  it('takes the finalizer off a lease whose pod is gone and that holds nothing', () => {
    const bench = ready([lease({ deleting: true })]);
    expect(bench.tick()).toContainEqual({ type: 'let-lease-go', lease: 'a', version: '10' });
    bench.tell({ type: 'vanished', pods: ['a'] });
    bench.tell({
      type: 'lease-written',
      lease: 'a',
      written: { result: 'ok', view: lease({ version: '11', deleting: true, held: false }) },
    });
    bench.tick();
    expect(bench.state.leases).toEqual({});
  });

  it('asks the store when a watch shows an older version, and believes the store', () => {
    const bench = ready(
      [lease({ version: '10', grant: [2, 5] })],
      ledger({ 'a-1': entry({ target: 2, gen: 5, charge: 2 }) }, { term: 3 }),
    );
    bench.tell({ type: 'observed', leases: [lease({ version: '8', grant: [1, 4] })] });
    expect(bench.state.leases.a?.view?.version).toBe('10');
    expect(types(bench.tick())).toContain('read-lease');
    // The watch was late: all is well.
    bench.tell({
      type: 'lease-read',
      lease: 'a',
      found: { result: 'ok', view: lease({ version: '10', grant: [2, 5] }) },
    });
    expect(bench.state.accounts.reg?.rolledBack).toBe(false);
    // The store itself went back.
    bench.tell({ type: 'observed', leases: [lease({ version: '8', grant: [1, 4] })] });
    bench.tick();
    bench.tell({
      type: 'lease-read',
      lease: 'a',
      found: { result: 'ok', view: lease({ version: '8', grant: [1, 4] }) },
    });
    const [write] = bench.tick().filter(({ type }) => type === 'write-ledger');
    expect(write).toMatchObject({ spec: { learning: true } });
  });

  it('asks the store for a lease that only a watch tells of: it may be long gone', () => {
    const bench = ready();
    expect(bench.tell({ type: 'observed', leases: [lease({ status: { incarnation: 'a-2' } })] })).toEqual([]);
    expect(bench.tick()).toEqual([{ type: 'read-lease', lease: 'a' }]);
    bench.tell({ type: 'lease-read', lease: 'a', found: { result: 'missing' } });
    expect(types(bench.tick())).toEqual(['create-lease']);
  });

  it('learns when its ledger is gone', () => {
    const bench = ready(
      [lease({ grant: [2, 5], report: { ackGen: 5, cap: 2 } })],
      ledger({ 'a-1': entry({ target: 2, gen: 5, charge: 2 }) }, { term: 3 }),
    );
    bench.tell({ type: 'vanished', ledgers: ['reg'] });
    expect(types(bench.tick())).toContain('read-ledger');
    bench.tell({ type: 'ledger-read', account: 'reg', found: { result: 'missing' } });
    const [create] = bench.tick().filter(({ type }) => type === 'create-ledger');
    expect(create).toMatchObject({ spec: { learning: true, term: 4 } });
    bench.tell({
      type: 'ledger-written',
      account: 'reg',
      written: { result: 'ok', view: ledgerView((create as { spec: LedgerView['spec'] }).spec, '20') },
    });
    const [learned] = bench.tick().filter(({ type }) => type === 'write-ledger');
    expect(learned).toMatchObject({ spec: { entries: { 'a-1': { charge: 2, target: 2, gen: 5 } } } });
  });

  it('cuts the limit for a refusal that is new, not for those before its time', () => {
    const bench = ready([lease({ report: { limitHits: 4 } })]);
    const first = bench.tick(10 * SECOND).find((effect) => effect.type === 'write-ledger');
    const committed = ledgerView(first!.spec, '30');
    bench.tell({ type: 'ledger-written', account: 'reg', written: { result: 'ok', view: committed } });
    expect(bench.state.accounts.reg?.hitAtMs).toBeUndefined();
    bench.tell({
      type: 'observed',
      leases: [lease({ version: '11', status: { seq: 2, accounts: { reg: report({ limitHits: 5 }) } } })],
    });
    const [write] = bench.tick().filter(({ type }) => type === 'write-ledger');
    expect(write).toMatchObject({ spec: { cut: 1, effectiveLimit: 9 } });
  });

  it('keeps its distance: ticks are 500 ms apart, and a big ledger is written every 2 s', () => {
    const many = Object.fromEntries(
      Array.from({ length: 201 }, (_, i) => [
        `x-${i}`,
        entry({ lease: `l-${i}`, state: 'Quarantined', charge: 1, remainingSeconds: 1_000 }),
      ]),
    );
    const bench = ready([lease()], ledger(many, { term: 3, effectiveLimit: 500 }));
    bench.tell({ type: 'observed', registries: [registry({ limit: 500 })] });
    const charge = (effects: AllocatorEffect[]) => effects.find((effect) => effect.type === 'write-ledger');
    const first = charge(bench.tick());
    expect(first).toBeDefined();
    bench.tell({
      type: 'ledger-written',
      account: 'reg',
      written: { result: 'ok', view: ledgerView(first!.spec, '30') },
    });
    bench.tell({
      type: 'observed',
      leases: [lease({ version: '11', status: { seq: 2, accounts: { reg: report({ demand: 9 }) } } })],
    });
    expect(charge(bench.tick(499))).toBeUndefined();
    expect(charge(bench.tick(1_000))).toBeUndefined();
    expect(charge(bench.tick(1_000))).toBeDefined();
  });

  it('comes to the same by events one by one and all at once', () => {
    const events: AllocatorEvent[] = [
      { type: 'observed', nowMs: 1, registries: [registry()], sets: [set('core')], pods: PODS },
      { type: 'listed', nowMs: 2 },
      { type: 'leases-listed', nowMs: 3, leases: [lease()] },
      { type: 'tick', nowMs: 600 },
    ];
    const start = initialState(timing(), 0);
    const all = reduceAll(start, events);
    let state = start;
    const effects = events.flatMap((event) => {
      const step = reduce(state, event);
      state = step.state;
      return step.effects;
    });
    expect(all.state).toEqual(state);
    expect(all.effects).toEqual(effects);
    expect(JSON.parse(JSON.stringify(all.state))).toEqual(
      JSON.parse(JSON.stringify(structuredClone(all.state))),
    );
  });
});
