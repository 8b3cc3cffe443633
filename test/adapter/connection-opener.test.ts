import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ConnectionOpener } from '../../src/adapter/connection-opener.ts';
import type { ConnectionEnd, PooledConnection } from '../../src/adapter/pooled-connection.ts';
import { EppError, type EppErrorKind, type EppSession, SessionOpenError } from '../../src/epp/session.ts';
import { silentLog } from '../../src/lib/log.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedBudget } from './scripted-budget.ts';
import { ScriptedSession } from './scripted-session.ts';
import { unlimitedRate } from './unlimited-rate.ts';

const failure = (kind: EppErrorKind, code?: number) =>
  new SessionOpenError(
    'confirmed',
    new EppError(`${kind} ${code}`, { kind, outcome: 'not-sent', ...(code === undefined ? {} : { code }) }),
  );

function setUp() {
  const clock = new ManualClock();
  const budget = new ScriptedBudget(10);
  const results: (EppSession | Error)[] = [];
  const events: string[] = [];
  const credentials = { username: 'acme', password: 'first' };
  let loggedIn = 0;
  let resolveFails = false;
  const opener = new ConnectionOpener({
    account: 'a',
    limits: { opensPerSecond: 100, maxAgeSeconds: 1_000, maxCommandsPerConnection: 0 },
    budget,
    rate: unlimitedRate(),
    resolve: async () => {
      if (resolveFails) throw new Error('ENOTFOUND registry.invalid');
      return { address: '127.0.0.1', port: 1 };
    },
    secrets: { credentials: async () => ({ ...credentials }), tls: async () => ({}) },
    depth: 1,
    open: async () => {
      const result = results.shift() ?? new ScriptedSession(clock.monotonicMs());
      if (result instanceof Error) throw result;
      return result;
    },
    events: {
      opened: () => events.push('opened'),
      openFailed: (kind) => events.push(`failed ${kind}`),
      lost: (kind) => events.push(`lost ${kind}`),
      loginRefused: (code) => events.push(`refused ${code}`),
    },
    clock,
    log: silentLog,
    random: () => 0,
  });
  const connections: PooledConnection[] = [];
  let again = 0;
  const attempt = async (count = 1) => {
    const opening = connections.filter(({ state }) => state === 'opening').length;
    opener.open(
      count,
      { opening, pausedUntilMs: undefined },
      {
        adopt: (connection) => connections.push(connection),
        listener: {
          onOpened: (connection) => {
            loggedIn++;
            opener.succeeded(connection);
          },
          onCommandEnd: () => {},
          onEnd: (connection, end: ConnectionEnd) => {
            if (end.opened) loggedIn--;
            opener.left(connection, end, loggedIn);
          },
          onGone: () => {},
        },
        again: () => again++,
      },
    );
    for (let i = 0; i < 3; i++) await nextTurn();
  };
  return {
    clock,
    budget,
    results,
    events,
    opener,
    credentials,
    connections,
    attempt,
    get again() {
      return again;
    },
    failResolve: () => {
      resolveFails = true;
    },
  };
}

