/** Hosts (RFC 5732), contacts (RFC 5733), notices (RFC 9167), balances and the message queue. */
import { type Bad, bad, contact, many } from './case.ts';

const host = (more: object, fields: string | string[], says: string) =>
  bad('/com/host/create', { name: 'ns1.a.com', ...more }, fields, says);
const hostUpdate = (more: object, fields: string | string[], says: string) =>
  bad('/com/host/update', { name: 'ns1.a.com', ...more }, fields, says);
const created = (more: object, fields: string | string[], says: string) =>
  bad('/com/contact/create', { ...contact, ...more }, fields, says);
const updated = (more: object, fields: string | string[], says: string) =>
  bad('/com/contact/update', { id: 'sh8013', ...more }, fields, says);

const [postal] = contact.postalInfos;
const addressed = (addr: object, field: string, says: string) =>
  created(
    { postalInfos: [{ ...postal, addr: { ...postal?.addr, ...addr } }] },
    `postalInfos[0].addr.${field}`,
    says,
  );
const badAddress = (addr: unknown, ip: string = 'v4') =>
  host({ addrs: [{ ip, addr }] }, 'addrs[0].addr', 'must be an address of the version that `ip` names');

export const hosts: readonly Bad[] = [
  bad('/com/host/check', {}, 'names', 'is missing'),
  bad('/com/host/check', { names: ['ns1.a.com', 'ns 2'] }, 'names[1]', 'without spaces'),
  bad('/com/host/check', { names: ['ns1.a.com', '-.a.com'] }, 'names[1]', 'must be the name of a host'),
  bad('/com/host/check', { names: many(1_001, String) }, 'names', 'at most 1000'),
  bad('/com/host/info', { name: '' }, 'name', 'must have 1 to 255 characters'),
  bad('/com/host/info', { host: 'ns1.a.com' }, ['name', 'host'], 'is missing'),
  bad('/com/host/delete', { name: 'x'.repeat(256) }, 'name', 'must have 1 to 255 characters'),
  bad('/com/host/create', {}, 'name', 'is missing'),
  bad('/com/host/create', { name: 'ns1.a.com.' }, 'name', 'must be the name of a host'),
  bad('/com/host/create', { name: 'xn--99999999.org' }, 'name', 'must be the name of a host'),
  bad('/com/host/create', { name: 'ns1_\u0007.org' }, 'name', 'without control characters'),
  host({ addrs: [] }, 'addrs', 'at least 1 item'),
  host({ addrs: ['192.0.2.1'] }, 'addrs[0]', 'must be an object'),
  host({ addrs: [{ ip: 'v5', addr: '::1' }] }, 'addrs[0].ip', 'must be one of v4, v6'),
  host({ addrs: [{ ip: 'v4' }] }, 'addrs[0].addr', 'is missing'),
  host({ ips: ['192.0.2.1'] }, 'ips', 'is not known here'),
  badAddress('192.0.2.256'),
  badAddress('192.0.2'),
  badAddress('192.0.2.1/24'),
  badAddress('192.000.002.001'),
  badAddress('0x7f000001'),
  badAddress(''),
  badAddress(' 192.0.2.1'),
  badAddress('2001:db8::1'),
  badAddress('192.0.2.1', 'v6'),
  badAddress('2001:db8::1::2', 'v6'),
  badAddress('2001:db8::g', 'v6'),
  badAddress('[2001:db8::1]', 'v6'),
  badAddress('fe80::1%eth0', 'v6'),
  hostUpdate({}, 'body', 'needs something in add, rem or chg'),
  hostUpdate({ chg: {} }, 'chg.name', 'is missing'),
  hostUpdate({ chg: { name: 'ns1,a.com' } }, 'chg.name', 'must be the name of a host'),
  hostUpdate(
    { add: { statuses: [{ s: 'clientHold' }] } },
    'add.statuses[0].s',
    'must be one of clientDeleteProhibited',
  ),
  hostUpdate({ add: { addrs: [{ addr: '1' }] } }, 'add.addrs[0].addr', 'must be an address'),
  hostUpdate(
    { add: { addrs: [{ addr: '192.0.2.1' }] }, rem: { addrs: [{ ip: 'v4', addr: '192.0.2.1' }] } },
    'add.addrs[0]',
    'stands in rem.addrs[0], too',
  ),
];

