import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/epp/tls-session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { CHECK, SOON } from '../epp/session-fixture.ts';
import { eventually } from '../support/eventually.ts';
import { acmeOf, optionsFor, simulate } from './fixture.ts';

const ask = (simulator: Simulator, path: string, body?: unknown) =>
  fetch(`http://127.0.0.1:${simulator.httpPort}${path}`, {
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });

describe('the HTTP port', () => {
  it('tells that it lives and is ready', async () => {
    const simulator = await simulate();
    expect((await ask(simulator, '/healthz')).status).toBe(200);
    expect((await ask(simulator, '/readyz')).status).toBe(200);
  });

  it('tells what was counted, as JSON and for Prometheus', async () => {
    const simulator = await simulate();
    const session = await openSession(optionsFor(simulator));
    await session.send(CHECK, SOON);
    const stats = await (await ask(simulator, '/stats')).json();
    expect(stats).toEqual(simulator.stats());
    expect(stats).toEqual({
      accounts: {
        acme: {
          limit: 2,
          sessions: 1,
          highestSessions: 1,
          logins: 1,
          refusals: 0,
          loginFailures: 0,
          locked: false,
          lockouts: 0,
          logouts: 0,
          uncleanEnds: 0,
          idleDrops: 0,
          overLimitAccepts: 0,
          commands: { 'domain:check': 1 },
        },
      },
      objects: { domains: 0, hosts: 0, contacts: 0 },
      faults: {},
      journal: { total: 0, forgotten: 0 },
    });
    for (let again = 0; again < 2; again++) {
      const metrics = await (await ask(simulator, '/metrics')).text();
      expect(metrics).toContain('eppset_simulator_sessions{account="acme"} 1');
      expect(metrics).toContain('eppset_simulator_over_limit_accepts_total{account="acme"} 0');
      expect(metrics).toContain('eppset_simulator_commands_total{account="acme",command="domain:check"} 1');
    }
  });

  it('forgets the highest count when asked', async () => {
    const simulator = await simulate();
    await (await openSession(optionsFor(simulator))).close(SOON);
    await eventually(() => acmeOf(simulator).sessions === 0);
    expect(acmeOf(simulator).highestSessions).toBe(1);
    await ask(simulator, '/reset-highest', {});
    expect(acmeOf(simulator).highestSessions).toBe(0);
  });

  it('changes limit and latency at run time, and leaves the rest', async () => {
    const simulator = await simulate({ latencyMs: { fixed: 0, commands: { poll: 1 } } });
    const session = await openSession(optionsFor(simulator));
    expect(
      (await ask(simulator, '/control', { latencyMs: { fixed: 300 }, limits: { acme: 1 } })).status,
    ).toBe(200);
    const atMs = performance.now();
    await session.send(CHECK, SOON);
    expect(performance.now() - atMs).toBeGreaterThan(298);
    await expect(openSession(optionsFor(simulator))).rejects.toMatchObject({ kind: 'limit', code: 2502 });
    const poll = performance.now();
    await session.send({ command: 'poll', body: { op: 'req' } }, SOON);
    expect(performance.now() - poll).toBeLessThan(250);
  });

  it('queues poll messages', async () => {
    const simulator = await simulate();
    const session = await openSession(optionsFor(simulator));
    await ask(simulator, '/control', { enqueue: { clientId: 'acme', messages: ['Low balance'] } });
    const polled = await session.send({ command: 'poll', body: { op: 'req' } }, SOON);
    expect(polled).toMatchObject({
      results: [{ code: 1301 }],
      messageQueue: { count: 1, message: 'Low balance' },
    });
    const ack = { op: 'ack', msgID: polled.messageQueue?.id };
    expect(await session.send({ command: 'poll', body: ack }, SOON)).toMatchObject({
      results: [{ code: 1000 }],
    });
  });

  it('cuts sessions when asked; they count no longer', async () => {
    const simulator = await simulate();
    const sessions = await Promise.all([
      openSession(optionsFor(simulator)),
      openSession(optionsFor(simulator)),
    ]);
    await ask(simulator, '/control', { kill: { clientId: 'acme', count: 1 } });
    const end = await Promise.race(sessions.map(({ ended }) => ended));
    expect(end).toMatchObject({ close: 'unconfirmed', error: { kind: 'closed' } });
    await eventually(() => acmeOf(simulator).sessions === 1);
    await ask(simulator, '/control', { kill: { clientId: 'acme' } });
    await Promise.all(sessions.map(({ ended }) => ended));
    await eventually(() => acmeOf(simulator).sessions === 0);
  });

  it('switches faults on and off, and counts them', async () => {
    const simulator = await simulate();
    const session = await openSession(optionsFor(simulator));
    const rule = { when: { command: 'domain:check' }, do: { kind: 'result', code: 2400 } };
    const check = async () => (await session.send(CHECK, SOON)).results[0]?.code;
    expect((await ask(simulator, '/control', { faults: { rules: [rule] } })).status).toBe(200);
    expect(await check()).toBe(2400);
    await ask(simulator, '/control', { faults: { rules: [] } });
    expect(await check()).toBe(1000);
    await ask(simulator, '/control', { faults: { random: { seed: 3, rate: 1, kinds: ['split'] } } });
    expect(await check()).toBe(1000);
    await ask(simulator, '/control', { faults: { random: null } });
    expect(await check()).toBe(1000);
    expect(simulator.stats().faults).toEqual({ result: 1, split: 1 });
    const metrics = await (await ask(simulator, '/metrics')).text();
    expect(metrics).toContain('eppset_simulator_faults_total{kind="split"} 1');
  });

  it('shows the transforms that were executed, by page and by name', async () => {
    const simulator = await simulate();
    const session = await openSession(optionsFor(simulator));
    const create = (name: string) => ({
      object: 'domain' as const,
      command: 'create',
      body: { name, authInfo: { pw: 'hidden-auth' } },
    });
    for (const name of ['a.com', 'b.com', 'A.com']) await session.send(create(name), SOON);
    await session.send(CHECK, SOON);
    const text = await (await ask(simulator, '/journal')).text();
    expect(text).not.toContain('hidden-auth');
    expect(JSON.parse(text)).toEqual(simulator.journal());
    expect(JSON.parse(text)).toMatchObject({
      total: 3,
      forgotten: 0,
      entries: [
        { seq: 1, clientId: 'acme', command: 'domain:create', name: 'a.com', code: 1000, replied: 'sent' },
        {
          seq: 2,
          clTRID: 'TEST-3',
          svTRID: expect.stringMatching(/^SIM-/),
          executedAtMs: expect.any(Number),
        },
        { seq: 3, name: 'a.com', code: 2302 },
      ],
    });
    const seqs = async (query: string) => {
      const page = (await (await ask(simulator, `/journal?${query}`)).json()) as {
        entries: { seq: number }[];
      };
      return page.entries.map(({ seq }) => seq);
    };
    expect(await seqs('name=A.COM')).toEqual([1, 3]);
    expect(await seqs('after=1&limit=1')).toEqual([2]);
    expect((await ask(simulator, '/journal?after=x')).status).toBe(400);
    expect((await ask(simulator, '/journal?nonsense=1')).status).toBe(400);
  });

  it('unlocks accounts, and gives the registry other work', async () => {
    const simulator = await simulate({ lockAfterFailures: 1 });
    const credentials = { clientId: 'acme', password: 'wrong-pw' };
    await expect(openSession(optionsFor(simulator, { credentials }))).rejects.toMatchObject({ code: 2200 });
    expect(await (await ask(simulator, '/metrics')).text()).toContain(
      'eppset_simulator_locked{account="acme"} 1',
    );
    const unlocked = await ask(simulator, '/control', { unlock: { clientId: 'acme' }, workMs: { fixed: 1 } });
    expect(await unlocked.json()).toMatchObject({ accounts: { acme: { locked: false, lockouts: 1 } } });
    await (await openSession(optionsFor(simulator))).close(SOON);
  });

  it.each([
    [{ latencyMs: { fixed: -1 } }, 400, 'latencyMs.fixed'],
    [{ faults: { rules: [{ do: { kind: 'explode' } }] } }, 400, 'faults.rules.0.do'],
    [{ faults: { rules: [{ do: { kind: 'split', sizes: [0] } }] } }, 400, 'faults.rules.0.do.sizes.0'],
    [{ workMs: { jitter: 1 } }, 400, 'workMs'],
    [{ unlock: { clientId: 'nobody' } }, 404, 'nobody'],
    [{ latencyMs: { commands: { 'Domain Check': 1 } } }, 400, 'latencyMs.commands'],
    [{ nonsense: 1 }, 400, 'nonsense'],
    [{ enqueue: { clientId: 'acme', messages: ['\u0000'] } }, 400, 'enqueue.messages.0'],
    [{ enqueue: { clientId: 'nobody', messages: ['x'] } }, 404, 'nobody'],
    [{ limits: { nobody: 1 } }, 404, 'there is no account \\"nobody\\"'],
    [{ limits: { acme: 1 }, kill: { clientId: 'nobody' } }, 404, 'nobody'],
  ])('refuses %j with %i, and changes nothing', async (change, status, told) => {
    const simulator = await simulate();
    const answer = await ask(simulator, '/control', change);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(told);
    expect(acmeOf(simulator).limit).toBe(2);
  });
});

