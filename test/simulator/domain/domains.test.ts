import { describe, expect, it } from 'vitest';
import { A, DAY, desk, withObjects } from '../desk.ts';

describe('domains', () => {
  it('are free until they are created, and again when deleted', () => {
    const { ask, code, data } = desk();
    expect(data('domain:check', { names: ['a.com', 'B.CO.UK', 'c.org'] })).toEqual({
      cd: [
        { name: 'a.com', avail: true },
        { name: 'B.CO.UK', avail: true },
        { name: 'c.org', avail: false, reason: 'Zone not served here' },
      ],
    });
    expect(ask('domain:create', { ...A, name: 'A.com' })).toMatchObject({
      results: [{ code: 1000 }],
      data: { name: 'a.com', crDate: '2026-02-28T12:00:00.000Z', exDate: '2027-02-28T12:00:00.000Z' },
    });
    expect(data('domain:check', { names: ['a.COM', '-.com'] })).toEqual({
      cd: [
        { name: 'a.COM', avail: false, reason: 'In use' },
        { name: '-.com', avail: false, reason: 'Invalid name' },
      ],
    });
    expect(code('domain:create', A)).toBe(2302);
    expect(code('domain:delete', { name: 'a.com' })).toBe(1000);
    expect(data('domain:check', { names: ['a.com'] })).toEqual({ cd: [{ name: 'a.com', avail: true }] });
  });

  it('know what their create said; the authInfo is for who has a right to it', () => {
    const d = desk();
    withObjects(d, ['jd1234', 'sh8013', 'sh8014']);
    const details = {
      registrant: 'jd1234',
      contacts: [{ type: 'admin', id: 'sh8013' }, { id: 'sh8014' }],
      ns: { hostAttrs: [{ hostName: 'ns1.a.com', hostAddrs: [{ ip: 'v6', addr: '2001:db8::1' }] }] },
    };
    d.code('domain:create', { ...A, ...details, period: { unit: 'm', value: 18 } });
    const shown = {
      name: 'a.com',
      roid: 'S4-TEST',
      statuses: [{ s: 'ok' }],
      ...details,
      clID: 'acme',
      crID: 'acme',
      crDate: '2026-02-28T12:00:00.000Z',
      exDate: '2027-08-28T12:00:00.000Z',
    };
    const { authInfo } = A;
    const info = { name: 'a.com' };
    expect(d.data('domain:info', info)).toEqual({ ...shown, authInfo });
    expect(d.data('domain:info', info, { as: 'other' })).toEqual(shown);
    expect(d.data('domain:info', { ...info, authInfo }, { as: 'other' })).toEqual({ ...shown, authInfo });
    expect(d.code('domain:info', { ...info, authInfo: { pw: 'guess' } }, { as: 'other' })).toBe(2202);
    expect(d.code('domain:info', { ...info, authInfo: { pw: 'guess' } })).toBe(2202);
    expect(d.data('domain:info', { ...info, hosts: 'none' })).not.toHaveProperty('ns');

    const { roid } = d.data('contact:info', { id: 'jd1234' });
    const ofContact = (pw: string) => ({ ...info, authInfo: { pw, roid } });
    expect(d.code('domain:info', ofContact('contact-1'), { as: 'other' })).toBe(1000);
    expect(d.code('domain:info', ofContact('guess'), { as: 'other' })).toBe(2202);
  });

  it('without authInfo open to nobody (RFC 9154)', () => {
    const { code, data } = desk();
    code('domain:create', { ...A, authInfo: { pw: '' } });
    expect(data('domain:info', { name: 'a.com' })).not.toHaveProperty('authInfo');
    expect(code('domain:info', { name: 'a.com', authInfo: { pw: '' } }, { as: 'other' })).toBe(2202);
  });

  it('are renewed once for a curExpDate, and for ten years at most', () => {
    const { code, data } = desk();
    code('domain:create', A);
    const renew = { name: 'a.com', curExpDate: '2027-02-28', period: { value: 1 } };
    expect(data('domain:renew', renew)).toEqual({ name: 'a.com', exDate: '2028-02-28T12:00:00.000Z' });
    expect(code('domain:renew', renew)).toBe(2306);
    expect(code('domain:renew', { ...renew, curExpDate: '2028-02-28', period: { value: 9 } })).toBe(2105);
    expect(code('domain:renew', { ...renew, curExpDate: '2028-02-28', period: { value: 8 } })).toBe(1000);
  });

  it('are renewed by the registry when they expire', () => {
    const { ask, code, advance } = desk();
    code('domain:create', A);
    advance(366 * DAY);
    expect(ask('domain:info', { name: 'a.com' })).toMatchObject({
      data: { exDate: '2028-02-28T12:00:00.000Z' },
      extensions: { rgp: { rgpStatuses: [{ s: 'autoRenewPeriod' }] } },
    });
  });

  it('are updated all or nothing, as far as their statuses allow', () => {
    const d = desk();
    withObjects(d, ['abc', 'jd1234'], ['ns1.x.org', 'ns2.x.org', 'ns3.x.org']);
    d.code('domain:create', {
      ...A,
      ns: { hostObjs: ['ns1.x.org', 'ns2.x.org'] },
      contacts: [{ type: 'tech', id: 'abc' }],
    });
    const update = (body: Record<string, unknown>) => d.code('domain:update', { name: 'A.com', ...body });
    const infoOf = () => d.data('domain:info', { name: 'a.com' });
    expect(
      update({
        add: {
          ns: { hostObjs: ['NS3.x.org'] },
          statuses: [{ s: 'clientHold', lang: 'en', text: 'Not paid' }, { s: 'clientDeleteProhibited' }],
        },
        rem: { ns: { hostObjs: ['ns1.x.org'] }, contacts: [{ type: 'tech', id: 'abc' }] },
        chg: { registrant: 'jd1234', authInfo: { pw: 'new' } },
      }),
    ).toBe(1000);
    expect(infoOf()).toMatchObject({
      statuses: [{ s: 'clientHold', lang: 'en', text: 'Not paid' }, { s: 'clientDeleteProhibited' }],
      ns: { hostObjs: ['ns2.x.org', 'ns3.x.org'] },
      registrant: 'jd1234',
      authInfo: { pw: 'new' },
      upID: 'acme',
      upDate: '2026-02-28T12:00:00.000Z',
    });
    expect(infoOf()).not.toHaveProperty('contacts');
    expect(d.code('domain:delete', { name: 'a.com' })).toBe(2304);

    expect(update({ add: { statuses: [{ s: 'serverHold' }] }, chg: { registrant: null } })).toBe(2306);
    expect(update({ chg: { registrant: null }, add: { ns: { hostObjs: ['ns9.x.org'] } } })).toBe(2303);
    expect(infoOf()).toHaveProperty('registrant');
    expect(update({ chg: { registrant: null, authInfo: null } })).toBe(1000);
    expect(infoOf()).not.toHaveProperty('registrant');
    expect(infoOf()).not.toHaveProperty('authInfo');

    const locks = ['clientUpdateProhibited', 'clientRenewProhibited'].map((s) => ({ s }));
    const gone = { ns: { hostObjs: ['ns2.x.org', 'ns3.x.org'] } };
    expect(update({ add: { statuses: locks }, rem: gone })).toBe(1000);
    expect(update({ chg: { registrant: 'jd1234' } })).toBe(2304);
    expect(d.code('domain:renew', { name: 'a.com', curExpDate: '2027-02-28' })).toBe(2304);
    const all = ['clientHold', 'clientDeleteProhibited', 'clientUpdateProhibited', 'clientRenewProhibited'];
    expect(update({ rem: { statuses: all.map((s) => ({ s })) } })).toBe(1000);
    expect(infoOf()).toMatchObject({ statuses: [{ s: 'inactive' }] });
  });

  it('go from host objects to host attributes and back', () => {
    const d = desk();
    withObjects(d, [], ['ns1.x.org']);
    d.code('domain:create', { ...A, ns: { hostObjs: ['ns1.x.org'] } });
    const hostAttrs = [{ hostName: 'ns1.a.com', hostAddrs: [{ ip: 'v4', addr: '192.0.2.1' }] }];
    const gone = { ns: { hostObjs: ['ns1.x.org'] } };
    d.code('domain:update', { name: 'a.com', rem: gone, add: { ns: { hostAttrs } } });
    expect(d.data('domain:info', { name: 'a.com' })).toMatchObject({ ns: { hostAttrs } });
    const rem = { ns: { hostAttrs: [{ hostName: 'ns1.a.com' }] } };
    d.code('domain:update', { name: 'a.com', rem, add: gone });
    expect(d.data('domain:info', { name: 'a.com' })).toMatchObject(gone);
  });

  it('are changed by their own registrar alone', () => {
    const { code } = desk();
    code('domain:create', A);
    const other = { as: 'other' };
    expect(code('domain:update', { name: 'a.com' }, other)).toBe(2201);
    expect(code('domain:delete', { name: 'a.com' }, other)).toBe(2201);
    expect(code('domain:renew', { name: 'a.com', curExpDate: '2027-02-28' }, other)).toBe(2201);
    expect(code('domain:restore', { name: 'a.com' }, other)).toBe(2201);
  });
});
