/** Extensions of the IETF: each with what its own rules forbid. */
import { type Bad, bad, contact, create, many } from './case.ts';

const on =
  (path: string, body: object) => (extension: string) => (value: unknown, below: string, says: string) =>
    bad(
      path,
      { ...body, extensions: { [extension]: value } },
      `extensions.${extension}${below === '' || below.startsWith('[') ? below : `.${below}`}`,
      says,
    );
const name = { name: 'a.com' };
const check = on('/com/check', { names: ['a.com'] });
const info = on('/com/info', name);
const created = on('/com/create', create);
const updated = on('/com/update', name);
const deleted = on('/com/delete', name);
const transferred = on('/com/transfer', { ...name, op: 'request' });
const hostCreated = on('/com/host/create', { name: 'ns1.a.com' });
const contactCreated = on('/com/contact/create', contact);

const ds = { keyTag: 12_345, alg: 13, digestType: 2, digest: '49FD46E6C4B45C55D4AC' };
const key = { flags: 257, protocol: 3, alg: 13, pubKey: 'AQPJ////4Q==' };
const secDns = created('secDNS');
const badDs = (more: object, field: string, says: string) =>
  secDns({ dsData: [{ ...ds, ...more }] }, `dsData[0].${field}`, says);
const badKey = (more: object, field: string, says: string) =>
  secDns({ keyData: [{ ...key, ...more }] }, `keyData[0].${field}`, says);
const secDnsUpdate = updated('secDNS');

const secDnsCases: readonly Bad[] = [
  secDns({}, '', 'needs dsData or keyData'),
  secDns({ dsData: [ds], keyData: [key] }, '', 'not both'),
  secDns({ dsData: [] }, 'dsData', 'at least 1 item'),
  secDns({ dsData: ds }, 'dsData', 'must be a list'),
  secDns({ dsData: [ds], maxSigLife: 0 }, 'maxSigLife', 'must be at least 1'),
  secDns({ dsData: [ds], maxSigLife: 2 ** 31 }, 'maxSigLife', 'must be at most 2147483647'),
  badDs({ keyTag: 65_536 }, 'keyTag', 'must be at most 65535'),
  badDs({ keyTag: '12345' }, 'keyTag', 'must be a number'),
  badDs({ alg: 256 }, 'alg', 'must be at most 255'),
  badDs({ digestType: -1 }, 'digestType', 'must be at least 0'),
  badDs({ digest: 'XYZ' }, 'digest', 'must be pairs of hexadecimal digits'),
  badDs({ digest: 'ABC' }, 'digest', 'must be pairs of hexadecimal digits'),
  badDs({ digest: '' }, 'digest', 'must be pairs of hexadecimal digits'),
  badDs({ keytag: 1 }, 'keytag', 'is not known here'),
  badKey({ pubKey: 'not base64!' }, 'pubKey', 'must be base64'),
  badKey({ pubKey: 'AQPJ////4Q' }, 'pubKey', 'with its padding'),
  badKey({ pubKey: ' ' }, 'pubKey', 'must be base64'),
  badKey({ flags: 1e9 }, 'flags', 'must be at most 65535'),
  badKey({ protocol: undefined }, 'protocol', 'is missing'),
  secDnsUpdate({}, '', 'needs at least one of rem, add and chg'),
  secDnsUpdate({ rem: { all: true, dsData: [ds] } }, 'rem', 'needs one of all, dsData and keyData'),
  secDnsUpdate({ rem: { all: false } }, 'rem.all', 'must be true'),
  secDnsUpdate({ add: {} }, 'add', 'needs dsData or keyData'),
  secDnsUpdate({ urgent: 'yes', rem: { all: true } }, 'urgent', 'must be true or false'),
  on('/com/check', { names: ['a.com'] })('secDNS')({ dsData: [ds] }, '', 'does not go with domain:check'),
];

