import { afterEach, describe, expect, it } from 'vitest';
import { ACCOUNT, CLIENT_ID, type Harness, type Reply, start } from './harness.ts';
import { ScriptedBudget } from './scripted-budget.ts';

let h: Harness;
afterEach(() => h.stop());

const PER_SECOND = 20;
const authInfo = { pw: 'transfer-secret' };
/** Transaction ids are given in the order of sending. */
const turn = (reply: Reply) => Number.parseInt(reply.body.clTRID.split('-').at(-1), 36);

describe('an account with a rate of commands', () => {
  it('gets no more than that, whatever is asked, and transforms before what floods it', async () => {
    const budget = Object.assign(new ScriptedBudget(10), { commands: { perSecond: PER_SECOND } });
    const startedMs = performance.now();
    h = await start({ adapter: { budget }, file: { checks: { coalesce: false } } });
    const checks = Array.from({ length: 40 }, (_, i) => h.post('/com/check', { names: [`q${i}.com`] }));
    const creates = Array.from({ length: 4 }, (_, i) =>
      h.post('/com/create', { name: `t${i}.com`, authInfo }),
    );
    const replies = await Promise.all([...checks, ...creates]);
    for (const { status } of replies) expect(status).toBe(200);
    const seconds = Math.ceil((performance.now() - startedMs) / 1_000);
    const account = h.registry.stats().accounts[CLIENT_ID];
    const commands = Object.values(account?.commands ?? {}).reduce((a, b) => a + b, account?.logins ?? 0);
    expect(commands).toBeGreaterThanOrEqual(45);
    expect(commands).toBeLessThanOrEqual(PER_SECOND * seconds);
    const last = Math.max(...replies.slice(0, 40).map(turn));
    for (const create of replies.slice(40)) expect(turn(create)).toBeLessThan(last);
  });

  it('is a reason of its own for waiting too long', async () => {
    const budget = Object.assign(new ScriptedBudget(10), { commands: { perMinute: 60 } });
    h = await start({ adapter: { budget }, unready: true, file: { timeouts: { queue: '5s' } } });
    const creates = Array.from({ length: 8 }, (_, i) =>
      h.post('/com/create', { name: `t${i}.com`, authInfo }),
    );
    const replies = await Promise.all(creates);
    const refused = replies.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body } of refused) {
      expect(body).toMatchObject({
        type: '/problems/queue-expired',
        outcome: 'not-sent',
        detail: expect.stringMatching(new RegExp(`^${ACCOUNT}: `)),
      });
    }
    expect(h.executed('domain:create')).toBe(replies.length - refused.length);
    expect(refused.map(({ body }) => body.detail).join()).toContain('60 commands a minute');
  });
});
