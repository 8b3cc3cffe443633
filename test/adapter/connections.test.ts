import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  ACCOUNT,
  CLIENT_ID,
  type Harness,
  type HarnessOptions,
  HELD,
  PASSWORD,
  start,
  startRegistry,
} from './harness.ts';

let h: Harness;
const setUp = async (options: HarnessOptions = {}) => {
  h = await start(options);
};
afterEach(() => h.stop());

const check = (name = 'a.com') => h.post('/com/check', { names: [name] });
const create = (name: string) => h.post('/com/create', { name, authInfo: { pw: 'transfer-secret' } });
const pool = async () => (await h.get('/debug/pools')).body.accounts[ACCOUNT];
const stats = () => {
  const found = h.registry.stats().accounts[CLIENT_ID];
  if (!found) throw new Error('no account');
  return found;
};
const isReady = async () => (await h.get('/readyz')).status === 200;

describe('connections', () => {
  it('are one while nothing happens, and grow to what callers need', async () => {
    await setUp({
      registry: { latencyMs: { commands: { 'domain:check': 30 } } },
      file: { checks: { coalesce: false } },
    });
    expect(stats().sessions).toBe(1);
    await Promise.all(Array.from({ length: 40 }, () => check()));
    expect(stats().highestSessions).toBe(10);
    expect(h.budget.highest).toBe(10);
    // what was granted and opened stays open
    await eventually(async () => (await pool()).states.idle === 10);
  });

  it('are opened no faster than the account allows', async () => {
    await setUp({
      connections: { opensPerSecond: 3 },
      registry: { latencyMs: { commands: { 'domain:check': 400 } } },
      file: { checks: { coalesce: false } },
    });
    await Promise.all(Array.from({ length: 20 }, () => check()));
    const connectedAt = h
      .logged()
      .split('\n')
      .filter((line) => line.includes('"state":"greeting"'))
      .map((line) => Date.parse((JSON.parse(line) as { time: string }).time));
    expect(connectedAt.length).toBeGreaterThan(4);
    for (const [i, at] of connectedAt.entries()) {
      // handshakes take a few milliseconds more or less
      if (i >= 3) expect(at - (connectedAt[i - 3] ?? 0)).toBeGreaterThan(800);
    }
  });

  it('come back after the registry was restarted', async () => {
    await setUp({ connections: { idleTimeoutSeconds: 1 } });
    await Promise.all(Array.from({ length: 8 }, () => check()));
    const { eppPort } = h.registry;
    await h.registry.close();
    await eventually(async () => !(await isReady()));
    const down = await h.get('/readyz');
    expect(down.body.reasons[0]).toContain(ACCOUNT);
    await eventually(() => h.logged().includes('ECONNREFUSED'));
    h.registry = await startRegistry({ epp: { port: eppPort } });
    await eventually(isReady);
    expect((await check()).status).toBe(200);
    expect(stats().overLimitAccepts).toBe(0);
    // connections that were just being opened ended as over a limit: it was none
    expect(h.budget.limitHits).toEqual([]);
  });

  it('are kept alive', async () => {
    await setUp({ registry: { idleTimeoutSeconds: 1 }, connections: { idleTimeoutSeconds: 1 } });
    await new Promise((resolve) => setTimeout(resolve, 1_800));
    expect(stats()).toMatchObject({ idleDrops: 0, sessions: 1, logins: 1 });
    expect(h.executed('hello')).toBeGreaterThan(1);
  });

  it('are replaced before they have carried too many commands, without a caller noticing', async () => {
    await setUp({ cap: 3, connections: { maxCommandsPerConnection: 6 } });
    for (let i = 0; i < 40; i++) expect((await check(`n${i}.com`)).status).toBe(200);
    // login and logout count too: at most 4 checks a session
    await eventually(() => stats().logouts >= 9);
    expect(stats().logins).toBeGreaterThanOrEqual(10);
    expect(stats()).toMatchObject({ uncleanEnds: 0, overLimitAccepts: 0 });
    expect(new Set(h.budget.ends)).toEqual(new Set(['confirmed']));
    expect(h.budget.highest).toBeLessThanOrEqual(3);
  });

  it('are replaced one after the other where only one is allowed', async () => {
    await setUp({
      cap: 1,
      connections: { maxCommandsPerConnection: 4 },
      registry: { accounts: [{ clientId: CLIENT_ID, password: PASSWORD, sessions: 1 }] },
    });
    for (let i = 0; i < 9; i++) expect((await check(`n${i}.com`)).status).toBe(200);
    expect(stats()).toMatchObject({ highestSessions: 1, overLimitAccepts: 0, refusals: 0 });
    expect(stats().logins).toBeGreaterThanOrEqual(4);
  });

  it('shrink: idle ones log out at once, transforms in flight are finished', async () => {
    await setUp({
      cap: 6,
      registry: { latencyMs: { commands: { 'domain:create': HELD, 'domain:check': 30 } } },
    });
    await Promise.all(Array.from({ length: 30 }, () => check()));
    await eventually(async () => (await pool()).states.idle === 6);
    const creates = [create('one.com'), create('two.com')];
    await eventually(() => h.held() === 2);
    h.budget.cap = 1;
    await eventually(() => h.budget.held === 2);
    expect(stats().logouts).toBe(4);
    h.release();
    for (const reply of await Promise.all(creates)) expect(reply).toMatchObject({ status: 200 });
    await eventually(() => h.budget.held === 1);
    expect((await check()).status).toBe(200);
    expect(new Set(h.budget.ends)).toEqual(new Set(['confirmed']));
    expect(stats().uncleanEnds).toBe(0);
  });

  it('shrink to nothing and grow again', async () => {
    await setUp({ cap: 3 });
    await Promise.all(Array.from({ length: 9 }, () => check()));
    h.budget.cap = 0;
    await eventually(() => h.budget.held === 0);
    expect(await isReady()).toBe(false);
    const waiting = check();
    h.budget.cap = 1;
    expect((await waiting).status).toBe(200);
    expect(stats().sessions).toBe(1);
  });

  it('are destroyed when their slot is revoked, and what was in flight is unknown', async () => {
    await setUp({ cap: 2, registry: { latencyMs: { commands: { 'domain:create': HELD } } } });
    const cut = create('revoked.com');
    await eventually(() => h.held() === 1);
    h.budget.revokeAll();
    expect(await cut).toMatchObject({ status: 502, body: { outcome: 'unknown', type: '/problems/budget' } });
    await eventually(() => h.budget.ends.includes('unconfirmed'));
    expect(stats().logouts).toBe(0);
    await eventually(isReady);
  });

  it('are not tried again at once when the registry has too many; the budget is told', async () => {
    await setUp({
      cap: 5,
      registry: {
        accounts: [{ clientId: CLIENT_ID, password: PASSWORD, sessions: 2 }],
        latencyMs: { commands: { 'domain:check': 50 } },
      },
    });
    const replies = await Promise.all(Array.from({ length: 12 }, () => check()));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(h.budget.limitHits).toContain(ACCOUNT);
    expect((await pool()).lastError).toMatchObject({ kind: 'limit', code: 2502 });
    expect(stats()).toMatchObject({ highestSessions: 2, overLimitAccepts: 0 });
  });

  it('that are closed without a word are taken for too many', async () => {
    await setUp({
      cap: 5,
      registry: {
        accounts: [{ clientId: CLIENT_ID, password: PASSWORD, sessions: 1 }],
        faults: { overLimit: 'close' },
        latencyMs: { commands: { 'domain:check': 50 } },
      },
    });
    await Promise.all(Array.from({ length: 4 }, () => check()));
    await eventually(() => h.budget.limitHits.length > 0);
    expect(stats().highestSessions).toBe(1);
  });

  it('are not opened while the budget pauses', async () => {
    await setUp({ cap: 5, registry: { latencyMs: { commands: { 'domain:check': 30 } } } });
    await eventually(async () => (await pool()).states.idle === 1);
    h.budget.pausedUntilMs = performance.now() + 60_000;
    await Promise.all(Array.from({ length: 6 }, () => check()));
    expect(stats().logins).toBeLessThanOrEqual(2);
    expect((await pool()).pausedForSeconds).toBeGreaterThan(50);
    h.budget.pausedUntilMs = undefined;
    h.budget.changed();
    await Promise.all(Array.from({ length: 6 }, () => check()));
    expect(stats().highestSessions).toBeGreaterThan(2);
  });

  it('of one account fail without a word to the others', async () => {
    await setUp({
      accounts: (account) => [
        account,
        { ...account, name: 'down', tlds: ['org'], endpoint: { host: '127.0.0.1', port: 1 } },
        { ...account, name: 'nowhere', tlds: ['info'], endpoint: { host: 'registry.invalid', port: 700 } },
      ],
      adapter: {
        resolve: async (host, port) =>
          host === 'registry.invalid'
            ? Promise.reject(new Error(`ENOTFOUND ${host}`))
            : { address: host, port },
      },
      file: { timeouts: { queue: '100ms' } },
    });
    expect((await check()).status).toBe(200);
    await eventually(async () => (await h.get('/readyz')).body.reasons.length === 2);
    const { reasons } = (await h.get('/readyz')).body;
    expect(reasons[0]).toMatch(/^down: .*ECONNREFUSED/);
    expect(reasons[1]).toMatch(/^nowhere: .*ENOTFOUND registry.invalid/);
    const reply = await h.post('/org/check', { names: ['a.org'] });
    expect(reply).toMatchObject({ status: 503, body: { type: '/problems/queue-expired' } });
    expect(reply.body.detail).toContain('ECONNREFUSED');
  });
});

