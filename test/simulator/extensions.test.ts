import { describe, expect, it } from 'vitest';
import { A, contactNamed, type Desk, desk } from './desk.ts';

const NAME = { name: 'a.com' };
const create = ({ code }: Desk, extensions: object, body: object = A) =>
  code('domain:create', { ...body }, { extensions: { ...extensions } });
const extensionsOf = ({ ask }: Desk, asked: object = {}) => {
  const { rgp: _, ...rest } = ask('domain:info', NAME, { extensions: { ...asked } }).extensions ?? {};
  return rest;
};
const update = ({ code }: Desk, extensions: object) =>
  code('domain:update', NAME, { extensions: { ...extensions } });

describe('secDNS', () => {
  const ds = (keyTag: number) => ({ keyTag, alg: 13, digestType: 2, digest: '38EC35D5B3A34B44C39B' });
  const key = { flags: 257, protocol: 3, alg: 13, pubKey: 'AQPJ////4Q==' };

  it('is kept, shown and changed', () => {
    const d = desk();
    expect(create(d, { secDNS: { maxSigLife: 604_800, dsData: [ds(1), { ...ds(2), keyData: key }] } })).toBe(
      1000,
    );
    expect(extensionsOf(d)).toEqual({
      secDNS: { maxSigLife: 604_800, dsData: [ds(1), { ...ds(2), keyData: key }] },
    });
    const change = { rem: { dsData: [ds(1)] }, add: { dsData: [ds(3)] }, chg: { maxSigLife: 60 } };
    expect(update(d, { secDNS: change })).toBe(1000);
    expect(extensionsOf(d)).toEqual({
      secDNS: { maxSigLife: 60, dsData: [{ ...ds(2), keyData: key }, ds(3)] },
    });
    expect(update(d, { secDNS: { rem: { all: true }, add: { keyData: [key] } } })).toBe(1000);
    expect(extensionsOf(d)).toEqual({ secDNS: { maxSigLife: 60, keyData: [key] } });
    expect(update(d, { secDNS: { rem: { all: true } } })).toBe(1000);
    expect(extensionsOf(d)).toEqual({});
  });

  it('refuses what it has not, what it has, mixtures, too many and haste', () => {
    const d = desk({ maxDnssecRecords: 2 });
    expect(create(d, { secDNS: { dsData: [ds(1), ds(2), ds(3)] } })).toBe(2306);
    expect(create(d, { secDNS: { dsData: [ds(1), ds(2)] } })).toBe(1000);
    expect(update(d, { secDNS: { rem: { dsData: [ds(9)] } } })).toBe(2303);
    expect(update(d, { secDNS: { add: { dsData: [ds(1)] } } })).toBe(2302);
    expect(update(d, { secDNS: { add: { dsData: [ds(3)] } } })).toBe(2306);
    expect(update(d, { secDNS: { rem: { dsData: [ds(1)] }, add: { keyData: [key] } } })).toBe(2306);
    expect(update(d, { secDNS: { urgent: true, rem: { all: true } } })).toBe(2102);
    expect(extensionsOf(d)).toEqual({ secDNS: { dsData: [ds(1), ds(2)] } });
  });
});