export const contacts: readonly Bad[] = [
  bad('/com/contact/check', {}, 'ids', 'is missing'),
  bad('/com/contact/check', { ids: ['x'] }, 'ids[0]', 'must have 3 to 16 characters'),
  bad('/com/contact/check', { names: ['a.com'] }, ['ids', 'names'], 'is missing'),
  bad('/com/contact/check', { ids: many(1_001, (index) => `c${index}00`) }, 'ids', 'at most 1000'),
  bad('/com/contact/info', { id: 'x'.repeat(17) }, 'id', 'must have 3 to 16 characters'),
  bad('/com/contact/info', { id: ' sh8013' }, 'id', 'must not begin or end with a space'),
  bad('/com/contact/delete', { name: 'sh8013' }, ['id', 'name'], 'is missing'),
  created({ id: 'x' }, 'id', 'must have 3 to 16 characters'),
  created({ postalInfos: undefined }, 'postalInfos', 'is missing'),
  created({ postalInfos: [] }, 'postalInfos', 'at least 1 item'),
  created({ postalInfos: [postal, postal, postal] }, 'postalInfos', 'at most 2 items'),
  created({ postalInfos: [postal, postal] }, 'postalInfos[1].type', 'a second time'),
  created({ postalInfos: [{ ...postal, type: 'us' }] }, 'postalInfos[0].type', 'must be one of int, loc'),
  created({ postalInfos: [{ ...postal, name: '' }] }, 'postalInfos[0].name', 'must have 1 to 255 characters'),
  created({ postalInfos: [{ ...postal, name: 'a\tb' }] }, 'postalInfos[0].name', 'must be one line'),
  created(
    { postalInfos: [{ ...postal, org: 'x'.repeat(256) }] },
    'postalInfos[0].org',
    '0 to 255 characters',
  ),
  addressed({ city: '' }, 'city', 'must have 1 to 255 characters'),
  addressed({ cc: 'USA' }, 'cc', 'must be two letters'),
  addressed({ cc: '' }, 'cc', 'must be two letters'),
  addressed({ pc: 'x'.repeat(17) }, 'pc', 'must have 0 to 16 characters'),
  addressed({ streets: ['1', '2', '3', '4'] }, 'streets', 'at most 3 items'),
  addressed({ streets: 'Main Street' }, 'streets', 'must be a list'),
  addressed({ zip: '20166' }, 'zip', 'is not known here'),
  created({ voice: '+1.7035555555' }, 'voice', 'must be an object'),
  created({ voice: { number: '7035555555' } }, 'voice.number', 'must be as in "+1.7035555555"'),
  created({ voice: { number: '+1234.7035555555' } }, 'voice.number', 'must be as in'),
  created({ fax: { number: '+1.703555555512345' } }, 'fax.number', 'must be as in'),
  created({ email: '' }, 'email', 'must have 1 to 255 characters'),
  created({ email: 'a  b' }, 'email', 'two in a row'),
  created({ email: undefined }, 'email', 'is missing'),
  created({ disclose: { flag: 'yes', email: true } }, 'disclose.flag', 'must be true or false'),
  created({ disclose: { flag: true } }, 'disclose', 'needs at least one of names'),
  created({ disclose: { flag: true, voice: false } }, 'disclose.voice', 'must be true'),
  created({ disclose: { flag: true, names: ['us'] } }, 'disclose.names[0]', 'must be one of int, loc'),
  created({ disclose: { email: true } }, 'disclose.flag', 'is missing'),
  updated({}, 'body', 'needs something in add, rem or chg'),
  updated({ chg: {} }, 'body', 'needs something in add, rem or chg'),
  updated({ add: {} }, 'add.statuses', 'is missing'),
  updated({ chg: { id: 'sh8014' } }, 'chg.id', 'is not known here'),
  updated({ chg: { postalInfos: [postal, postal] } }, 'chg.postalInfos[1].type', 'a second time'),
  updated({ chg: { disclose: { flag: false } } }, 'chg.disclose', 'needs at least one of names'),
  updated(
    {
      add: { statuses: [{ s: 'clientTransferProhibited' }] },
      rem: { statuses: [{ s: 'clientTransferProhibited' }] },
    },
    'add.statuses[0]',
    'stands in rem.statuses[0], too',
  ),
  bad('/com/contact/transfer', { id: 'sh8013' }, 'op', 'must be one of request'),
  bad(
    '/com/contact/transfer',
    { id: 'sh8013', op: 'query', period: { value: 1 } },
    'period',
    'is not known here',
  ),
];

export const others: readonly Bad[] = [
  bad('/com/poll', {}, 'op', 'must be one of req, ack'),
  bad('/com/poll', { op: 'ack' }, 'msgID', 'is required there'),
  bad('/com/poll', { op: 'req', msgID: '1' }, 'msgID', 'belongs to op "ack"'),
  bad('/com/poll', { op: 'ack', msgID: 1 }, 'msgID', 'must be a string'),
  bad('/com/poll', { op: 'ack', msgID: '' }, 'msgID', 'must have 1 to 255 characters'),
  bad('/com/poll', { op: 'next' }, 'op', 'must be one of req, ack'),
  bad('/com/maintenance/info', {}, 'body', 'needs list or id'),
  bad('/com/maintenance/info', { list: true, id: 'x' }, 'body', 'not both'),
  bad('/com/maintenance/info', { list: false }, 'list', 'must be true'),
  bad('/com/balance/info', { currency: 'USD' }, 'currency', 'is not known here'),
  bad('/com/finance/info', { account: 'acme' }, 'account', 'is not known here'),
];