const amount = { value: '10.00' };
const feeCheck = check('fee');
const fee = created('fee');
const feeCases: readonly Bad[] = [
  feeCheck({}, 'commands', 'is missing'),
  feeCheck({ commands: [] }, 'commands', 'at least 1 item'),
  feeCheck({ commands: ['create'] }, 'commands[0]', 'must be an object'),
  feeCheck({ commands: [{ name: 'buy' }] }, 'commands[0].name', 'must be one of create, delete'),
  feeCheck({ commands: [{ name: 'custom' }] }, 'commands[0].customName', 'is required there'),
  feeCheck(
    { commands: [{ name: 'create', customName: 'sell' }] },
    'commands[0].customName',
    'belongs to name "custom"',
  ),
  feeCheck(
    { commands: [{ name: 'create', period: { value: 0 } }] },
    'commands[0].period.value',
    'at least 1',
  ),
  feeCheck({ commands: [{ name: 'create', date: 'tomorrow' }] }, 'commands[0].date', 'must be as in'),
  feeCheck({ currency: 'usd', commands: [{ name: 'create' }] }, 'currency', 'must be a currency code'),
  feeCheck({ commands: many(101, () => ({ name: 'create' })) }, 'commands', 'at most 100 items'),
  fee({}, 'fees', 'is missing'),
  fee({ fees: [] }, 'fees', 'at least 1 item'),
  fee({ fees: ['10.00'] }, 'fees[0]', 'must be an object'),
  fee({ fees: [{ value: 10 }] }, 'fees[0].value', 'must be a string'),
  fee({ fees: [{ value: '10,00' }] }, 'fees[0].value', 'must be an amount such as "10.00"'),
  fee({ fees: [{ value: '-10.00' }] }, 'fees[0].value', 'must be an amount'),
  fee({ fees: [{ value: '1e3' }] }, 'fees[0].value', 'must be an amount'),
  fee(
    { fees: [{ ...amount, 'grace-period': '5 days' }] },
    'fees[0].grace-period',
    'must be a duration such as "P5D"',
  ),
  fee({ fees: [{ ...amount, 'grace-period': 'P' }] }, 'fees[0].grace-period', 'must be a duration'),
  fee({ fees: [{ ...amount, applied: 'later' }] }, 'fees[0].applied', 'must be one of immediate, delayed'),
  fee({ fees: [amount], credits: [amount] }, 'credits[0].value', 'must be a negative amount'),
  fee({ fees: [amount], currency: 'DOLLAR' }, 'currency', 'must be a currency code'),
  bad(
    '/com/renew',
    { ...name, curExpDate: '2027-01-31', extensions: { fee: { fee: [amount] } } },
    ['extensions.fee.fees', 'extensions.fee.fee'],
    'is missing',
  ),
  transferred('fee')({ fees: amount }, 'fees', 'must be a list'),
  deleted('fee')({ fees: [amount] }, '', 'does not go with domain:delete'),
];

const launch = created('launch');
const sunrise = { value: 'sunrise' };
const notice = {
  noticeID: { value: '1' },
  notAfter: '2027-01-01T00:00:00Z',
  acceptedDate: '2026-01-01T00:00:00Z',
};
const smd = { value: 'PHNtZD4=' };
const launchCases: readonly Bad[] = [
  launch({}, 'phase', 'is missing'),
  launch({ phase: 'sunrise' }, 'phase', 'must be an object'),
  launch({ phase: { value: 'dawn' } }, 'phase.value', 'must be one of sunrise'),
  launch({ phase: sunrise, type: 'wish' }, 'type', 'must be one of application, registration'),
  launch({ phase: sunrise, codeMarks: [{}] }, 'codeMarks[0]', 'needs code or mark'),
  launch(
    { phase: sunrise, encodedSignedMarks: [{ value: '<smd>' }] },
    'encodedSignedMarks[0].value',
    'must be base64',
  ),
  launch(
    { phase: sunrise, signedMarks: ['<x xmlns="urn:x"/>'] },
    'signedMarks[0]',
    'must be the element signedMark',
  ),
  launch({ phase: sunrise, signedMarks: ['<!DOCTYPE x><x/>'] }, 'signedMarks[0]', 'DOCTYPE'),
  launch(
    { phase: sunrise, encodedSignedMarks: [smd], codeMarks: [{ code: { value: '1' } }] },
    '',
    'takes one of codeMarks, signedMarks and encodedSignedMarks',
  ),
  launch(
    { phase: sunrise, notices: [{ ...notice, notAfter: 'never' }] },
    'notices[0].notAfter',
    'must be as in',
  ),
  launch(
    { phase: sunrise, notices: [{ ...notice, noticeID: '1' }] },
    'notices[0].noticeID',
    'must be an object',
  ),
  launch(
    { phase: sunrise, codeMarks: [{ mark: { trademarks: [] } }] },
    'codeMarks[0].mark.trademarks',
    'at least 1 item',
  ),
  check('launch')({ type: 'price' }, 'type', 'must be one of claims, avail, trademark'),
  info('launch')({ includeMark: 1, phase: sunrise }, 'includeMark', 'must be true or false'),
  updated('launch')({ phase: sunrise }, 'applicationID', 'is missing'),
  deleted('launch')({ applicationID: '1' }, 'phase', 'is missing'),
];

