import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBelow } from '../../src/routing/domain-name.ts';
import { TldRouter } from '../../src/routing/tld-routing.ts';

const account = (name: string, accreditation: string, ...tlds: string[]) => ({ name, accreditation, tlds });
const router = new TldRouter([
  account('verisign-dnspod', 'dnspod', 'com', 'NET'),
  account('verisign-qcloud', 'qcloud', 'com'),
  account('nominet', 'dnspod', 'uk', 'co.uk'),
  account('me-uk', 'dnspod', 'me.uk'),
  account('cnnic', 'dnspod', 'cn', '中国'),
]);

describe('route of a TLD', () => {
  it.each([
    ['com', undefined, 'verisign-dnspod', 'com'],
    ['COM', undefined, 'verisign-dnspod', 'com'],
    ['net', undefined, 'verisign-dnspod', 'net'],
    ['com', 'dnspod', 'verisign-dnspod', 'com'],
    ['com', 'qcloud', 'verisign-qcloud', 'com'],
    ['uk', undefined, 'nominet', 'uk'],
    ['co.uk', undefined, 'nominet', 'co.uk'],
    ['me.uk', undefined, 'me-uk', 'me.uk'],
    ['org.uk', undefined, 'nominet', 'org.uk'],
    ['deep.me.uk', undefined, 'me-uk', 'deep.me.uk'],
    ['中国', undefined, 'cnnic', 'xn--fiqs8s'],
    ['xn--fiqs8s', undefined, 'cnnic', 'xn--fiqs8s'],
    ['XN--FIQS8S', undefined, 'cnnic', 'xn--fiqs8s'],
    ['公司.中国', undefined, 'cnnic', 'xn--55qx5d.xn--fiqs8s'],
  ])('%s for %s', (tld, accreditation, name, canonical) => {
    const route = router.route(tld, accreditation);
    expect(route).toMatchObject({ ok: true, account: { name }, tld: canonical });
  });

  it.each([
    ['org', undefined, 'unknown-tld', '"org"'],
    ['', undefined, 'unknown-tld', '""'],
    ['com.', undefined, 'unknown-tld', '"com."'],
    ['.com', undefined, 'unknown-tld', '".com"'],
    ['xcom', undefined, 'unknown-tld', '"xcom"'],
    ['中国x', undefined, 'unknown-tld', '"中国x"'],
    ['com', 'nobody', 'unknown-accreditation', '"nobody"'],
    ['net', 'qcloud', 'unknown-accreditation', '"qcloud"'],
    ['uk', 'qcloud', 'unknown-accreditation', '"qcloud"'],
    ['xn--', undefined, 'unknown-tld', '"xn--"'],
    ['com%2eevil', undefined, 'unknown-tld', 'evil'],
  ])('%s for %s is refused by name', (tld, accreditation, code, named) => {
    const route = router.route(tld, accreditation);
    expect(route).toMatchObject({ ok: false, code });
    if (!route.ok) expect(route.message).toContain(named);
  });

  it('has all accounts of a TLD, in their order', () => {
    const match = router.match('COM');
    expect(match).toMatchObject({ ok: true, tld: 'com' });
    expect(match.ok && match.accounts.map(({ name }) => name)).toEqual([
      'verisign-dnspod',
      'verisign-qcloud',
    ]);
    const gateway = new TldRouter([account('a', 'x', 'com'), account('b', 'x', 'com')], 'this gateway');
    expect(gateway.match('org')).toEqual({
      ok: false,
      code: 'unknown-tld',
      message: 'no account of this gateway serves the TLD "org"; there are com',
    });
    expect(gateway.route('com', 'y')).toMatchObject({ message: expect.stringMatching(/there are x$/) });
  });

  it('names what there is', () => {
    const unknown = router.route('org');
    expect(unknown).toMatchObject({ message: expect.stringContaining('com, me.uk, net, uk') });
    expect(router.route('com', 'x')).toMatchObject({ message: expect.stringContaining('dnspod, qcloud') });
  });

  it('keeps an error short, however long the TLD', () => {
    const route = router.route('x'.repeat(10_000));
    expect(route.ok === false && route.message.length).toBeLessThan(300);
  });

  it('refuses an account whose TLD cannot be one, by name', () => {
    expect(() => new TldRouter([account('a', 'b', 'c..d')])).toThrow('account a: "c..d" is no TLD');
  });

  it('prefers the longest of the TLDs that match', () => {
    const label = fc.stringMatching(/^[a-z]{1,5}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.array(label, { minLength: 1, maxLength: 4 }).map((l) => l.join('.')),
          { minLength: 1, maxLength: 8 },
        ),
        fc.array(label, { minLength: 1, maxLength: 5 }),
        (tlds, labels) => {
          const each = new TldRouter(tlds.map((tld, i) => account(`a${i}`, 'x', tld)));
          const asked = labels.join('.');
          const expected = tlds
            .filter((tld) => asked === tld || isBelow(asked, tld))
            .sort((a, b) => b.length - a.length)[0];
          const route = each.route(asked);
          expect(route.ok ? route.account.tlds[0] : undefined).toBe(expected);
        },
      ),
    );
  });
});