describe('what extensions leave on a domain', () => {
  it.each([
    ['idn', { table: 'es', uname: 'español.com' }, {}],
    ['idnLang', { tag: 'ZHO' }, {}],
    ['coa', { attrs: [{ key: 'KEY1', value: 'value1' }] }, {}],
    ['cnnicDomain', { type: 'E', purveyor: 'agent-1' }, {}],
    ['allocationToken', 'abc123', { allocationToken: true }],
    ['ttl', { ttls: [{ for: 'NS', value: 3600 }] }, { ttl: {} }],
  ])('of %s is told with an info', (name, value, asked) => {
    const d = desk({}, { unchecked: name.startsWith('cnnic') });
    expect(create(d, { [name]: value })).toBe(1000);
    expect(extensionsOf(d, asked)).toEqual({ [name]: value });
  });

  it('of coa, ttl and cdn changes with an update', () => {
    const d = desk();
    const cdn = { SCDN: '实例.com', VCDNList: ['實例.com'] };
    create(d, {
      coa: { attrs: [{ key: 'a', value: '1' }] },
      ttl: { ttls: [{ for: 'NS', value: 3600 }] },
      cdn,
    });
    expect(update(d, { coa: { rem: ['a'], put: [{ key: 'b', value: '2' }] } })).toBe(1000);
    expect(
      update(d, {
        ttl: {
          ttls: [
            { for: 'NS', value: null },
            { for: 'DS', value: 60 },
          ],
        },
      }),
    ).toBe(1000);
    expect(update(d, { cdn: { add: { VCDNs: ['实唎.com'] }, rem: { VCDNs: ['實例.com'] } } })).toBe(1000);
    expect(extensionsOf(d, { ttl: { policy: true } })).toEqual({
      coa: { attrs: [{ key: 'b', value: '2' }] },
      ttl: { ttls: [{ for: 'DS', value: 60, min: 60, default: 86_400, max: 172_800 }] },
      cdn: {
        SCDN: '实例.com',
        SCDNPunycode: 'xn--fsq270a.com',
        VCDNList: { VCDNs: ['实唎.com'], VCDNPunycodes: ['xn--qxrp6m.com'] },
      },
    });
    update(d, { coa: { rem: ['b'] }, ttl: { ttls: [{ for: 'DS', value: null }] } });
    expect(extensionsOf(d, { ttl: {} })).toMatchObject({ cdn: { SCDN: '实例.com' } });
    expect(extensionsOf(d, { ttl: {} })).not.toHaveProperty('coa');
  });

  it('is an IDN table that the registry has', () => {
    const d = desk({ idnTables: ['zh'] });
    expect(create(d, { idn: { table: 'es' } })).toBe(2306);
    expect(create(d, { idn: { table: 'zh' } })).toBe(1000);
  });
});

describe('what extensions leave on a contact and a host', () => {
  it('is told and changed', () => {
    const { ask, code } = desk({}, { unchecked: true });
    const cnnicContact = { type: 'I', contact: { type: 'SFZ', value: '1101' } };
    const addlEmail = { email: 'jo@exämple.com', primary: true };
    const extensions = { cnnicContact, addlEmail };
    expect(code('contact:create', contactNamed('sh8013'), { extensions })).toBe(1000);
    expect(ask('contact:info', { id: 'sh8013' }).extensions).toEqual(extensions);
    const change = { addlEmail: { email: null }, cnnicContact: { chg: { mobile: '+86.138' } } };
    expect(code('contact:update', { id: 'sh8013' }, { extensions: change })).toBe(1000);
    expect(ask('contact:info', { id: 'sh8013' }).extensions).toEqual({
      cnnicContact: { ...cnnicContact, mobile: '+86.138' },
    });
    const cnnicHost = { purveyor: 'agent-1' };
    expect(code('host:create', { name: 'ns.x.org' }, { extensions: { cnnicHost } })).toBe(1000);
    expect(ask('host:info', { name: 'ns.x.org' }).extensions).toEqual({ cnnicHost });
  });
});

describe('allocation tokens', () => {
  it('open reserved names', () => {
    const d = desk({ reserved: { 'a.com': 'abc123' } });
    const check = (extensions: object) =>
      d.ask('domain:check', { names: ['a.com'] }, { extensions: { ...extensions } }).data;
    expect(check({})).toEqual({ cd: [{ name: 'a.com', avail: false, reason: 'Allocation token required' }] });
    expect(check({ allocationToken: 'guess' })).toMatchObject({ cd: [{ avail: false }] });
    expect(check({ allocationToken: 'abc123' })).toEqual({ cd: [{ name: 'a.com', avail: true }] });
    expect(create(d, {})).toBe(2201);
    expect(create(d, { allocationToken: 'guess' })).toBe(2201);
    expect(create(d, { allocationToken: 'abc123' })).toBe(1000);
  });
});

