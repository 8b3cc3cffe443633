import { describe, expect, it } from 'vitest';
import { FEE_URIS } from '../../src/epp/extensions/fee-versions.ts';
import { changeMoney } from '../../src/simulator/money.ts';
import { A, DAY, desk, EVERYTHING } from './desk.ts';

const PREMIUM = { premium: { 'gold.com': { create: '500.00', renew: '50.5' } } };
const fee = (value: string, more = {}) => ({ extensions: { fee: { fees: [{ value }], ...more } } });
const gold = { name: 'gold.com', authInfo: { pw: 'x' } };

describe.each(FEE_URIS)('fees in %s', (uri) => {
  const services = new Set([...EVERYTHING].filter((one) => !FEE_URIS.includes(one)).concat(uri));
  const isNewest = uri === FEE_URIS[0];

  it('are told with a check', () => {
    const { ask } = desk(PREMIUM, { unchecked: !isNewest });
    const commands = [{ name: 'create', period: { unit: 'y', value: 2 } }];
    const { extensions } = ask(
      'domain:check',
      { names: ['a.com', 'Gold.com'] },
      { services, extensions: { fee: { currency: 'USD', commands } } },
    );
    expect(extensions?.fee).toMatchObject({
      currency: 'USD',
      cd: [
        {
          objID: 'a.com',
          avail: true,
          class: 'standard',
          commands: [{ name: 'create', fees: [{ value: '10.00' }] }],
        },
        { objID: 'Gold.com', class: 'premium', commands: [{ name: 'create', fees: [{ value: '1000.00' }] }] },
      ],
    });
  });

  it('are agreed to with a command, and told with its answer', () => {
    const { ask, code } = desk(PREMIUM, { unchecked: !isNewest });
    const given = (value: string, currency = 'USD') => ({ services, ...fee(value, { currency }) });
    expect(code('domain:create', A, given('6.00'))).toBe(2004);
    expect(code('domain:create', A, given('5.00', 'EUR'))).toBe(2004);
    const created = ask('domain:create', A, given('5.00'));
    expect(created.extensions?.fee).toMatchObject({ currency: 'USD', fees: [{ value: '5.00' }] });
    const renew = { name: 'a.com', curExpDate: '2027-02-28', period: { unit: 'y', value: 3 } };
    expect(ask('domain:renew', renew, given('15.00')).extensions?.fee).toMatchObject({
      fees: [{ value: '15.00' }],
    });
    const transfer = { ...A, op: 'request' };
    const moved = ask('domain:transfer', transfer, { as: 'other', ...given('5.00') });
    expect(moved).toMatchObject({
      results: [{ code: 1001 }],
      extensions: { fee: { fees: [{ value: '5.00' }] } },
    });
  });
});

describe('fees', () => {
  it('of premium names must be told', () => {
    const { code } = desk(PREMIUM);
    expect(code('domain:create', gold)).toBe(2003);
    expect(code('domain:create', gold, fee('5.00'))).toBe(2004);
    expect(code('domain:create', gold, fee('500.00000001'))).toBe(2004);
    expect(code('domain:create', gold, fee('500'))).toBe(1000);
    const renew = { name: 'gold.com', curExpDate: '2027-02-28' };
    expect(code('domain:renew', renew)).toBe(2003);
    expect(code('domain:renew', renew, fee('50.50'))).toBe(1000);
  });

  it('may be told in parts, with credits', () => {
    const { code } = desk();
    const parts = { fees: [{ value: '4.00' }, { value: '3.00' }], credits: [{ value: '-2.00' }] };
    expect(code('domain:create', A, { extensions: { fee: parts } })).toBe(1000);
  });

  it('cannot be told of foreign currencies and unknown commands', () => {
    const { ask } = desk();
    const check = (given: object) =>
      ask('domain:check', { names: ['a.com'] }, { extensions: { fee: given } }).extensions?.fee;
    const refused = (reason: string) => ({ cd: [{ objID: 'a.com', avail: false, reason }] });
    expect(check({ currency: 'EUR', commands: [{ name: 'create' }] })).toMatchObject(
      refused('only fees in USD'),
    );
    expect(check({ commands: [{ name: 'custom', customName: 'park' }] })).toMatchObject(
      refused('no fee of park is known'),
    );
  });

  it('of a restore go with its update', () => {
    const { ask, code, advance } = desk();
    code('domain:create', A);
    advance(6 * DAY);
    code('domain:delete', { name: 'a.com' });
    expect(code('domain:restore', { name: 'a.com' }, fee('5.00'))).toBe(2004);
    const restored = ask('domain:restore', { name: 'a.com' }, fee('40.00'));
    expect(restored.extensions).toMatchObject({
      rgp: { rgpStatuses: [{ s: 'pendingRestore' }] },
      fee: { fees: [{ value: '40.00' }] },
    });
  });
});

describe('a balance', () => {
  const balanceOf = ({ data }: ReturnType<typeof desk>) => data('balance:info', {});

  it('pays what commands cost, and gets back what grace periods give', () => {
    const d = desk();
    changeMoney(d.registry, 'acme', { balance: '12.00', creditLimit: '1.50' });
    d.code('domain:create', A);
    expect(balanceOf(d)).toEqual({
      creditLimit: '1.50',
      balance: '7.00',
      availableCredit: '8.50',
      creditThreshold: { fixed: '0.00' },
    });
    expect(d.code('domain:create', { ...A, name: 'b.com', period: { value: 2 } })).toBe(2104);
    expect(d.code('domain:check', { names: ['b.com'] })).toBe(1000);
    expect(d.ask('domain:delete', { name: 'a.com' }).extensions?.fee).toMatchObject({
      credits: [{ value: '-5.00' }],
      balance: '12.00',
    });
    expect(d.data('finance:info', {})).toEqual({
      wallets: [{ code: 'USD', balance: '12.00', thresholds: [{ type: 'notification', value: '0.00' }] }],
    });
  });

  it('may go below nothing, down to the credit limit', () => {
    const d = desk();
    changeMoney(d.registry, 'acme', { balance: '3.00', creditLimit: '2.00' });
    expect(d.code('domain:create', A)).toBe(1000);
    expect(balanceOf(d)).toMatchObject({ balance: '-2.00', availableCredit: '0.00' });
    expect(d.code('domain:create', { ...A, name: 'b.com' })).toBe(2104);
  });

  it('warns once when it is low', () => {
    const d = desk();
    changeMoney(d.registry, 'acme', { balance: '30.00', lowBalance: '21.00' });
    for (const name of ['a.com', 'b.com', 'c.com']) d.code('domain:create', { ...A, name });
    const { messageQueue, data, dataType } = d.ask('poll', { op: 'req' });
    expect(messageQueue).toMatchObject({ count: 1, message: 'Low Account Balance' });
    expect({ dataType, data }).toEqual({
      dataType: 'lowbalancePoll:pollData',
      data: {
        registrarName: 'acme',
        creditLimit: '0.00',
        creditThreshold: { type: 'FIXED', value: '21.00' },
        availableCredit: '20.00',
      },
    });
    changeMoney(d.registry, 'acme', { balance: '100.00' });
    changeMoney(d.registry, 'acme', { balance: '1.00' });
    expect(d.ask('poll', { op: 'req' }).messageQueue?.count).toBe(2);
  });
});