describe('connection opener', () => {
  it('proves the credentials by one login, then opens many at once', async () => {
    const s = setUp();
    await s.attempt(5);
    expect(s.connections).toHaveLength(1);
    await s.attempt(4);
    expect(s.connections).toHaveLength(5);
    expect(s.events).toEqual(Array(5).fill('opened'));
  });

  it('takes no slot while the address is unknown', async () => {
    const s = setUp();
    s.failResolve();
    await s.attempt();
    expect([s.budget.highest, s.opener.preparing, s.again]).toEqual([0, 0, 1]);
    expect(s.opener.trouble).toMatchObject({
      kind: 'resolve',
      message: expect.stringContaining('ENOTFOUND'),
    });
    await s.attempt();
    expect(s.events).toEqual(['failed resolve']); // it backs off
    s.clock.advance(500);
    expect(s.again).toBe(2);
  });

  it('asks the budget no more than once a second where its figures and its word differ', async () => {
    const s = setUp();
    s.budget.phase = 'registering';
    await s.attempt();
    await s.attempt();
    expect([s.connections.length, s.events]).toEqual([0, []]);
    s.budget.phase = 'active';
    await s.attempt();
    expect(s.connections).toHaveLength(0);
    s.clock.advance(1_000);
    await s.attempt();
    expect(s.connections).toHaveLength(1);
  });

  it.each([
    ['login', 2200],
    ['login', 2201],
    ['login', 2501],
    ['login', undefined],
  ] as const)('%s %s: the credentials are refused; no attempt until they change', async (kind, code) => {
    const s = setUp();
    s.results.push(failure(kind, code));
    await s.attempt();
    expect(s.opener.refusedAtMs).toBe(s.clock.monotonicMs());
    expect(await s.opener.lookForNewCredentials()).toBe(false);
    s.clock.advance(200_000);
    await s.attempt();
    expect(s.connections).toHaveLength(1);
    s.credentials.password = 'second';
    expect(await s.opener.lookForNewCredentials()).toBe(true);
    await s.attempt();
    expect(s.connections).toHaveLength(2);
    expect([s.opener.refusedAtMs, s.budget.limitHits]).toEqual([undefined, []]);
  });

  it('tries refused credentials again after five minutes, once', async () => {
    const s = setUp();
    s.results.push(failure('login', 2200), failure('login', 2200));
    await s.attempt();
    s.clock.advance(300_000);
    await s.attempt(5);
    expect(s.connections).toHaveLength(2);
    await s.attempt(5);
    expect(s.connections).toHaveLength(2);
  });

  it.each([
    ['login', 2400],
    ['login', 2103],
    ['connect', undefined],
    ['greeting', undefined],
    ['timeout', undefined],
  ] as const)('%s %s: a failure of the moment, with a back-off', async (kind, code) => {
    const s = setUp();
    s.results.push(failure(kind, code));
    await s.attempt();
    expect([s.opener.refusedAtMs, s.budget.limitHits]).toEqual([undefined, []]);
    await s.attempt();
    expect(s.connections).toHaveLength(1);
    s.clock.advance(500);
    await s.attempt();
    expect(s.connections).toHaveLength(2);
  });

  it('tells the budget of 2502', async () => {
    const s = setUp();
    s.results.push(failure('limit', 2502));
    await s.attempt();
    expect(s.budget.limitHits).toEqual(['a']);
  });

  it('takes 2501 for a limit once, while others are logged in; then for what it says', async () => {
    const s = setUp();
    await s.attempt();
    s.results.push(failure('login', 2501), failure('login', 2501));
    await s.attempt();
    expect([s.budget.limitHits.length, s.opener.refusedAtMs]).toEqual([1, undefined]);
    s.clock.advance(60_000);
    await s.attempt();
    expect(s.budget.limitHits).toHaveLength(1);
    expect(s.opener.refusedAtMs).toBeDefined();
  });

  it('takes a close without a word for the limit, unless open connections end with it', async () => {
    const s = setUp();
    await s.attempt();
    s.results.push(failure('limit'));
    await s.attempt();
    expect(s.budget.limitHits).toEqual([]);
    s.clock.advance(250);
    expect(s.budget.limitHits).toEqual(['a']);

    s.clock.advance(60_000);
    const session = new ScriptedSession(s.clock.monotonicMs());
    s.results.push(session, failure('limit'));
    await s.attempt();
    await s.attempt();
    session.lose(new EppError('down', { kind: 'closed', outcome: 'not-sent' }));
    await nextTurn();
    s.clock.advance(10_000);
    expect(s.budget.limitHits).toEqual(['a']);
    expect(s.events).toContain('lost closed');
  });

  it('does not log in again and again where connections end right after their login', async () => {
    const s = setUp();
    const session = new ScriptedSession(s.clock.monotonicMs());
    s.results.push(session);
    await s.attempt();
    session.lose(new EppError('bye', { kind: 'closed', outcome: 'not-sent' }));
    await nextTurn();
    await s.attempt();
    expect(s.connections).toHaveLength(1);
    s.clock.advance(500);
    await s.attempt();
    expect(s.connections).toHaveLength(2);
  });

  it('lets one of many that are being prepared go on, where what they read has to be proven first', async () => {
    const s = setUp();
    await s.attempt();
    const tell = s.budget.loginResult.bind(s.budget);
    s.budget.loginResult = (account, result) => {
      tell(account, result);
      if (result === 'unproven') s.budget.logins = 'prove';
    };
    s.credentials.password = 'second';
    await s.attempt(3);
    expect([s.connections.length, s.budget.loginResults]).toEqual([2, ['proven', 'unproven', 'proven']]);
    expect([s.opener.preparing, s.budget.held]).toEqual([0, 2]);
  });

  it('takes no slot once it is stopped, whatever is being prepared', async () => {
    const s = setUp();
    const attempt = s.attempt();
    s.opener.stop();
    await attempt;
    await s.attempt();
    expect([s.connections.length, s.budget.highest, s.opener.preparing]).toEqual([0, 0, 0]);
  });
});
