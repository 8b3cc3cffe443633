import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantsOf, parseScope, scopesOfClaims } from '../../../src/gateway/auth/scopes.ts';

describe('a scope', () => {
  it.each([
    ['discovery', 'discovery'],
    ['epp:*', { business: '*', tld: '*' }],
    ['epp:core', { business: 'core', tld: '*' }],
    ['epp:core:*', { business: 'core', tld: '*' }],
    ['epp:core:com', { business: 'core', tld: 'com' }],
    ['epp:core:CO.UK', { business: 'core', tld: 'co.uk' }],
    ['epp:core:公司', { business: 'core', tld: 'xn--55qx5d' }],
    ['epp:*:com', { business: '*', tld: 'com' }],
  ])('%s is read', (written, expected) => {
    expect(parseScope(written)).toEqual(expected);
  });

  it.each([
    ...['', 'epp', 'epp:', 'epp::com', 'epp:core:', 'epp:core:com:read', 'EPP:core', 'epp:Core', 'epp:co*'],
    ...['epp:core:.com', 'epp:core:*.com', 'epp:core:com/', ' epp:*', 'epp:* ', 'Discovery', 'discovery:*'],
    ...['openid', 'https://example.com/epp:*', 'xepp:*'],
  ])('%j is none', (written) => {
    expect(parseScope(written)).toBeUndefined();
    expect(grantsOf([written])).toMatchObject({ discovery: false });
    expect(grantsOf([written]).mayUse('core', 'com')).toBe(false);
  });
});

describe('scopes', () => {
  it.each([
    [[], 'core', 'com', false],
    [['discovery'], 'core', 'com', false],
    [['epp:*'], 'core', 'com', true],
    [['epp:*'], 'query', '公司', true],
    [['epp:core'], 'core', 'com', true],
    [['epp:core'], 'query', 'com', false],
    [['epp:core'], 'cor', 'com', false],
    [['epp:core:com'], 'core', 'com', true],
    [['epp:core:com'], 'core', 'COM', true],
    [['epp:core:com'], 'core', 'net', false],
    [['epp:core:com'], 'core', 'xcom', false],
    [['epp:core:com'], 'core', 'com.cn', false],
    [['epp:core:com'], 'query', 'com', false],
    [['epp:core:uk'], 'core', 'co.uk', true],
    [['epp:core:co.uk'], 'core', 'uk', false],
    [['epp:core:公司'], 'core', 'xn--55qx5d', true],
    [['epp:core:xn--55qx5d'], 'core', '公司', true],
    [['epp:*:com'], 'query', 'com', true],
    [['epp:*:com'], 'query', 'net', false],
    [['epp:core:com', 'epp:core:net', 'epp:query'], 'core', 'net', true],
    [['epp:core:com', 'epp:core:net', 'epp:query'], 'core', 'org', false],
    [['epp:core:com', 'epp:core:net', 'epp:query'], 'query', 'org', true],
    [['epp:core:com'], 'core', 'not a name', false],
    [['epp:core:com'], 'core', '', false],
  ])('%j: %s of %s: %s', (scopes, business, tld, may) => {
    expect(grantsOf(scopes).mayUse(business, tld)).toBe(may);
  });

  it('grant the registration of instances by one of their own', () => {
    expect(grantsOf(['epp:*']).discovery).toBe(false);
    expect(grantsOf(['epp:core', 'discovery']).discovery).toBe(true);
  });

  const business = fc.constantFrom('core', 'query', 'poll', '*');
  const tld = fc.constantFrom('com', 'net', 'co.uk', 'uk', '*');
  const scope = fc.oneof(
    fc.constant('discovery'),
    business.map((one) => `epp:${one}`),
    fc.tuple(business, tld).map(([one, two]) => `epp:${one}:${two}`),
    fc.string(),
  );
  const asked = fc.record({
    business: fc.constantFrom('core', 'query', 'poll'),
    tld: fc.constantFrom('com', 'net', 'co.uk', 'uk'),
  });

  it('add up: what several allow is what one of them allows', () => {
    fc.assert(
      fc.property(fc.array(scope), asked, (scopes, { business, tld }) => {
        const alone = scopes.map((one) => grantsOf([one]));
        expect(grantsOf(scopes).mayUse(business, tld)).toBe(alone.some((one) => one.mayUse(business, tld)));
        expect(grantsOf(scopes).discovery).toBe(alone.some((one) => one.discovery));
      }),
    );
  });

  it('allow a business nothing that names another', () => {
    fc.assert(
      fc.property(fc.array(tld), asked, (tlds, { tld }) => {
        const grants = grantsOf(tlds.map((one) => `epp:other:${one}`));
        for (const business of ['core', 'query', '*']) expect(grants.mayUse(business, tld)).toBe(false);
      }),
    );
  });
});

describe('the claims of a token', () => {
  it.each([
    [{}, []],
    [{ scope: '' }, []],
    [{ scope: 'openid  epp:core discovery' }, ['openid', 'epp:core', 'discovery']],
    [{ scope: ['epp:core', 'epp:query:com'] }, ['epp:core', 'epp:query:com']],
    [{ scp: ['epp:core'] }, ['epp:core']],
    [{ scp: 'epp:core epp:query' }, ['epp:core', 'epp:query']],
    [{ scope: 'epp:core', scp: 'epp:*' }, ['epp:core']],
    [{ scope: ['epp:core', 7, null, { a: 1 }] }, ['epp:core']],
    [{ scope: 7 }, []],
    [{ scope: { 'epp:*': true } }, []],
  ])('%j', (claims, scopes) => {
    expect(scopesOfClaims(claims)).toEqual(scopes);
  });
});