describe('credentials', () => {
  const write = (password: string) => writeFile(join(h.folder, 'login/password'), password);

  it('that the registry refuses are tried once, and again only when the files change', async () => {
    await setUp({
      unready: true,
      registry: { accounts: [{ clientId: CLIENT_ID, password: 'other-password', sessions: 9 }] },
    });
    await eventually(async () => (await pool()).credentialsRefusedForSeconds !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(stats().loginFailures).toBe(1);
    const readiness = await h.get('/readyz');
    expect(readiness.body.reasons[0]).toMatch(/refuses our credentials.*2200/);
    const refused = await check();
    expect(refused).toMatchObject({ status: 503, body: { type: '/problems/account-unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('60');
    await write('other-password');
    await eventually(isReady);
    expect((await check()).status).toBe(200);
    expect(stats()).toMatchObject({ loginFailures: 1 });
  });

  it('are read again for each login: a rotation needs no restart', async () => {
    await setUp();
    await write('second-password');
    await h.registry.close();
    h.registry = await startRegistry({
      epp: { port: h.registry.eppPort },
      accounts: [{ clientId: CLIENT_ID, password: 'second-passwrd', sessions: 9 }],
    });
    await write('second-passwrd');
    await eventually(async () => stats().logins > 0);
    expect((await check()).status).toBe(200);
    expect(stats().loginFailures).toBe(0);
  });

  it('that are missing are named by their file', async () => {
    await setUp({ unready: true, account: { credentials: { dir: 'nothing-here' } } });
    await eventually(async () => (await pool()).lastError !== undefined);
    expect((await pool()).lastError.message).toMatch(
      /cannot read .*nothing-here\/username \(ENOENT\); cannot read .*nothing-here\/password \(ENOENT\)/,
    );
    expect(stats().logins).toBe(0);
  });
});
