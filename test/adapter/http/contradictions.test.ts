/** What is wrong stands in bad-input.test.ts; here is what must not be taken for it. */
import { describe, expect, it } from 'vitest';
import { contradictions } from '../../../src/adapter/http/contradictions.ts';

const hold = { s: 'clientHold' };
const secDNS = { rem: { all: true } };
const postal = { type: 'int', name: 'John Doe' };

describe('nothing is wrong with', () => {
  it.each([
    ['an update by an extension alone', 'domain', 'update', { name: 'a.com' }, { secDNS }],
    [
      'an update that takes the registrant away',
      'domain',
      'update',
      { name: 'a.com', chg: { registrant: null } },
    ],
    [
      'other statuses on both sides',
      'domain',
      'update',
      { name: 'a.com', add: { statuses: [hold] }, rem: { statuses: [{ s: 'clientUpdateProhibited' }] } },
    ],
    [
      'the same contact in another role',
      'domain',
      'update',
      {
        name: 'a.com',
        add: { contacts: [{ type: 'tech', id: 'sh8013' }] },
        rem: { contacts: [{ type: 'admin', id: 'sh8013' }] },
      },
    ],
    [
      'the other address of a host',
      'host',
      'update',
      {
        name: 'ns1.a.com',
        add: { addrs: [{ ip: 'v4', addr: '192.0.2.1' }] },
        rem: { addrs: [{ ip: 'v4', addr: '192.0.2.2' }] },
      },
    ],
    [
      'taking away what is called as no host is',
      'domain',
      'update',
      { name: 'a.com', rem: { ns: { hostObjs: ['ns1..a.com'] } } },
    ],
    ['asking for such a host', 'host', 'info', { name: 'ns1..a.com' }],
    ['renaming such a host', 'host', 'update', { name: 'ns1..a.com', chg: { name: 'ns1.a.com' } }],
    ['a host in Unicode', 'host', 'create', { name: 'ns1.例子.中国' }],
    ['a host with an underscore', 'domain', 'create', { name: 'a.com', ns: { hostObjs: ['_ns1.a.com'] } }],
    ['both forms of an address', 'contact', 'create', { postalInfos: [postal, { ...postal, type: 'loc' }] }],
    [
      'a disclosure of something',
      'contact',
      'update',
      { id: 'sh8013', chg: { disclose: { flag: false, email: true } } },
    ],
    ['a delete', 'domain', 'delete', { name: 'a.com' }],
  ] as [string, string, string, Record<string, unknown>, object?][])(
    '%s',
    (_what, object, command, body, extensions) => {
      expect(contradictions({ object, command, body, ...(extensions ? { extensions } : {}) })).toEqual([]);
    },
  );
});
