import { describe, expect, it } from 'vitest';
import { newAccountRecord } from '../../src/budget/allocator-state.ts';
import { publish } from '../../src/budget/lease-steps.ts';
import { passLedger } from '../../src/budget/ledger-pass.ts';
import { entry, type LeasePatch, lease, leaseRecord, ledger, passInput, registry } from './builders.ts';

/** Ten connections, and 40 commands a second: 4 each. */
const commands = { perSecond: 40 };
const EACH = { perSecond: 4_000 };
const holds = (name: string, slots: number, demand = slots, patch: LeasePatch = {}) =>
  lease({ name, grant: [slots, 3], report: { ackGen: 3, cap: slots, demand }, ...patch });
const of = (lease: string, slots: number, patch = {}) =>
  entry({ lease, target: slots, gen: 3, charge: slots, ...patch });
const pass = (entries: Parameters<typeof ledger>[0], leases: ReturnType<typeof lease>[], fact = {}) =>
  passLedger(ledger(entries), passInput(leases, { registry: registry({ commands, ...fact }) })).spec;

describe('a share that is too large', () => {
  it('is lowered by a new generation, and stays charged until that is acknowledged', () => {
    const { entries } = pass({ 'a-1': of('a', 5, { millicommands: { perSecond: 9_000 } }) }, [holds('a', 5)]);
    const lowered = { ...of('a', 5), millicommands: EACH, chargedMillicommands: { perSecond: 9_000 } };
    expect(entries['a-1']).toEqual({ ...lowered, gen: 4 });
    const heard = holds('a', 5, 5, { grant: [5, 4] });
    expect(pass(entries, [heard]).entries['a-1']).toEqual(entries['a-1']);
    const acknowledged = holds('a', 5, 5, { grant: [5, 4], report: { ackGen: 4, cap: 5, demand: 5 } });
    expect(pass(entries, [acknowledged]).entries['a-1']).toEqual({
      ...of('a', 5),
      gen: 4,
      millicommands: EACH,
    });
  });

  it('is lowered in a ledger that knew no shares, where nothing may be given out until then', () => {
    const { entries } = pass({ 'a-1': of('a', 5) }, [holds('a', 5), holds('b', 0, 5)]);
    expect(entries['a-1']).toEqual({ ...of('a', 5), gen: 4, millicommands: EACH, chargedMillicommands: {} });
    expect(entries['b-1']).toBeUndefined();
  });

  it('keeps others from getting connections that its commands would be for', () => {
    // 3 * 10 may be in use, so 10 of 40 are left: two connections of 4.
    const high = of('a', 3, { millicommands: { perSecond: 10_000 } });
    const { entries } = pass({ 'a-1': high }, [holds('a', 3), holds('b', 0, 7)]);
    expect(entries['b-1']).toMatchObject({ charge: 2, millicommands: EACH });
  });

  it('keeps its own holder from more connections, but not from those that it is charged with', () => {
    const high = { millicommands: EACH, chargedMillicommands: { perSecond: 10_000 } };
    const { entries } = pass({ 'a-1': of('a', 2, { gen: 4, charge: 3, ...high }) }, [holds('a', 2, 9)]);
    expect(entries['a-1']).toEqual({ ...of('a', 3), gen: 5, ...high });
  });

  it('of a quarantined entry needs nobody to acknowledge, unless its holder may be at work still', () => {
    const over = {
      state: 'Quarantined',
      target: 0,
      millicommands: { perSecond: 9_000 },
      remainingSeconds: 9,
    } as const;
    const gone = of('a', 5, over);
    const orphan = of('b', 5, { ...over, chargedMillicommands: { perSecond: 9_000 } });
    const { entries } = pass({ 'a-1': gone, 'b-1': orphan }, []);
    expect(entries['a-1']).toEqual({ ...gone, millicommands: EACH });
    expect(entries['b-1']).toEqual({ ...orphan, millicommands: EACH });
  });

  it('of a holder that is fenced is in use no more; of one whose lease was removed it may be', () => {
    const lowering = of('a', 5, { millicommands: EACH, chargedMillicommands: { perSecond: 9_000 } });
    const fenced = lease({ spec: { state: 'Fenced' }, grant: [0, 4] });
    expect(pass({ 'a-1': lowering }, [fenced]).entries['a-1']).not.toHaveProperty('chargedMillicommands');
    const gone = passInput([leaseRecord(undefined, { gone: true })], { registry: registry({ commands }) });
    expect(passLedger(ledger({ 'a-1': lowering }), gone).spec.entries['a-1']).toMatchObject({
      state: 'Quarantined',
      chargedMillicommands: { perSecond: 9_000 },
    });
  });
});

describe('a share that is too small', () => {
  const small = { millicommands: { perSecond: 2_000 } };

  it('is raised as far as there is room, one holder after the other', () => {
    // 5 * 2 + 4 * 5 = 30 are charged: a could have 10 more, and b has more than its share.
    const { entries } = pass(
      {
        'a-1': of('a', 5, small),
        'b-1': of('b', 4, { millicommands: { perSecond: 5_000 } }),
        'c-1': of('c', 1, small),
      },
      [holds('a', 5), holds('b', 4), holds('c', 1)],
    );
    expect(entries['a-1']).toMatchObject({ gen: 3, ...small });
    expect(entries['b-1']).toMatchObject({ gen: 4, millicommands: EACH });
    expect(entries['c-1']).toMatchObject({ gen: 4, millicommands: EACH });
  });

  it('waits while the ledger is learning', () => {
    const learning = ledger({ 'a-1': of('a', 5, small) }, { learning: true });
    const input = passInput([holds('a', 5)], { registry: registry({ commands }), nowMs: 1 });
    expect(passLedger(learning, input).spec).toBe(learning);
  });

  it('is no share at all where the account has no limit any more', () => {
    const { entries } = pass({ 'a-1': of('a', 5, small) }, [holds('a', 5)], { commands: {} });
    expect(entries['a-1']).toEqual({ ...of('a', 5), gen: 4 });
  });
});

describe('a learning ledger', () => {
  it('takes shares from leases, and believes in them when they are acknowledged', () => {
    const grants = { reg: { slots: 5, gen: 3, millicommands: EACH } };
    const learning = (ackGen: number) => {
      const view = lease({ spec: { grants }, report: { ackGen, cap: 5, demand: 5 } });
      const input = passInput([view], { registry: registry({ commands }), nowMs: 1 });
      return passLedger(ledger({}, { learning: true }), input).spec.entries['a-1'];
    };
    expect(learning(2)).toMatchObject({ charge: 5, millicommands: EACH, chargedMillicommands: {} });
    expect(learning(3)).toEqual({ ...of('a', 5), millicommands: EACH });
  });
});

describe('a lease', () => {
  it('is told the share with the grant', () => {
    const spec = ledger({ 'a-1': of('a', 5, { gen: 4, millicommands: EACH }) });
    const account = { ...newAccountRecord(0), claimed: true, ledger: { account: 'reg', version: '5', spec } };
    expect(publish(leaseRecord(holds('a', 5)), { reg: account })?.grants).toEqual({
      reg: { slots: 5, gen: 4, millicommands: EACH },
    });
  });
});