const ttl = updated('ttl');
const code = created('verificationCode');
export const extensions: readonly Bad[] = [
  // any
  created('nonsense')({}, '', 'is not known; there are secDNS, rgp, fee'),
  created('__secDNS')({}, '', 'others go into extensions.raw'),
  created('toString')({}, '', 'is not known'),
  ...secDnsCases,
  updated('rgp')({}, 'restore', 'is missing'),
  updated('rgp')({ restore: { op: 'undo' } }, 'restore.op', 'must be one of request, report'),
  updated('rgp')({ restore: { op: 'report' } }, 'restore.report', 'is required there'),
  created('rgp')({ restore: { op: 'request' } }, '', 'it goes with domain:update'),
  on('/com/restore', name)('rgp')({ restore: { op: 'request' } }, '', 'does not go with domain:restore'),
  ...feeCases,
  ...launchCases,
  created('idn')({}, 'table', 'is missing'),
  created('idn')({ table: '' }, 'table', 'must have 1 to 255 characters'),
  created('idn')({ table: 'zh', uname: 'a b' }, 'uname', 'without spaces'),
  updated('idn')({ table: 'zh' }, '', 'does not go with domain:update'),
  created('allocationToken')({ token: 'x' }, '', 'must be a string'),
  created('allocationToken')('', '', 'must have 1 to 1000 characters'),
  created('allocationToken')('x'.repeat(1_001), '', 'must have 1 to 1000 characters'),
  info('allocationToken')('abc', '', 'must be true'),
  deleted('allocationToken')('abc', '', 'does not go with domain:delete'),
  created('changePoll')({}, '', 'it goes with no command, only with answers'),
  created('loginSec')({ pw: 'longer-than-sixteen-characters' }, '', 'it goes with login'),
  ttl({}, 'ttls', 'is missing'),
  ttl({ ttls: [] }, 'ttls', 'at least 1 item'),
  ttl({ ttls: [{ for: 'MX', value: 60 }] }, 'ttls[0].for', 'must be one of NS, DS'),
  ttl({ ttls: [{ for: 'NS' }] }, 'ttls[0].value', 'is missing'),
  ttl({ ttls: [{ for: 'NS', value: -1 }] }, 'ttls[0].value', 'must be at least 0'),
  ttl({ ttls: [{ for: 'NS', value: '60' }] }, 'ttls[0].value', 'must be a number'),
  ttl({ ttls: [{ for: 'custom', value: 60 }] }, 'ttls[0].custom', 'is required there'),
  ttl({ ttls: [{ for: 'custom', custom: 'deleg', value: 60 }] }, 'ttls[0].custom', 'must be a record type'),
  ttl(
    {
      ttls: [
        { for: 'NS', value: 60 },
        { for: 'NS', value: 61 },
      ],
    },
    'ttls',
    'must have each `for` once',
  ),
  info('ttl')({ policy: 'yes' }, 'policy', 'must be true or false'),
  hostCreated('ttl')({ ttls: [{ for: 'A', value: 1.5 }] }, 'ttls[0].value', 'must be a whole number'),
  deleted('ttl')({ ttls: [{ for: 'NS', value: 60 }] }, '', 'does not go with domain:delete'),
  contactCreated('addlEmail')({}, 'email', 'is missing'),
  contactCreated('addlEmail')({ email: null }, 'email', 'must be a string'),
  contactCreated('addlEmail')({ email: 'x', primary: 1 }, 'primary', 'must be true or false'),
  created('addlEmail')({ email: 'x' }, '', 'does not go with domain:create'),
  code({}, '', 'needs codes or signedCode'),
  code({ codes: [{ value: '?' }] }, 'codes[0].value', 'must be base64'),
  code({ signedCode: '<x/>' }, 'signedCode', 'must be the element signedCode'),
  code({ codes: [{ ...smd, encoding: 'hex' }] }, 'codes[0].encoding', 'must be base64'),
  check('verificationCode')({}, '', 'does not go with domain:check'),
];
