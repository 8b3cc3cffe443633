import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Harness, type HarnessOptions, HELD, start } from './harness.ts';

let h: Harness;
const setUp = async (options: HarnessOptions) => {
  h = await start(options);
};
afterEach(() => h.stop());

const authInfo = { pw: 'transfer-secret' };
/** Until the registry has so many commands, and keeps them. */
const busy = (count = 1) => eventually(() => h.held() === count);

describe('outcome', () => {
  it('of a create whose connection is cut before its reply is unknown, and it is not sent again', async () => {
    await setUp({ registry: { latencyMs: { commands: { 'domain:create': HELD } } } });
    const cut = h.post('/com/create', { name: 'cut.com', authInfo });
    await busy();
    h.kill();
    const reply = await cut;
    expect(reply).toMatchObject({ status: 502, body: { outcome: 'unknown', type: '/problems/closed' } });
    expect(reply.headers.get('x-epp-outcome')).toBe('unknown');
    // the registry did execute it; the caller finds out by its name, and by the transaction id
    expect(reply.body.clTRID).toMatch(/^EPPSET-/);
    h.release();
    expect((await h.post('/com/info', { name: 'cut.com' })).status).toBe(200);
    expect(h.executed('domain:create')).toBe(1);
  });

  it('of a create that is never answered is unknown after the command timeout', async () => {
    await setUp({ registry: { faults: { lostReplies: 1 } }, file: { timeouts: { command: '300ms' } } });
    const reply = await h.post('/com/create', { name: 'mute.com', authInfo });
    expect(reply).toMatchObject({
      status: 504,
      body: { outcome: 'unknown', clTRID: expect.any(String), type: '/problems/timeout' },
    });
    h.registry.control({ faults: { lostReplies: 0 } });
    expect((await h.post('/com/info', { name: 'mute.com' })).status).toBe(200);
    expect(h.executed('domain:create')).toBe(1);
  });

  it('of a query that is cut is hidden: it is asked once more', async () => {
    await setUp({ registry: { latencyMs: { commands: { 'domain:check': HELD } } } });
    const check = h.post('/com/check', { names: ['a.com'] });
    await busy();
    h.kill();
    await busy(2);
    h.release();
    expect(await check).toMatchObject({ status: 200, body: { outcome: 'done' } });
    expect(h.executed('domain:check')).toBe(2);
  });

  it('of a query that is cut twice is unknown', async () => {
    await setUp({ registry: { latencyMs: { commands: { 'domain:check': HELD } } } });
    const check = h.post('/com/check', { names: ['a.com'] });
    await busy();
    h.kill();
    await busy(2);
    h.kill();
    expect(await check).toMatchObject({
      status: 502,
      body: { outcome: 'unknown', type: '/problems/closed' },
    });
  });

  it('of work whose connections end before a byte is written is hidden: it goes to another one', async () => {
    await setUp({ registry: { latencyMs: { commands: { login: 100 } } } });
    h.budget.mayWrite = false;
    // every session that is asked to write destroys itself; the create waits, unsent, for one that may
    const create = h.post('/com/create', { name: 'patient.com', authInfo });
    await eventually(() => h.budget.ends.length >= 1);
    h.budget.mayWrite = true;
    expect(await create).toMatchObject({ status: 200, body: { outcome: 'done' } });
    expect(h.executed('domain:create')).toBe(1);
  });

  it('never shows one caller the late answer to another', async () => {
    await setUp({
      cap: 1,
      registry: { latencyMs: { commands: { 'domain:info': HELD } } },
      file: { timeouts: { command: '400ms' } },
    });
    await h.post('/com/create', { name: 'late.com', authInfo });
    const late = h.post('/com/info', { name: 'late.com' });
    const next = h.post('/com/check', { names: ['next.com'] });
    await busy();
    expect((await late).status).toBe(504);
    h.release();
    expect((await next).body.data.cd).toEqual([{ name: 'next.com', avail: true }]);
  });
});
