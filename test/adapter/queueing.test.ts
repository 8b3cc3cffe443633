import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ACCOUNT, type Harness, type HarnessOptions, start } from './harness.ts';

let h: Harness;
const setUp = async (options: HarnessOptions) => {
  h = await start(options);
};
afterEach(() => h.stop());

const authInfo = { pw: 'transfer-secret' };
const check = (name = 'a.com') => h.post('/com/check', { names: [name] });
const pool = async () => (await h.get('/debug/pools')).body.accounts[ACCOUNT];
/** Until the registry has it: one command is at work. */
const busy = () => eventually(async () => (await pool()).states.busy === 1);

describe('waiting for a connection', () => {
  it('beyond the room is refused at once with 503 and Retry-After', async () => {
    await setUp({
      cap: 1,
      registry: { latencyMs: { commands: { 'domain:check': 400 } } },
      file: { queueLimit: 2 },
    });
    const first = check();
    await busy();
    const waiting = [check(), check()];
    await eventually(async () => (await pool()).waiting === 2);
    const startMs = performance.now();
    const refused = await check();
    expect(performance.now() - startMs).toBeLessThan(200);
    expect(refused).toMatchObject({
      status: 503,
      body: { outcome: 'not-sent', error: { code: 'queue-full' } },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-epp-account')).toBe(ACCOUNT);
    for (const reply of await Promise.all([first, ...waiting])) expect(reply.status).toBe(200);
    expect(h.executed('domain:check')).toBe(3);
  });

  it('past its time is refused, and the work is never sent later', async () => {
    await setUp({
      cap: 1,
      registry: { latencyMs: { commands: { 'domain:check': 500 } } },
      file: { timeouts: { queue: '100ms' } },
    });
    const first = check();
    await busy();
    const late = await h.post('/com/create', { name: 'zombie.com', authInfo });
    expect(late).toMatchObject({
      status: 503,
      body: { outcome: 'not-sent', error: { code: 'queue-expired' } },
    });
    expect(late.headers.get('retry-after')).toBe('1');
    expect((await first).status).toBe(200);
    expect((await h.post('/com/info', { name: 'zombie.com' })).status).toBe(404);
    expect(h.executed('domain:create')).toBe(0);
  });

  it('lets transforms go before queries', async () => {
    await setUp({ cap: 1, registry: { latencyMs: { fixed: 60, commands: { login: 0 } } } });
    const order: string[] = [];
    const note = (what: string) => () => order.push(what);
    const first = check().then(note('first'));
    await busy();
    const queries = [1, 2, 3].map((i) => check(`q${i}.com`).then(note('query')));
    await eventually(async () => (await pool()).waiting === 3);
    const transform = h.post('/com/create', { name: 'urgent.com', authInfo }).then(note('transform'));
    await Promise.all([first, transform, ...queries]);
    expect(order).toEqual(['first', 'transform', 'query', 'query', 'query']);
  });

  it('ends when the caller goes', async () => {
    await setUp({ cap: 1, registry: { latencyMs: { commands: { 'domain:check': 300 } } } });
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
    await first;
    expect(h.executed('domain:create')).toBe(0);
  });

  it('without any grant says so', async () => {
    await setUp({ cap: 0, unready: true, file: { timeouts: { queue: '50ms' } } });
    expect(await h.get('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, reasons: [expect.stringContaining('no connection is granted')] },
    });
    expect(await check()).toMatchObject({ status: 503, body: { error: { code: 'queue-expired' } } });
    expect(h.registry.stats().accounts.acme?.logins).toBe(0);
    h.budget.cap = 2;
    await eventually(async () => (await h.get('/readyz')).status === 200);
    expect((await check()).status).toBe(200);
  });

  it('reports to the budget what is in use and what waits', async () => {
    await setUp({ cap: 1, registry: { latencyMs: { commands: { 'domain:check': 100 } } } });
    await Promise.all([check(), check(), check()]);
    expect(h.budget.reports).toContainEqual({ account: ACCOUNT, inUse: 1, queued: 2 });
    expect(h.budget.reports.at(-1)).toEqual({ account: ACCOUNT, inUse: 0, queued: 0 });
  });
});