describe('startSimulator', () => {
  const accounts = [{ clientId: 'acme', password: 's3cr3t-pw', sessions: 1 }];
  const deps = { clock: systemClock, log: silentLog };

  it.each([
    [{ accounts: [], tlds: ['com'] }, 'accounts'],
    [{ accounts: [...accounts, ...accounts], tlds: ['com'] }, 'clientId must be unique'],
    [{ accounts, tlds: ['.COM'] }, 'tlds'],
    [{ accounts, tlds: ['com'], idleTimeoutSeconds: 0 }, 'idleTimeoutSeconds'],
  ])('refuses %j', async (options, told) => {
    await expect(startSimulator(options, deps)).rejects.toThrow(told);
  });

  it('frees its EPP port when the HTTP port is taken', async () => {
    const first = await simulate();
    const taken = { epp: { port: 0 }, http: { port: first.httpPort }, accounts, tlds: ['com'] };
    await expect(startSimulator(taken, deps)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('makes certificates of its own for the names it is given', async () => {
    const simulator = await startSimulator(
      { epp: { port: 0 }, http: { port: 0 }, accounts, tlds: ['com'], tls: { names: ['epp.demo'] } },
      deps,
    );
    const options = optionsFor(simulator);
    options.endpoint.serverName = 'epp.demo';
    await (await openSession(options)).close(SOON);
    await simulator.close();
  });

  it('lets go of its clients and ports when it is closed', async () => {
    const simulator = await startSimulator(
      { epp: { port: 0 }, http: { port: 0 }, accounts, tlds: ['com'] },
      deps,
    );
    const session = await openSession(optionsFor(simulator));
    await simulator.close();
    expect(await session.ended).toMatchObject({ close: 'unconfirmed' });
    await expect(openSession(optionsFor(simulator))).rejects.toMatchObject({
      kind: 'connect',
      close: 'confirmed',
    });
  });
});