describe('a launch phase', () => {
  const claims = { launch: { phase: 'claims' as const, claims: { 'a.com': '2013041500/2/6/9' } } };
  const notices = [
    {
      noticeID: { value: '370d0b7c' },
      notAfter: '2026-06-19T10:00:00Z',
      acceptedDate: '2026-06-19T09:00:00Z',
    },
  ];

  it('of claims tells of them, and asks for their notices', () => {
    const d = desk(claims);
    const launch = { type: 'claims', phase: { value: 'claims' } };
    const { data, extensions } = d.ask(
      'domain:check',
      { names: ['a.com', 'b.com', 'constructor'] },
      { extensions: { launch } },
    );
    expect(data).toBeUndefined();
    expect(extensions?.launch).toEqual({
      phase: { value: 'claims' },
      cd: [
        { name: 'a.com', exists: true, claimKeys: [{ value: '2013041500/2/6/9' }] },
        { name: 'b.com', exists: false },
        { name: 'constructor', exists: false },
      ],
    });
    const avail = { type: 'avail', phase: { value: 'claims' } };
    expect(d.data('domain:check', { names: ['a.com'] }, { extensions: { launch: avail } })).toEqual({
      cd: [{ name: 'a.com', avail: true }],
    });
    expect(create(d, {})).toBe(2003);
    expect(create(d, { launch: { phase: { value: 'claims' }, notices } })).toBe(1000);
    expect(create(d, {}, { ...A, name: 'b.com' })).toBe(1000);
    expect(extensionsOf(d, { launch: { phase: { value: 'claims' } } })).toEqual({
      launch: { phase: { value: 'claims' } },
    });
  });

  it('is the one that runs, and takes registrations alone', () => {
    const d = desk();
    expect(create(d, { launch: { phase: { value: 'sunrise' } } })).toBe(2306);
    expect(create(d, { launch: { type: 'application', phase: { value: 'open' } } })).toBe(2102);
    expect(create(d, { launch: { phase: { value: 'open' } } })).toBe(1000);
    const application = { phase: { value: 'open' }, applicationID: 'abc' };
    expect(update(d, { launch: application })).toBe(2303);
    expect(d.code('domain:delete', NAME, { extensions: { launch: application } })).toBe(2303);
    expect(create(desk({ launch: { phase: 'sunrise' } }), {})).toBe(2003);
  });
});

describe("Verisign's extensions", () => {
  it('name the product with each answer', () => {
    const d = desk();
    const product = (subProduct: string) => ({ extensions: { namestoreExt: { subProduct } } });
    const { extensions } = d.ask('domain:check', { names: ['a.com'] }, product('dotCOM'));
    expect(extensions).toEqual({ namestoreExt: { subProduct: 'dotCOM' } });
    const refused = d.ask('domain:create', A, product('dotNET'));
    expect(refused.results[0]?.code).toBe(2306);
    expect(refused.extensions).toMatchObject({
      namestoreExt: { msg: { code: 1, text: 'Specified sub-product does not exist' } },
    });
    expect(d.code('domain:create', A, product('CO.UK'))).toBe(2306);
    expect(d.code('domain:create', A, product('dotCOM'))).toBe(1000);
  });

  it('move the day of expiry, and tell the sponsor', () => {
    const d = desk();
    create(d, {});
    const whoisInf = { flag: true };
    expect(update(d, { sync: { expMonthDay: '--06-30' } })).toBe(1000);
    const { data, extensions } = d.ask('domain:info', NAME, { extensions: { whoisInf } });
    expect(data?.exDate).toBe('2027-06-30T12:00:00.000Z');
    expect(extensions?.whoisInf).toMatchObject({ registrar: 'acme' });
    update(d, { sync: { expMonthDay: '--01-31' } });
    expect(d.data('domain:info', NAME).exDate).toBe('2028-01-31T12:00:00.000Z');
  });
});

describe('maintenance notices', () => {
  it('are listed, and told in full', () => {
    const start = '2026-03-01T02:00:00Z';
    const end = '2026-03-01T04:00:00Z';
    const notice = {
      id: 'm-1',
      name: 'Routine',
      systems: [{ name: 'EPP', impact: 'full' as const }],
      start,
      end,
    };
    const d = desk({ maintenances: [{ ...notice, description: 'Two hours.', tlds: ['com'] }] });
    expect(d.data('maintenance:info', { list: true })).toMatchObject({
      list: [{ id: 'm-1', name: 'Routine', start, end }],
    });
    expect(d.data('maintenance:info', { id: 'm-1' })).toMatchObject({
      item: {
        id: 'm-1',
        systems: [{ name: 'EPP', impact: 'full' }],
        environment: { type: 'production' },
        reason: 'planned',
        descriptions: [{ type: 'plain', text: 'Two hours.' }],
        tlds: ['com'],
      },
    });
  });
});
