import { describe, expect, it } from 'vitest';
import { dnsResolver } from '../../src/adapter/resolver.ts';

const fixed = (...addresses: string[]) =>
  dnsResolver({ lookup: async () => addresses.map((address) => ({ address })) });

describe('DNS resolver', () => {
  it('takes one address at a time, the next one with each call', async () => {
    const resolve = fixed('192.0.2.1', '2001:db8::1');
    const addresses = [];
    for (let i = 0; i < 3; i++) addresses.push((await resolve('epp.example', 700)).address);
    expect(addresses).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.1']);
  });

  it.each(['127.0.0.1', '::1'])('leaves the address %s alone', async (address) => {
    const resolve = dnsResolver({ lookup: () => Promise.reject(new Error('asked')) });
    expect(await resolve(address, 700)).toEqual({ address, port: 700 });
  });

  it('says when a name has no address', async () => {
    await expect(fixed()('epp.example', 700)).rejects.toThrow('the name epp.example has no address');
  });

  it('passes the failure of the lookup on', async () => {
    const resolve = dnsResolver({ lookup: () => Promise.reject(new Error('ENOTFOUND epp.example')) });
    await expect(resolve('epp.example', 700)).rejects.toThrow('ENOTFOUND');
  });

  it('asks the system by default', async () => {
    expect(['127.0.0.1', '::1']).toContain((await dnsResolver()('localhost', 1)).address);
  });
});
