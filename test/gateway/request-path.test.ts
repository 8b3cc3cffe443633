import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS, actionOf } from '../../src/gateway/action-names.ts';
import { readPath } from '../../src/gateway/request-path.ts';

const OWN = { prefix: 'epp', actions: true };

describe('a path', () => {
  it.each([
    ['/com/check', 'com', 'domain', 'check', undefined, '/com/check'],
    ['/com/poll', 'com', 'domain', 'poll', undefined, '/com/poll'],
    ['/com/host/create', 'com', 'host', 'create', undefined, '/com/host/create'],
    ['/com/domain/create', 'com', 'domain', 'create', undefined, '/com/domain/create'],
    ['/co.uk/check', 'co.uk', 'domain', 'check', undefined, '/co.uk/check'],
    ['/host/contact/check', 'host', 'contact', 'check', undefined, '/host/contact/check'],
    ['/%E4%B8%AD%E5%9B%BD/check', '中国', 'domain', 'check', undefined, '/%E4%B8%AD%E5%9B%BD/check'],
    ['/epp.core.bj/com/check', 'com', 'domain', 'check', 'epp.core.bj', '/com/check'],
    ['/epp.core.*/com/check', 'com', 'domain', 'check', 'epp.core.*', '/com/check'],
    ['/epp.core.%2A/com/raw', 'com', 'domain', 'raw', 'epp.core.*', '/com/raw'],
    ['/epp.core.bj/host/check', 'host', 'domain', 'check', 'epp.core.bj', '/host/check'],
    // a TLD of three labels, unless they begin with the gateway's prefix
    [
      '/city.kawasaki.jp/host/check',
      'city.kawasaki.jp',
      'host',
      'check',
      undefined,
      '/city.kawasaki.jp/host/check',
    ],
    ['/city.kawasaki.jp/check', 'city.kawasaki.jp', 'domain', 'check', undefined, '/city.kawasaki.jp/check'],
    // four segments leave no doubt, whatever the prefix
    ['/other.core.bj/com/host/info', 'com', 'host', 'info', 'other.core.bj', '/com/host/info'],
    ['/com/CheckDomain', 'com', 'domain', 'check', undefined, '/com/check'],
    ['/com/modifyDOMAINinfo', 'com', 'domain', 'update', undefined, '/com/update'],
    ['/epp.core.bj/com/DeleteHost', 'com', 'host', 'delete', 'epp.core.bj', '/com/host/delete'],
    ['/RestoreDomain', undefined, 'domain', 'restore', undefined, undefined],
  ])('%s', (path, tld, object, command, set, upstream) => {
    expect(readPath(path, OWN)).toMatchObject({ tld, object, command, set, upstream });
  });

  it.each([
    ['/', 'not-found'],
    ['/com', 'not-found'],
    ['/com/', 'not-found'],
    ['//check', 'not-found'],
    ['/a/b/c/d/e', 'not-found'],
    ['/epp.core.bj/com', undefined],
    ['/not-a-set/com/host/info', 'bad-path'],
    ['/%zz/check', 'bad-path'],
    ['http://x/com/check', 'bad-path'],
    [`/${'x'.repeat(1_025)}/check`, 'bad-path'],
  ])('%s is %s', (path, code) => {
    expect((readPath(path, OWN) as { code?: string }).code).toBe(code);
  });

  it('has no actions where they are switched off', () => {
    expect(readPath('/CheckDomain', { ...OWN, actions: false })).toMatchObject({ code: 'not-found' });
    expect(readPath('/com/CheckDomain', { ...OWN, actions: false })).toMatchObject({
      command: 'CheckDomain',
    });
  });

  it('is read or refused, never thrown at, and goes on without a byte that ends a line', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 6 }), (segments) => {
        const read = readPath(`/${segments.join('/')}`, OWN);
        if ('upstream' in read && read.upstream !== undefined)
          expect(read.upstream).toMatch(/^[\x21-\x7e]+$/);
      }),
    );
  });
});

it('actions have their command in any case', () => {
  for (const [name, target] of Object.entries(ACTIONS)) {
    expect([actionOf(name), actionOf(name.toUpperCase())]).toEqual([target, target]);
  }
  expect(actionOf('check')).toBeUndefined();
  expect(actionOf('constructor')).toBeUndefined();
});
