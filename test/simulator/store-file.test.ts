import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resumeDeletions } from '../../src/simulator/domain/redemption.ts';
import { readStore, writeStore } from '../../src/simulator/store-file.ts';
import { resumeTransfers } from '../../src/simulator/transfers.ts';
import { A, contactNamed, DAY, type Desk, desk } from './desk.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The same registry in another process. */
async function again(before: Desk): Promise<Desk> {
  const path = join(folder, 'registry');
  await writeStore(path, before.registry.store);
  const after = desk({}, { store: await readStore(path) });
  resumeTransfers(after.registry);
  resumeDeletions(after.registry);
  return after;
}

describe('a registry in a file', () => {
  it('knows what it knew: objects, who uses them, messages, money, the last numbers', async () => {
    const before = desk();
    before.code('contact:create', contactNamed('sh8013'));
    before.code('domain:create', { ...A, registrant: 'sh8013' });
    before.code('host:create', { name: 'ns1.a.com', addrs: [{ ip: 'v4', addr: '192.0.2.1' }] });
    before.registry.store.last.roid = 41;
    const after = await again(before);
    for (const [name, id] of [
      ['domain:info', { name: 'a.com' }],
      ['contact:info', { id: 'sh8013' }],
      ['host:info', { name: 'ns1.a.com' }],
    ] as const)
      expect(after.data(name, id)).toEqual(before.data(name, id));
    expect(after.registry.store.last.roid).toBe(41);
    expect(after.code('contact:delete', { id: 'sh8013' })).toBe(2305);
    expect(after.registry.store.money).toEqual(before.registry.store.money);
  });

  it('goes on with what had begun: a transfer is approved in time, a deleted domain goes', async () => {
    const before = desk();
    for (const name of ['a.com', 'b.com']) before.code('domain:create', { ...A, name });
    before.code('domain:transfer', { name: 'a.com', op: 'request', authInfo: A.authInfo }, { as: 'other' });
    before.advance(10 * DAY);
    before.code('domain:delete', { name: 'b.com' });
    const after = await again(before);
    after.advance(60 * DAY);
    expect(after.data('domain:info', { name: 'a.com' }, { as: 'other' }).clID).toBe('other');
    expect(after.code('domain:info', { name: 'b.com' })).toBe(2303);
  });

  it('is empty where there is no file', async () => {
    const { domains } = await readStore(join(folder, 'nothing'));
    expect(domains.size).toBe(0);
  });

  it.each([
    ['anything', Buffer.from('not a registry')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses a file that holds %s, by name and with what to do', async (_, bytes) => {
    const path = join(folder, 'other');
    await writeFile(path, bytes);
    await expect(readStore(path)).rejects.toThrow(/other does not hold a simulated registry .*: remove it/);
  });
});
