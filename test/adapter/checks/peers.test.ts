import { describe, expect, it } from 'vitest';
import { dnsPeers } from '../../../src/adapter/checks/peers.ts';

const at = { host: 'core-bj-pods', port: 8080 };

describe('the adapters behind a name', () => {
  it('are one for each address, of either family', async () => {
    const lookup = async () => [
      { address: '10.0.0.3', family: 4 },
      { address: 'fd00::3', family: 6 },
    ];
    expect(await dnsPeers(at, { lookup }).others()).toEqual([
      'http://10.0.0.3:8080',
      'http://[fd00::3]:8080',
    ]);
  });

  it.each(['ENOTFOUND', 'ENODATA'])('are none where there is no address (%s)', async (code) => {
    const lookup = () => Promise.reject(Object.assign(new Error('none'), { code }));
    expect(await dnsPeers(at, { lookup }).others()).toEqual([]);
  });

  it('are not known where the name service fails: that is no empty set', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('try again'), { code: 'EAI_AGAIN' }));
    await expect(dnsPeers(at, { lookup }).others()).rejects.toThrow('try again');
  });

  it('are found by the system', async () => {
    expect(await dnsPeers({ host: '127.0.0.1', port: 1 }).others()).toEqual(['http://127.0.0.1:1']);
  });
});
