import { describe, expect, it } from 'vitest';
import { type AllocatorState, initialState, newAccountRecord } from '../../src/budget/allocator-state.ts';
import {
  bind,
  bindBackoffMs,
  fencePredecessor,
  fenceSilent,
  firstLease,
  mayLetGo,
  publish,
} from '../../src/budget/lease-steps.ts';
import type { LedgerSpec } from '../../src/budget/protocol.ts';
import { expiryMs, timing } from '../../src/budget/timing.ts';
import { entry, type LeasePatch, lease, leaseRecord, ledger, registry, SECOND, set } from './builders.ts';

const t = timing();

const state = (spec: LedgerSpec = ledger(), patch: Partial<AllocatorState> = {}): AllocatorState => ({
  ...initialState(t, 0),
  stage: 'ready',
  registries: { reg: registry() },
  sets: { core: set('core') },
  accounts: {
    reg: { ...newAccountRecord(0), claimed: true, term: 1, ledger: { account: 'reg', version: '5', spec } },
  },
  ...patch,
});
const record = (patch?: LeasePatch) => leaseRecord(lease(patch));
const again = (patch: LeasePatch = {}) =>
  record({ grant: [5, 3], status: { incarnation: 'a-2' }, report: { ackGen: 0 }, ...patch });

describe('1  BIND', () => {
  it('shuts the predecessor out by a larger fence and larger generations, with nothing granted', () => {
    expect(bind(again(), state())).toMatchObject({
      incarnation: 'a-2',
      state: 'Bound',
      fence: 2,
      ttlSeconds: 600,
      renewSeconds: 20,
      grants: { reg: { slots: 0, gen: 4 } },
    });
  });

  it.each([
    { what: 'bound already', patch: { status: { incarnation: 'a-1' } } },
    { what: 'released already', patch: { status: { incarnation: 'a-2', phase: 'Released' as const } } },
    { what: 'not there yet', patch: { status: {} } },
  ])('does nothing for an incarnation that is $what', ({ patch }) => {
    const view = lease(patch);
    if (patch.status.incarnation === undefined) delete (view.status as { incarnation?: string }).incarnation;
    expect(bind(leaseRecord(view), state())).toBeUndefined();
  });

  it('never revives one that a ledger knows', () => {
    const known = ledger({ 'a-2': entry({ state: 'Quarantined', charge: 1, remainingSeconds: 9 }) });
    expect(bind(again(), state(known))).toBeUndefined();
  });

  it('waits for the ledger to learn what the holder heard and the store forgot', () => {
    const restored = again({
      status: { incarnation: 'a-2', accounts: { reg: { ...lease().status.accounts!.reg!, ackGen: 7 } } },
    });
    expect(bind(restored, state())).toBeUndefined();
    expect(bind(restored, state(ledger({}, { learning: true })))).toMatchObject({
      grants: { reg: { slots: 0, gen: 8 } },
    });
  });

  it.each([
    { binds: 0, seconds: 0 },
    { binds: 1, seconds: 0 },
    { binds: 2, seconds: 60 },
    { binds: 3, seconds: 120 },
    { binds: 4, seconds: 240 },
    { binds: 20, seconds: 1_800 },
  ])('after $binds bindings in a row the next one waits $seconds s', ({ binds, seconds }) => {
    expect(bindBackoffMs(t, binds)).toBe(seconds * SECOND);
  });

  it('fences the predecessor at once even while it waits: that one is dead', () => {
    expect(fencePredecessor(again(), state())).toMatchObject({
      incarnation: 'a-1',
      state: 'Fenced',
      fence: 1,
      grants: { reg: { slots: 0, gen: 4 } },
    });
    expect(fencePredecessor(record(), state())).toBeUndefined();
  });
});

describe('2  FENCE', () => {
  const expiry = expiryMs(t, 600 * SECOND);

  it('waits T_exp after the report was first seen, by our clock', () => {
    expect(fenceSilent(record(), t, expiry - 1)).toBeUndefined();
    expect(fenceSilent(record(), t, expiry)).toMatchObject({
      state: 'Fenced',
      incarnation: 'a-1',
      fence: 1,
      grants: { reg: { slots: 0, gen: 2 } },
    });
  });

  it('takes the longer of the time to live that is granted and the one in use', () => {
    const longer = record({ spec: { ttlSeconds: 120 } });
    expect(fenceSilent(longer, t, expiry - 1)).toBeUndefined();
    const granted = record({ status: { ttlInUseSeconds: 120 } });
    expect(fenceSilent(granted, t, expiry - 1)).toBeUndefined();
  });

  it.each([
    { what: 'not bound', patch: { spec: { state: 'None' as const } } },
    { what: 'fenced', patch: { spec: { state: 'Fenced' as const } } },
    { what: 'released', patch: { status: { phase: 'Released' as const } } },
  ])('leaves a lease alone that is $what', ({ patch }) => {
    expect(fenceSilent(record(patch), t, 10 * expiry)).toBeUndefined();
  });
});

