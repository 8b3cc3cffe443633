import { describe, expect, it } from 'vitest';
import { affectedNames } from '../../../src/adapter/checks/affected-names.ts';
import type { EppCommand } from '../../../src/epp/command.ts';

const D = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"';
const C = 'xmlns:c="urn:ietf:params:xml:ns:contact-1.0"';
const raw = (xml: string): EppCommand => ({ command: 'raw', body: { xml } });
const domain = (command: string, body: Record<string, unknown> = { name: 'A.com' }): EppCommand => ({
  object: 'domain',
  command,
  body,
});

describe('the names that a transform may free or take', () => {
  it.each<[string, EppCommand, readonly string[] | 'all' | undefined]>([
    ['create', domain('create'), ['a.com']],
    ['delete', domain('delete'), ['a.com']],
    ['restore', domain('restore'), ['a.com']],
    ['renew', domain('renew'), ['a.com']],
    ['update', domain('update'), ['a.com']],
    ['transfer', domain('transfer', { name: 'a.com', op: 'request' }), ['a.com']],
    ['create of an IDN', domain('create', { name: 'XN--FSQ.cn' }), ['xn--fsq.cn', '例.cn']],
    ['create of an IDN as it is read', domain('create', { name: '例.CN' }), ['xn--fsq.cn', '例.cn']],
    [
      'raw create of an IDN',
      raw(`<create><domain:create ${D}><domain:name>例.cn</domain:name></domain:create></create>`),
      ['xn--fsq.cn', '例.cn'],
    ],
    ['create without a name', domain('create', {}), 'all'],
    ['create of a host', { object: 'host', command: 'create', body: { name: 'ns.a.com' } }, undefined],
    ['create of a contact', { object: 'contact', command: 'create', body: { id: 'sh1' } }, undefined],
    ['poll', { command: 'poll', body: { op: 'ack', msgID: '1' } }, undefined],
    [
      'raw create',
      raw(`<create><domain:create ${D}><domain:name> A.com </domain:name></domain:create></create>`),
      ['a.com'],
    ],
    [
      'raw delete, of no prefix',
      raw('<delete><delete xmlns="urn:ietf:params:xml:ns:domain-1.0"><name>b.com</name></delete></delete>'),
      ['b.com'],
    ],
    [
      'raw update, which may restore',
      raw(`<update><domain:update ${D}><domain:name>c.com</domain:name></domain:update></update>`),
      ['c.com'],
    ],
    [
      'raw renew',
      raw(`<renew><domain:renew ${D}><domain:name>c.com</domain:name></domain:renew></renew>`),
      ['c.com'],
    ],
    ['raw acknowledgement', raw('<poll op="ack" msgID="1"/>'), undefined],
    [
      'raw create that names nothing',
      raw(`<create><c:create ${C}><c:id>sh1</c:id></c:create></create>`),
      'all',
    ],
    [
      'raw create of a person',
      raw(`<create><c:create ${C}><c:name>John Doe</c:name></c:create></create>`),
      'all',
    ],
  ])('of %s', (_what, command, names) => {
    expect(affectedNames(command)).toEqual(names);
  });
});
