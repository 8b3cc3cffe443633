import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ACCOUNT, type Harness, type HarnessOptions, HELD, type Reply, start } from './harness.ts';

let h: Harness;
/** One command for each request: what shares commands is tested in sharing.test.ts. */
const setUp = async (options: HarnessOptions) => {
  h = await start({ ...options, file: { ...options.file, checks: { coalesce: false } } });
};
afterEach(() => h.stop());

const authInfo = { pw: 'transfer-secret' };
const check = (name = 'a.com') => h.post('/com/check', { names: [name] });
const pool = async () => (await h.get('/debug/pools')).body.accounts[ACCOUNT];
/** Until the registry has one command, and keeps it. */
const busy = () => eventually(() => h.held() === 1);

describe('waiting for a connection', () => {
  it('beyond the room is refused at once with 503 and Retry-After', async () => {
    await setUp({
      cap: 1,
      registry: { latencyMs: { commands: { 'domain:check': HELD } } },
      file: { queueLimit: 2 },
    });
    const first = check();
    await busy();
    const waiting = [check(), check()];
    await eventually(async () => (await pool()).waiting === 2);
    // at once: while nothing moves
    const refused = await check();
    expect(h.held()).toBe(1);
    expect(refused).toMatchObject({
      status: 503,
      body: { outcome: 'not-sent', type: '/problems/queue-full' },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-epp-account')).toBe(ACCOUNT);
    expect(refused.headers.get('x-epp-capacity')).toBe('0');
    h.release();
    for (const reply of await Promise.all([first, ...waiting])) expect(reply.status).toBe(200);
    expect(h.executed('domain:check')).toBe(3);
  });

  it('past its time is refused, and the work is never sent later', async () => {
    await setUp({
      cap: 1,
      registry: { latencyMs: { commands: { 'domain:check': HELD } } },
      file: { timeouts: { queue: '300ms' } },
    });
    const first = check();
    await busy();
    const late = await h.post('/com/create', { name: 'zombie.com', authInfo });
    expect(late).toMatchObject({
      status: 503,
      body: { outcome: 'not-sent', type: '/problems/queue-expired' },
    });
    expect(late.headers.get('retry-after')).toBe('1');
    h.release();
    expect((await first).status).toBe(200);
    expect((await h.post('/com/info', { name: 'zombie.com' })).status).toBe(404);
    expect(h.executed('domain:create')).toBe(0);
  });

  it('lets transforms go before queries', async () => {
    await setUp({ cap: 1, registry: { latencyMs: { commands: { 'domain:check': HELD } } } });
    const first = check();
    await busy();
    const queries = [1, 2, 3].map((i) => check(`q${i}.com`));
    await eventually(async () => (await pool()).waiting === 3);
    const transform = h.post('/com/create', { name: 'urgent.com', authInfo });
    await eventually(async () => (await pool()).waiting === 4);
    h.release();
    const [one, two, ...rest] = await Promise.all([first, transform, ...queries]);
    // transaction ids are given in the order of sending
    const turn = (reply: Reply) => Number.parseInt(reply.body.clTRID.split('-').at(-1), 36);
    expect(turn(two as Reply)).toBe(turn(one as Reply) + 1);
    for (const reply of rest) expect(turn(reply)).toBeGreaterThan(turn(two as Reply));
  });

  it('ends when the caller goes', async () => {
    await setUp({ cap: 1, registry: { latencyMs: { commands: { 'domain:check': HELD } } } });
    const first = check();
    await busy();
    const gone = new AbortController();
    const left = fetch(`${h.adapter.url}/com/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'gone.com', authInfo }),
      signal: gone.signal,
    });
    await eventually(async () => (await pool()).waiting === 1);
    gone.abort();
    await expect(left).rejects.toThrow();
    await eventually(async () => (await pool()).waiting === 0);
    h.release();
    await first;
    expect(h.executed('domain:create')).toBe(0);
  });

  it('without any grant says so', async () => {
    await setUp({ cap: 0, unready: true, file: { timeouts: { queue: '50ms' } } });
    expect(await h.get('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, reasons: [expect.stringContaining('no connection is granted')] },
    });
    expect(await check()).toMatchObject({ status: 503, body: { type: '/problems/queue-expired' } });
    expect(h.registry.stats().accounts.acme?.logins).toBe(0);
    h.budget.cap = 2;
    await eventually(async () => (await h.get('/readyz')).status === 200);
    expect((await check()).status).toBe(200);
  });

  it('reports to the budget what is in use and what waits', async () => {
    await setUp({ cap: 1, registry: { latencyMs: { commands: { 'domain:check': HELD } } } });
    const checks = [check(), check(), check()];
    await eventually(async () => (await pool()).waiting === 2);
    h.release();
    await Promise.all(checks);
    expect(h.budget.reports).toContainEqual({ account: ACCOUNT, inUse: 1, queued: 2 });
    expect(h.budget.reports.at(-1)).toEqual({ account: ACCOUNT, inUse: 0, queued: 0 });
  });
});
