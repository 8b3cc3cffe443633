import { describe, expect, it } from 'vitest';
import { A, DAY, type Desk, desk } from '../desk.ts';

const NAME = { name: 'a.com' };
const report = {
  preData: 'before',
  postData: 'after',
  delTime: '2026-03-10T12:00:00Z',
  resTime: '2026-03-11T12:00:00Z',
  resReason: { text: 'Registrant error' },
  statements: [{ text: 'one' }, { text: 'two' }],
};

/** Statuses of the domain, and those of rgp. */
const states = ({ ask }: Desk) => {
  const { data, extensions } = ask('domain:info', NAME);
  const { rgpStatuses = [] } = (extensions?.rgp ?? {}) as { rgpStatuses?: { s: string }[] };
  const { statuses } = data as { statuses: { s: string }[] };
  return [...statuses, ...rgpStatuses].map(({ s }) => s);
};

/** A domain that was deleted when its addPeriod was over. */
function deleted(d: Desk): void {
  d.code('domain:create', A);
  expect(states(d)).toEqual(['inactive', 'addPeriod']);
  d.advance(6 * DAY);
  expect(states(d)).toEqual(['inactive']);
  expect(d.code('domain:delete', NAME)).toBe(1001);
  expect(states(d)).toEqual(['pendingDelete', 'redemptionPeriod']);
}

describe('a deleted domain', () => {
  it('goes after redemptionPeriod and pendingDelete, and its registrar is told', () => {
    const d = desk();
    deleted(d);
    d.advance(30 * DAY - 1);
    expect(states(d)).toEqual(['pendingDelete', 'redemptionPeriod']);
    expect(d.data('domain:check', { names: ['a.com'] })).toMatchObject({ cd: [{ avail: false }] });
    d.advance(1);
    expect(states(d)).toEqual(['pendingDelete', 'pendingDelete']);
    expect(d.code('domain:restore', NAME)).toBe(2304);
    d.advance(5 * DAY);
    expect(d.code('domain:info', NAME)).toBe(2303);
    expect(d.ask('poll', { op: 'req' })).toMatchObject({
      messageQueue: { count: 1, message: 'Domain deleted.', date: '2026-04-10T12:00:00.000Z' },
      dataType: 'domain:panData',
      data: { name: 'a.com', paResult: true, paTRID: { clTRID: 'TEST-4', svTRID: 'SIM-4' } },
    });
    expect(d.code('domain:create', A)).toBe(1000);
  });

  it('is gone at once in its addPeriod', () => {
    const { code, advance } = desk();
    code('domain:create', A);
    advance(5 * DAY - 1);
    expect(code('domain:delete', NAME)).toBe(1000);
    expect(code('domain:info', NAME)).toBe(2303);
  });

  it('can be restored by request and report', () => {
    const d = desk();
    deleted(d);
    expect(d.code('domain:restore', { ...NAME, op: 'report', report })).toBe(2304);
    expect(d.ask('domain:restore', NAME)).toMatchObject({
      results: [{ code: 1000 }],
      extensions: { rgp: { rgpStatuses: [{ s: 'pendingRestore' }] } },
    });
    expect(d.ask('poll', { op: 'req' })).toMatchObject({
      dataType: 'rgpPoll:pollData',
      data: { name: 'a.com', rgpStatus: { s: 'pendingRestore' }, reportDueDate: '2026-03-13T12:00:00.000Z' },
    });
    expect(d.code('domain:restore', NAME)).toBe(2304);
    expect(d.code('domain:restore', { ...NAME, op: 'report', report })).toBe(1000);
    expect(states(d)).toEqual(['inactive']);
    d.advance(100 * DAY);
    expect(d.code('domain:info', NAME)).toBe(1000);
  });

  it('waits for another request where no report came', () => {
    const d = desk();
    deleted(d);
    d.code('domain:restore', NAME);
    d.advance(7 * DAY);
    expect(states(d)).toEqual(['pendingDelete', 'redemptionPeriod']);
    expect(d.code('domain:restore', { ...NAME, op: 'report', report })).toBe(2304);
    expect(d.code('domain:restore', NAME)).toBe(1000);
  });

  it('needs no report where the registry asks for none', () => {
    const d = desk({ restoreReport: false });
    deleted(d);
    expect(d.code('domain:restore', NAME)).toBe(1000);
    expect(states(d)).toEqual(['inactive']);
  });

  it('takes nothing else', () => {
    const d = desk();
    deleted(d);
    expect(d.code('domain:delete', NAME)).toBe(2304);
    expect(d.code('domain:update', { ...NAME, chg: { authInfo: { pw: 'x' } } })).toBe(2304);
    expect(d.code('domain:renew', { ...NAME, curExpDate: '2027-02-28' })).toBe(2304);
    const { authInfo } = A;
    expect(d.code('domain:transfer', { ...NAME, op: 'request', authInfo }, { as: 'other' })).toBe(2304);
    expect(d.code('domain:create', A)).toBe(2302);
    expect(d.code('host:create', { name: 'ns1.a.com' })).toBe(2304);
  });

  it('has no host of its own left', () => {
    const { code } = desk();
    code('domain:create', A);
    expect(code('host:create', { name: 'ns1.a.com' })).toBe(1000);
    expect(code('domain:delete', NAME)).toBe(2305);
    expect(code('host:delete', { name: 'ns1.a.com' })).toBe(1000);
    expect(code('domain:delete', NAME)).toBe(1000);
  });
});

describe('a domain that was never deleted', () => {
  it('has nothing to restore', () => {
    const { code } = desk();
    code('domain:create', A);
    expect(code('domain:restore', NAME)).toBe(2304);
  });

  it('tells of the grace periods that run', () => {
    const d = desk();
    d.code('domain:create', A);
    d.code('domain:renew', { ...NAME, curExpDate: '2027-02-28' });
    expect(states(d)).toEqual(['inactive', 'addPeriod', 'renewPeriod']);
  });
});
