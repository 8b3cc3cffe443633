import { describe, expect, it } from 'vitest';
import { A, desk } from './desk.ts';

const v4 = (addr: string) => ({ ip: 'v4', addr });
const other = { as: 'other' };

/** `a.com` and `b.com` are acme's, `c.com` is another's. */
function withDomains() {
  const d = desk();
  d.code('domain:create', A);
  d.code('domain:create', { ...A, name: 'b.com' });
  d.code('domain:create', { ...A, name: 'c.com' }, other);
  return d;
}

describe('hosts', () => {
  it('are created below a domain of their registrar, with addresses', () => {
    const d = withDomains();
    const addrs = [v4('192.0.2.1'), { ip: 'v6', addr: '2001:db8::1' }];
    const host = { name: 'NS1.x.a.com', addrs };
    expect(d.data('host:check', { names: ['ns1.x.a.com', 'a_b.c'] })).toEqual({
      cd: [
        { name: 'ns1.x.a.com', avail: true },
        { name: 'a_b.c', avail: false, reason: 'Invalid name' },
      ],
    });
    expect(d.data('host:create', host)).toMatchObject({ name: 'ns1.x.a.com' });
    expect(d.code('host:create', host)).toBe(2302);
    expect(d.data('host:check', { names: ['ns1.x.a.com'] })).toEqual({
      cd: [{ name: 'ns1.x.a.com', avail: false, reason: 'In use' }],
    });
    expect(d.data('host:info', { name: 'ns1.x.a.com' })).toMatchObject({
      name: 'ns1.x.a.com',
      statuses: [{ s: 'ok' }],
      addrs,
      clID: 'acme',
      crID: 'acme',
    });
    expect(d.data('domain:info', { name: 'a.com' }).hosts).toEqual(['ns1.x.a.com']);
    expect(d.data('domain:info', { name: 'a.com', hosts: 'del' })).not.toHaveProperty('hosts');
    expect(d.code('host:create', { name: 'ns1.c.com' })).toBe(2201);
    expect(d.code('host:create', { name: 'ns1.none.com' })).toBe(2303);
    expect(d.code('host:create', { name: 'ns1.x.org', addrs })).toBe(2306);
    expect(d.code('host:create', { name: 'ns1.x.org' })).toBe(1000);
  });

  it('are linked while a domain uses them, and not deleted then', () => {
    const { code, data } = withDomains();
    code('host:create', { name: 'ns1.a.com' });
    code('domain:update', { name: 'c.com', add: { ns: { hostObjs: ['ns1.a.com'] } } }, other);
    expect(data('host:info', { name: 'ns1.a.com' }).statuses).toEqual([{ s: 'ok' }, { s: 'linked' }]);
    expect(code('host:delete', { name: 'ns1.a.com' })).toBe(2305);
    code('domain:update', { name: 'c.com', rem: { ns: { hostObjs: ['ns1.a.com'] } } }, other);
    expect(data('host:info', { name: 'ns1.a.com' }).statuses).toEqual([{ s: 'ok' }]);
    expect(code('host:delete', { name: 'ns1.a.com' }, other)).toBe(2201);
    expect(code('host:delete', { name: 'ns1.a.com' })).toBe(1000);
    expect(code('host:info', { name: 'ns1.a.com' })).toBe(2303);
  });

  it('are no longer linked by a domain that is gone', () => {
    const { code } = withDomains();
    code('host:create', { name: 'ns1.x.org' });
    code('domain:create', { name: 'd.com', ns: { hostObjs: ['ns1.x.org'] }, authInfo: { pw: 'x' } });
    expect(code('host:delete', { name: 'ns1.x.org' })).toBe(2305);
    code('domain:delete', { name: 'd.com' });
    expect(code('host:delete', { name: 'ns1.x.org' })).toBe(1000);
  });

  it('change addresses and statuses', () => {
    const { code, data } = withDomains();
    code('host:create', { name: 'ns1.a.com', addrs: [v4('192.0.2.1'), v4('192.0.2.2')] });
    const name = 'ns1.a.com';
    expect(
      code('host:update', {
        name,
        add: { addrs: [v4('192.0.2.3')], statuses: [{ s: 'clientUpdateProhibited' }] },
        rem: { addrs: [v4('192.0.2.1')] },
      }),
    ).toBe(1000);
    expect(data('host:info', { name })).toMatchObject({
      addrs: [v4('192.0.2.2'), v4('192.0.2.3')],
      statuses: [{ s: 'clientUpdateProhibited' }],
      upID: 'acme',
    });
    expect(code('host:update', { name, rem: { addrs: [v4('192.0.2.3')] } })).toBe(2304);
    const freed = { statuses: [{ s: 'clientUpdateProhibited' }] };
    expect(code('host:update', { name, rem: freed }, other)).toBe(2201);
    expect(code('host:update', { name, rem: freed, add: { statuses: [{ s: 'linked' }] } })).toBe(2306);
    expect(
      code('host:update', { name, rem: freed, add: { statuses: [{ s: 'clientDeleteProhibited' }] } }),
    ).toBe(1000);
    expect(code('host:delete', { name })).toBe(2304);
  });

  it('are renamed within the zones of their registrar, and their domains with them', () => {
    const { code, data } = withDomains();
    const addrs = [v4('192.0.2.1')];
    code('host:create', { name: 'ns1.a.com', addrs });
    code('host:create', { name: 'ns2.a.com' });
    code('domain:update', { name: 'b.com', add: { ns: { hostObjs: ['ns1.a.com', 'ns2.a.com'] } } });
    const rename = (to: string, more = {}) =>
      code('host:update', { name: 'ns1.a.com', chg: { name: to }, ...more });
    expect(rename('ns2.a.com')).toBe(2302);
    expect(rename('ns1.c.com')).toBe(2201);
    expect(rename('ns1.none.com')).toBe(2303);
    expect(rename('ns_1.a.com')).toBe(2005);
    expect(rename('ns1.x.org')).toBe(2306);
    expect(rename('ns9.b.com')).toBe(1000);
    expect(data('domain:info', { name: 'b.com' })).toMatchObject({
      ns: { hostObjs: ['ns9.b.com', 'ns2.a.com'] },
      hosts: ['ns9.b.com'],
    });
    expect(data('domain:info', { name: 'a.com' }).hosts).toEqual(['ns2.a.com']);
    expect(code('host:info', { name: 'ns1.a.com' })).toBe(2303);
    const toOutside = { name: 'ns9.b.com', chg: { name: 'ns1.x.org' }, rem: { addrs } };
    expect(code('host:update', toOutside)).toBe(1000);
    expect(data('host:info', { name: 'ns1.x.org' })).not.toHaveProperty('addrs');
    expect(code('host:delete', { name: 'ns1.x.org' })).toBe(2305);
  });

  it('outside of our zones keep their name while others use them', () => {
    const { code } = withDomains();
    code('host:create', { name: 'ns1.x.org' });
    code('domain:update', { name: 'c.com', add: { ns: { hostObjs: ['ns1.x.org'] } } }, other);
    expect(code('host:update', { name: 'ns1.x.org', chg: { name: 'ns2.x.org' } })).toBe(2305);
  });
});
