import { afterEach, describe, expect, it } from 'vitest';
import { type LocalBudget, localBudget } from '../../src/budget/local-budget.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { eventually } from '../support/eventually.ts';
import {
  ACCOUNT,
  CLIENT_ID,
  type Harness,
  type HarnessOptions,
  PASSWORD,
  start,
  startRegistry,
} from './harness.ts';

let h: Harness;
let budget: LocalBudget;
afterEach(async () => {
  await h.stop();
  budget.stop();
});

const setUp = async (max: number, options: HarnessOptions = {}) => {
  budget = localBudget({
    accounts: { [ACCOUNT]: { max, idleTimeoutSeconds: 600 } },
    clock: systemClock,
  });
  h = await start({ ...options, adapter: { ...options.adapter, budget } });
};
const registryOf = (sessions: number) => ({
  accounts: [{ clientId: CLIENT_ID, password: PASSWORD, sessions }],
});
const check = (i: number) => h.post('/com/check', { names: [`n${i}.com`] });
const stats = () => h.registry.stats().accounts[CLIENT_ID];

describe('adapter on a budget of its own', () => {
  it('never has more sessions than its share, and answers everybody', async () => {
    await setUp(4, { registry: { ...registryOf(4), latencyMs: { commands: { 'domain:check': 5 } } } });
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => check(i)));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(stats()).toMatchObject({ highestSessions: 4, refusals: 0, overLimitAccepts: 0 });
  });

  it('rotates within its share: a closed connection counts while it lingers', async () => {
    await setUp(2, { registry: registryOf(2), connections: { maxCommandsPerConnection: 6 } });
    for (let i = 0; i < 12; i++) expect((await check(i)).status).toBe(200);
    expect(stats()).toMatchObject({ refusals: 0, overLimitAccepts: 0, uncleanEnds: 0 });
    expect(stats()?.logins).toBeGreaterThan(2);
  });

  it('counts what ended without a logout as possibly open, and lives on the rest', async () => {
    await setUp(3);
    const { eppPort } = h.registry;
    const before = (await h.get('/debug/pools')).body.accounts[ACCOUNT].occupied as number;
    await h.registry.close();
    await eventually(async () => (await h.get('/readyz')).status === 503);
    h.registry = await startRegistry({ epp: { port: eppPort } });
    await eventually(async () => (await h.get('/readyz')).status === 200);
    expect((await check(1)).status).toBe(200);
    const pool = (await h.get('/debug/pools')).body.accounts[ACCOUNT];
    expect(before).toBeGreaterThanOrEqual(1);
    expect(pool.occupied).toBeGreaterThan(pool.connections.length);
    expect(pool.occupied).toBeLessThanOrEqual(3);
  });

  it('drains: everything is logged out and the budget released', async () => {
    await setUp(5, { registry: { latencyMs: { commands: { 'domain:check': 5 } } } });
    await Promise.all(Array.from({ length: 30 }, (_, i) => check(i)));
    await h.adapter.drain();
    expect(budget.phase).toBe('released');
    await eventually(() => stats()?.sessions === 0);
    expect(stats()).toMatchObject({ uncleanEnds: 0, logouts: stats()?.logins });
  });
});