describe('4  PUBLISH', () => {
  it('copies what the ledger says newer', () => {
    const news = state(ledger({ 'a-1': entry({ target: 3, gen: 2, charge: 5 }) }));
    expect(publish(record(), news.accounts)?.grants).toEqual({ reg: { slots: 3, gen: 2 } });
  });

  it.each([
    { what: 'nothing newer', entries: { 'a-1': entry({ target: 3, gen: 1, charge: 3 }) }, patch: {} },
    {
      what: 'another fence',
      entries: { 'a-1': entry({ target: 3, gen: 2, charge: 3, fence: 2 }) },
      patch: {},
    },
    { what: 'another incarnation', entries: { 'a-2': entry({ target: 3, gen: 2, charge: 3 }) }, patch: {} },
    {
      what: 'a quarantine',
      entries: { 'a-1': entry({ state: 'Quarantined' as const, gen: 2, charge: 3 }) },
      patch: {},
    },
    {
      what: 'a holder that released itself',
      entries: { 'a-1': entry({ target: 3, gen: 2, charge: 3 }) },
      patch: { status: { phase: 'Released' as const } },
    },
    {
      what: 'a fenced lease',
      entries: { 'a-1': entry({ target: 3, gen: 2, charge: 3 }) },
      patch: { spec: { state: 'Fenced' as const } },
    },
  ])('writes nothing for $what', ({ entries, patch }) => {
    expect(publish(record(patch), state(ledger(entries)).accounts)).toBeUndefined();
  });

  it('waits until the ledger has our term', () => {
    const news = state(ledger({ 'a-1': entry({ target: 3, gen: 2, charge: 3 }) }));
    const unclaimed = { reg: { ...news.accounts.reg!, claimed: false } };
    expect(publish(record(), unclaimed)).toBeUndefined();
  });
});

describe('the first lease of a pod', () => {
  const pod = { uid: 'a', name: 'pod-a', set: 'core' };

  it('grants nothing and binds nobody', () => {
    expect(firstLease(pod, set('core', { class: 'query' }), state())).toEqual({
      pod: 'pod-a',
      set: 'core',
      class: 'query',
      fence: 0,
      state: 'None',
      ttlSeconds: 120,
      renewSeconds: 20,
      grants: {},
    });
  });

  it('goes on from where ledgers know a former lease of this pod, once that is in quarantine', () => {
    const former = { fence: 4, gen: 9, charge: 2 };
    expect(firstLease(pod, set('core'), state(ledger({ x: entry(former) })))).toBeUndefined();
    const over = ledger({ x: entry({ ...former, state: 'Quarantined', remainingSeconds: 9 }) });
    expect(firstLease(pod, set('core'), state(over))).toMatchObject({
      fence: 4,
      grants: { reg: { slots: 0, gen: 9 } },
    });
  });
});

describe('the finalizer of a lease', () => {
  const deleted = (patch: LeasePatch = {}) => record({ deleting: true, ...patch });

  it('goes when the pod is gone and no ledger has an entry of it', () => {
    expect(mayLetGo(deleted(), state())).toBe(true);
    expect(mayLetGo(record(), state())).toBe(false);
    expect(mayLetGo(deleted({ held: false }), state())).toBe(false);
  });

  it.each(['Active', 'Quarantined'] as const)('stays while an entry is %s', (entryState) => {
    const kept = ledger({ x: entry({ state: entryState, charge: 1, remainingSeconds: 9 }) });
    expect(mayLetGo(deleted(), state(kept))).toBe(false);
  });

  it('stays while slots are published that no ledger has: that ledger has something to learn', () => {
    expect(mayLetGo(deleted({ grant: [3, 2] }), state())).toBe(false);
    expect(mayLetGo(deleted({ grant: [3, 2], status: { phase: 'Released' } }), state())).toBe(true);
  });

  it('stays while what we know of the ledger may be wrong', () => {
    const { reg } = state().accounts;
    for (const patch of [
      { claimed: false },
      { ledger: undefined },
      { exchange: { ...reg!.exchange, unsure: true } },
    ]) {
      expect(mayLetGo(deleted(), state(ledger(), { accounts: { reg: { ...reg!, ...patch } } }))).toBe(false);
    }
  });
});
