/**
 * A request for each command that works as it stands, in this order, at a registry that serves com, on 2026-01-31, where the
 * contact sh8014 and the host ns2.example.net are there and nothing else is. Values are those of RFC 5731 to 5733, where these
 * have any.
 */

export interface Example {
  /** As `domain:create`. */
  operation: string;
  /** Key in the document: `plain`, or what it shows. */
  name: string;
  body: Record<string, unknown>;
}

const authInfo = { pw: '2fooBAR' };
const contact = {
  id: 'sh8013',
  postalInfos: [
    {
      type: 'int',
      name: 'John Doe',
      org: 'Example Inc.',
      addr: {
        streets: ['123 Example Dr.', 'Suite 100'],
        city: 'Dulles',
        sp: 'VA',
        pc: '20166-6503',
        cc: 'US',
      },
    },
  ],
  voice: { number: '+1.7035555555', x: '1234' },
  email: 'jdoe@example.com',
  authInfo,
};
const plain = (operation: string, body: Record<string, unknown>): Example => ({
  operation,
  name: 'plain',
  body,
});

/** In an order in which each finds what it needs. */
export const EXAMPLES: readonly Example[] = [
  plain('contact:check', { ids: ['sh8013', 'sah8013'] }),
  plain('contact:create', contact),
  plain('contact:info', { id: 'sh8013' }),
  plain('contact:update', { id: 'sh8013', add: { statuses: [{ s: 'clientDeleteProhibited' }] } }),
  plain('contact:transfer', { op: 'query', id: 'sh8013', authInfo }),
  plain('host:check', { names: ['ns1.example.net', 'ns2.example.net'] }),
  plain('host:create', { name: 'ns1.example.net' }),
  plain('host:info', { name: 'ns1.example.net' }),
  plain('host:update', { name: 'ns1.example.net', add: { statuses: [{ s: 'clientDeleteProhibited' }] } }),
  plain('domain:check', { names: ['example.com', 'example2.com'] }),
  plain('domain:create', {
    name: 'example.com',
    period: { unit: 'y', value: 1 },
    registrant: 'sh8013',
    contacts: [
      { type: 'admin', id: 'sh8013' },
      { type: 'tech', id: 'sh8013' },
    ],
    ns: { hostObjs: ['ns1.example.net'] },
    authInfo,
  }),
  plain('domain:info', { name: 'example.com', hosts: 'all', authInfo }),
  plain('domain:renew', { name: 'example.com', curExpDate: '2027-01-31', period: { unit: 'y', value: 1 } }),
  plain('domain:update', {
    name: 'example.com',
    add: { statuses: [{ s: 'clientHold', lang: 'en', text: 'Payment overdue.' }] },
    chg: { authInfo: { pw: '2BARfoo' } },
  }),
  plain('domain:transfer', { op: 'query', name: 'example.com', authInfo }),
  plain('domain:delete', { name: 'example.com' }),
  plain('domain:restore', { name: 'example.com' }),
  plain('contact:delete', { id: 'sh8014' }),
  plain('host:delete', { name: 'ns2.example.net' }),
  plain('poll', { op: 'req' }),
  plain('maintenance:info', { list: true }),
  plain('balance:info', {}),
  plain('finance:info', {}),
  plain('raw', {
    xml: '<check><domain:check xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>example3.com</domain:name></domain:check></check>',
  }),
];
