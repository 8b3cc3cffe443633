import { describe, expect, it } from 'vitest';
import { A, contactNamed, desk } from './desk.ts';

const other = { as: 'other' };
const id = { id: 'sh8013' };
const addr = { streets: ['1 Main St'], city: 'Berlin', sp: 'BE', pc: '10115', cc: 'DE' };
const full = {
  ...contactNamed('sh8013'),
  postalInfos: [
    { type: 'int', name: 'Jo Doe', org: 'Example', addr },
    { type: 'loc', name: 'Jö Dö', addr },
  ],
  voice: { number: '+1.7035555555', x: '12' },
  fax: { number: '+1.7035555556' },
  disclose: { flag: false, names: ['int'], orgs: ['int'], addrs: ['loc'], voice: true, email: true },
};

describe('contacts', () => {
  it('are kept as they were created', () => {
    const { code, data } = desk();
    expect(data('contact:check', { ids: ['sh8013'] })).toEqual({ cd: [{ id: 'sh8013', avail: true }] });
    expect(data('contact:create', full)).toMatchObject(id);
    expect(code('contact:create', full)).toBe(2302);
    expect(data('contact:check', { ids: ['SH8013'] })).toEqual({
      cd: [{ id: 'SH8013', avail: false, reason: 'In use' }],
    });
    expect(data('contact:info', id)).toMatchObject({ ...full, statuses: [{ s: 'ok' }], clID: 'acme' });
  });

  it('show to others what may be disclosed, and everything to who has the authInfo', () => {
    const { code, data } = desk();
    code('contact:create', full);
    const seen = data('contact:info', id, other);
    expect(seen).toMatchObject({
      postalInfos: [
        { type: 'int', name: 'REDACTED', addr },
        { type: 'loc', name: 'Jö Dö', addr: { city: 'REDACTED', cc: 'DE' } },
      ],
      fax: full.fax,
      email: 'REDACTED',
    });
    expect(seen).not.toHaveProperty('voice');
    expect(seen).not.toHaveProperty('authInfo');
    const { authInfo } = full;
    expect(data('contact:info', { ...id, authInfo }, other)).toMatchObject(full);
    expect(code('contact:info', { ...id, authInfo: { pw: 'guess' } }, other)).toBe(2202);
  });

  it('change piece by piece', () => {
    const { code, data } = desk();
    code('contact:create', { ...full, postalInfos: [full.postalInfos[0]] });
    const update = (chg: object) => code('contact:update', { ...id, chg });
    expect(update({ postalInfos: [{ type: 'int', org: '' }] })).toBe(1000);
    expect(data('contact:info', id).postalInfos).toEqual([{ type: 'int', name: 'Jo Doe', addr }]);
    expect(update({ postalInfos: [{ type: 'loc', org: 'Neu' }] })).toBe(2003);
    expect(update({ postalInfos: [{ type: 'loc', name: 'Jö', addr }] })).toBe(1000);
    expect(update({ voice: { number: '' }, email: 'new@example.com', authInfo: { pw: 'new-1' } })).toBe(1000);
    expect(update({ disclose: { flag: true, email: true } })).toBe(1000);
    const seen = data('contact:info', id);
    expect(seen).toMatchObject({
      postalInfos: [{ type: 'int' }, { type: 'loc', name: 'Jö' }],
      fax: full.fax,
      email: 'new@example.com',
      authInfo: { pw: 'new-1' },
      disclose: { flag: true, email: true },
      upID: 'acme',
    });
    expect(seen).not.toHaveProperty('voice');
    expect(data('contact:info', id, other).email).toBe('new@example.com');
  });

  it('have statuses of their registrar', () => {
    const { code, data } = desk();
    code('contact:create', full);
    const add = { statuses: [{ s: 'clientUpdateProhibited' }, { s: 'clientDeleteProhibited' }] };
    expect(code('contact:update', { ...id, add }, other)).toBe(2201);
    expect(code('contact:update', { ...id, add: { statuses: [{ s: 'linked' }] } })).toBe(2306);
    expect(code('contact:update', { ...id, add })).toBe(1000);
    expect(data('contact:info', id).statuses).toEqual(add.statuses);
    expect(code('contact:update', { ...id, chg: { email: 'x@y' } })).toBe(2304);
    expect(code('contact:delete', id)).toBe(2304);
    expect(code('contact:update', { ...id, rem: add })).toBe(1000);
    expect(code('contact:delete', id, other)).toBe(2201);
    expect(code('contact:delete', id)).toBe(1000);
    expect(code('contact:info', id)).toBe(2303);
  });

  it('are linked while a domain refers to them, and not deleted then', () => {
    const { code, data } = desk();
    code('contact:create', full);
    code('domain:create', { ...A, registrant: 'SH8013', contacts: [{ type: 'tech', id: 'sh8013' }] });
    expect(data('contact:info', id).statuses).toEqual([{ s: 'ok' }, { s: 'linked' }]);
    expect(code('contact:delete', id)).toBe(2305);
    code('domain:update', { name: 'a.com', rem: { contacts: [{ type: 'tech', id: 'sh8013' }] } });
    expect(code('contact:delete', id)).toBe(2305);
    code('domain:update', { name: 'a.com', chg: { registrant: null } });
    expect(code('contact:delete', id)).toBe(1000);
  });
});
