import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccountQuery, AccountTable, kindOf } from '../../src/routing/account-choice.ts';

const account = (name: string, accreditation: string, weight: number) => ({ name, accreditation, weight });
const table = new AccountTable([
  {
    tlds: ['com', 'net'],
    accounts: [
      account('verisign-a', 'dnspod', 75),
      account('verisign-b', 'qcloud', 25),
      account('verisign-c', 'old', 0),
    ],
  },
  { tlds: ['co.uk', '公司.cn'], accounts: [account('nominet', 'dnspod', 100)] },
  { tlds: ['NET', 'uk'], accounts: [account('other', 'dnspod', 100)] },
  { tlds: ['zero'], accounts: [account('z-a', 'a', 0), account('z-b', 'b', 0), account('z-b2', 'b', 0)] },
  { tlds: ['twin'], accounts: [account('t-1', 'a', 1), account('t-2', 'a', 3), account('t-3', 'b', 4)] },
]);

function choose(tld: string, query: Partial<AccountQuery> = {}) {
  const choice = table.choose({ tld, kind: 'existing', draw: 0, ...query });
  return choice.ok ? { by: choice.by, names: choice.accounts.map(({ name }) => name).join(' ') } : choice;
}

describe('which account', () => {
  it.each([
    ['named', 'com', { accreditation: 'qcloud' }, 'accreditation', 'verisign-b'],
    ['named, of weight 0', 'com', { accreditation: 'old', kind: 'weighted' }, 'accreditation', 'verisign-c'],
    ['existing: in order, weight 0 too', 'com', {}, 'order', 'verisign-a verisign-b verisign-c'],
    ['by weight, first', 'com', { kind: 'weighted', draw: 0.74 }, 'weight', 'verisign-a'],
    ['by weight, second', 'com', { kind: 'weighted', draw: 0.76 }, 'weight', 'verisign-b'],
    ['by weight, never 0', 'com', { kind: 'weighted', draw: 0.9999999 }, 'weight', 'verisign-b'],
    ['the first route with a TLD counts', 'net', {}, 'order', 'verisign-a verisign-b verisign-c'],
    ['longest match', 'CO.UK', {}, 'order', 'nominet'],
    ['else what is above', 'org.uk', {}, 'order', 'other'],
    ['IDN', 'xn--55qx5d.cn', {}, 'order', 'nominet'],
    ['several of one name, existing', 'twin', { accreditation: 'a' }, 'order', 't-1 t-2'],
    [
      'several of one name, by weight',
      'twin',
      { accreditation: 'a', kind: 'weighted', draw: 0.3 },
      'weight',
      't-2',
    ],
    [
      'several of one name, all of weight 0',
      'zero',
      { accreditation: 'b', kind: 'weighted' },
      'accreditation',
      'z-b',
    ],
  ] as const)('%s', (_, tld, query, by, names) => {
    expect(choose(tld, query)).toEqual({ by, names });
  });

  it.each([
    ['org', {}, 'unknown-tld', 'no account of this gateway serves the TLD "org"; there are co.uk, com'],
    ['com', { accreditation: 'x' }, 'unknown-accreditation', 'there are dnspod, qcloud, old'],
    ['twin', { accreditation: 'x' }, 'unknown-accreditation', 'serves the TLD "twin"; there are a, b'],
    ['zero', { kind: 'weighted' }, 'accreditation-needed', 'name one by its accreditation: a, b'],
  ] as const)('none for %s %j', (tld, query, code, says) => {
    expect(choose(tld, query)).toMatchObject({ ok: false, code, message: expect.stringContaining(says) });
  });

  it('says the TLD in its canonical form', () => {
    expect(table.choose({ tld: '公司.CN', kind: 'existing', draw: 0 })).toMatchObject({
      tld: 'xn--55qx5d.cn',
    });
    expect(table.tlds).toContain('xn--55qx5d.cn');
  });

  it('throws on a TLD that is none', () => {
    expect(() => new AccountTable([{ tlds: ['a..b'], accounts: [account('a', 'a', 1)] }])).toThrow('a..b');
  });

  it.each([
    ['check', 'weighted'],
    ['create', 'weighted'],
    ['info', 'existing'],
    ['poll', 'existing'],
    ['raw', 'existing'],
  ])('%s is %s', (command, kind) => expect(kindOf(command)).toBe(kind));

  it('gives each its share of the draws, and none to weight 0', () => {
    const weights = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, (all) => {
        const total = all.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0);
        const one = new AccountTable([
          { tlds: ['com'], accounts: all.map((weight, at) => account(String(at), String(at), weight)) },
        ]);
        const counts = all.map(() => 0);
        for (let at = 0; at < 1_000; at++) {
          const choice = one.choose({ tld: 'com', kind: 'weighted', draw: at / 1_000 });
          const index = choice.ok ? Number(choice.accounts[0].name) : -1;
          counts[index] = (counts[index] ?? 0) + 1;
        }
        all.forEach((weight, at) => {
          expect(Math.abs((counts[at] ?? 0) - (1_000 * weight) / total)).toBeLessThan(2);
          if (weight === 0) expect(counts[at]).toBe(0);
        });
      }),
    );
  });
});
