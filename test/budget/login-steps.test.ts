import { describe, expect, it } from 'vitest';
import type { AccountRecord } from '../../src/budget/allocator-state.ts';
import { publish } from '../../src/budget/lease-steps.ts';
import { passLedger } from '../../src/budget/ledger-pass.ts';
import { isLoginNews, loginGrant, loginWaitMs, UNPROVEN } from '../../src/budget/login-breaker.ts';
import type {
  LeaseView,
  LedgerEntry,
  LedgerLogin,
  LedgerSpec,
  LoginGrant,
  LoginReport,
} from '../../src/budget/protocol.ts';
import { timing } from '../../src/budget/timing.ts';
import { entry, lease, leaseRecord, ledger, MINUTE, passInput, registry, set } from './builders.ts';

const NOW = 100 * MINUTE;

const said = (patch: Partial<LoginReport> = {}): LoginReport => ({
  version: 0,
  result: 'Unproven',
  refusals: 0,
  heardTurn: 0,
  answeredTurn: 0,
  ...patch,
});

interface Pod {
  said?: Partial<LoginReport>;
  credentials?: LedgerEntry['credentials'];
  entry?: Partial<LedgerEntry>;
  lease?: Parameters<typeof lease>[0];
}

/** One pass over a ledger with these pods, each with one connection. A turn was first seen `sinceMs` ago. */
function pass(
  login: Partial<LedgerLogin> | undefined,
  pods: Record<string, Pod>,
  {
    sinceMs = 0,
    secret,
    record = {},
  }: { sinceMs?: number; secret?: string; record?: Partial<AccountRecord> } = {},
): LedgerSpec {
  const leases = Object.entries(pods).map(([name, pod]) => {
    const report = { cap: 1, open: 1, demand: 1, login: said(pod.said) };
    return leaseRecord(lease({ name, grant: [1, 1], report, ...pod.lease }), { reportedAtMs: NOW });
  });
  const entries = Object.entries(pods).map(([name, pod]): [string, LedgerEntry] => [
    `${name}-1`,
    entry({
      lease: name,
      target: 1,
      charge: 1,
      ...(pod.credentials !== undefined && { credentials: pod.credentials }),
      ...pod.entry,
    }),
  ]);
  const spec = ledger(
    Object.fromEntries(entries),
    login === undefined ? {} : { login: { ...UNPROVEN, ...login } },
  );
  const fact = registry(secret === undefined ? {} : { secret });
  const input = passInput(leases, {
    nowMs: NOW,
    registry: fact,
    sets: { core: set('core', { min: 0 }) },
    record: {
      loginTurn: { turn: login?.turn ?? 0, sinceMs: NOW - sinceMs },
      loginChanges: { changes: login?.changes ?? 0, sinceMs: 0 },
      ...record,
    },
  });
  const result = passLedger(spec, input);
  expect(result.broken).toBeUndefined();
  return result.spec;
}

const prover = (
  incarnation: string,
  turn: number,
  patch: Partial<NonNullable<LedgerLogin['prover']>> = {},
) => ({
  prover: { incarnation, turn, password: 'Change' as const, ...patch },
});
const REFUSED = { version: 0, refusals: 1, refused: 'Current' as const };
const proven = { result: 'Proven', answeredTurn: 3, heardTurn: 3 } as const;

describe('who tries an account that nobody has logged in to', () => {
  it('is one pod, and with it the account begins', () => {
    const { login } = pass(undefined, { a: {}, b: {} });
    expect(login).toMatchObject({ state: 'Unproven', turn: 1, prover: { incarnation: 'a-1', turn: 1 } });
  });

  it.each<[string, Pod]>([
    ['leaves', { lease: { status: { phase: 'Draining', incarnation: 'a-1', accounts: {} } } }],
    ['has yet to read what others have read', { credentials: { version: 0, refusals: 0, stale: true } }],
    ['was refused', { credentials: REFUSED, said: { refusals: 1, result: 'Refused' } }],
  ])('is not a pod that %s, if there is another', (_, pod) => {
    expect(
      pass({ changes: 1 }, { a: pod, b: {} }, { record: { loginChanges: { changes: 1, sinceMs: NOW } } })
        .login,
    ) //
      .toMatchObject(prover('b-1', 1));
  });

  it('is nobody where there is nobody', () => {
    const spec = ledger();
    expect(passLedger(spec, passInput([], { sets: {} })).spec).toBe(spec);
  });
});

describe('a prover', () => {
  it.each<[LoginReport['result'], 'Change' | 'Changed', string]>([
    ['Proven', 'Change', 'Current'],
    ['Changed', 'Change', 'Changed'],
    ['Proven', 'Changed', 'Changed'],
  ])('that says %s after %s: all log in with %s', (result, tried, password) => {
    const { login } = pass(
      { turn: 3, refusals: 2, state: 'Refused', ...prover('a-1', 3, { password: tried }) },
      { a: { said: { result, answeredTurn: 3, heardTurn: 3 } }, b: {} },
    );
    expect(login).toEqual({ ...UNPROVEN, state: 'Proven', turn: 4, password });
  });

  it('that was refused gives way, and the other password is tried next', () => {
    const { login, entries } = pass(
      { turn: 3, ...prover('a-1', 3) },
      { a: { said: { result: 'Refused', refusals: 1, answeredTurn: 3, heardTurn: 3 } }, b: {} },
    );
    expect(login).toEqual({ ...UNPROVEN, state: 'Refused', refusals: 1, turn: 4, password: 'Changed' });
    expect(entries['a-1']?.credentials).toEqual(REFUSED);
  });

  it.each([
    { sinceMs: MINUTE - 1, withdrawn: undefined, turn: 3, password: 'Change' },
    // It may have set the new one: that is tried first.
    { sinceMs: MINUTE, withdrawn: true, turn: 4, password: 'Changed' },
  ])('that is silent for $sinceMs ms: withdrawn $withdrawn', ({ sinceMs, withdrawn, turn, password }) => {
    const { login } = pass(
      { turn: 3, ...prover('a-1', 3) },
      { a: { said: { heardTurn: 3 } }, b: {} },
      { sinceMs },
    );
    expect(login).toMatchObject({ turn, password });
    expect(login?.prover?.withdrawn).toBe(withdrawn);
  });

  it.each<[string, Partial<LoginReport>, number, string | undefined]>([
    ['it has not heard', { heardTurn: 3 }, 0, 'a-1'],
    ['it has heard', { heardTurn: 4 }, 0, 'b-1'],
    ['it cannot hear', { heardTurn: 3 }, MINUTE, 'b-1'],
    ['it has answered', { heardTurn: 3, answeredTurn: 3 }, 0, 'b-1'],
  ])('that was withdrawn is followed by another once %s', (_, report, sinceMs, next) => {
    const { login } = pass(
      { turn: 4, ...prover('a-1', 3, { withdrawn: true }) },
      { a: { said: report, credentials: { version: 0, refusals: 0, refused: 'Current' } }, b: {} },
      { sinceMs },
    );
    expect(login?.prover?.incarnation).toBe(next);
  });

  it('that is over is followed at once', () => {
    const gone = { lease: { spec: { state: 'Fenced' as const } } };
    const { login } = pass({ turn: 3, ...prover('a-1', 3) }, { a: gone, b: {} });
    expect(login).toMatchObject({ password: 'Changed', prover: { incarnation: 'b-1', password: 'Changed' } });
  });

  it('does not count by what it said before its turn', () => {
    const { login } = pass(
      { turn: 3, ...prover('a-1', 3) },
      { a: { said: { result: 'Proven', answeredTurn: 2, heardTurn: 3 } } },
    );
    expect(login).toMatchObject({ state: 'Unproven', turn: 3 });
  });
});

describe('after refusals', () => {
  it('waits 1, 4, 16, 30 and 30 minutes', () => {
    expect([0, 1, 2, 3, 4, 5, 99].map((n) => loginWaitMs(timing(), n) / MINUTE)).toEqual([
      0, 1, 4, 16, 30, 30, 30,
    ]);
  });

  it.each([
    [1, MINUTE - 1, undefined],
    [1, MINUTE, 'b-1'],
    [2, 4 * MINUTE - 1, undefined],
    [2, 4 * MINUTE, 'b-1'],
  ])('the next try after %i refusals and %i ms is of %s, who was not refused', (refusals, sinceMs, next) => {
    const { login } = pass(
      { state: 'Refused', refusals, turn: 9 },
      { a: { credentials: { ...REFUSED, refusals }, said: { refusals } }, b: {} },
      { sinceMs },
    );
    expect(login?.prover?.incarnation).toBe(next);
  });

  it('goes from pod to pod where all were refused', () => {
    const pods = {
      a: { credentials: REFUSED, said: { refusals: 1 } },
      b: { credentials: REFUSED, said: { refusals: 1 } },
    };
    const next = (turn: number) =>
      pass({ state: 'Refused', refusals: 2, turn, password: 'Change' }, pods, { sinceMs: 60 * MINUTE }).login
        ?.prover?.incarnation;
    expect([next(4), next(6), next(8)]).toEqual(['a-1', 'b-1', 'a-1']);
  });

  it('doubts the first refusal beside a witness at once', () => {
    const { login, entries } = pass(
      { state: 'Proven', turn: 3, password: 'Current' },
      { a: { said: { result: 'Refused', refusals: 1, heardTurn: 3, answeredTurn: 3 } }, b: { said: proven } },
    );
    expect(login).toMatchObject({
      state: 'Refused',
      refusals: 1,
      prover: { incarnation: 'b-1', password: 'Current' },
    });
    expect(entries['a-1']?.credentials).toEqual(REFUSED);
  });

  it('lets one that was refused beside others try again alone, and they go on', () => {
    const login = { state: 'Proven', turn: 5, password: 'Current' } as const;
    const pods = { a: { credentials: REFUSED, said: { refusals: 1 } }, b: { said: proven } };
    expect(pass(login, pods, { sinceMs: 4 * MINUTE - 1 }).login?.prover).toBeUndefined();
    expect(pass(login, pods, { sinceMs: 4 * MINUTE }).login).toMatchObject({
      state: 'Proven',
      prover: { incarnation: 'a-1', password: 'Current' },
    });
    const refusedAgain = pass(
      { ...login, turn: 6, ...prover('a-1', 6, { password: 'Current' }) },
      { ...pods, a: { credentials: REFUSED, said: { refusals: 2, result: 'Refused', answeredTurn: 6 } } },
    );
    expect(refusedAgain.login).toEqual({ ...UNPROVEN, state: 'Proven', turn: 7, password: 'Current' });
  });
});

describe('other credentials', () => {
  const change = { said: { version: 1, answeredTurn: 3, heardTurn: 3 } };

  it('are tried by the first who has read them; whoever has not is stale', () => {
    const { login, entries } = pass(
      { state: 'Refused', refusals: 4, turn: 3, password: 'Changed' },
      { a: { said: proven }, b: change },
    );
    expect(login).toMatchObject({
      state: 'Unproven',
      refusals: 0,
      changes: 1,
      prover: { incarnation: 'b-1', password: 'Change' },
    });
    expect(entries['a-1']?.credentials?.stale).toBe(true);
    expect(entries['b-1']?.credentials).toEqual({ version: 1, refusals: 0 });
  });

  it('are no news from a pod that is late', () => {
    const stale = { version: 0, refusals: 0, stale: true as const };
    const { login, entries } = pass(
      { state: 'Proven', turn: 5, changes: 1, password: 'Current' },
      {
        a: { said: proven },
        b: { ...change, credentials: stale },
      },
    );
    expect(login).toMatchObject({ state: 'Proven', changes: 1, turn: 6 });
    expect(entries['b-1']?.credentials).toEqual({ version: 1, refusals: 0 });
  });

  it('are read by everybody after three minutes', () => {
    const pods = { a: { said: proven, credentials: { version: 0, refusals: 0, stale: true as const } } };
    const login = { state: 'Proven', turn: 5, changes: 1, password: 'Current' } as const;
    const at = (sinceMs: number) =>
      pass(login, pods, { record: { loginChanges: { changes: 1, sinceMs: NOW - sinceMs } } }).entries['a-1']
        ?.credentials;
    expect(at(3 * MINUTE - 1)?.stale).toBe(true);
    expect(at(3 * MINUTE)?.stale).toBeUndefined();
  });

  it('of a stale pod that is refused say nothing of the new ones', () => {
    const { login } = pass(
      { state: 'Proven', turn: 5, changes: 1, password: 'Current' },
      {
        a: {
          said: { result: 'Refused', refusals: 1 },
          credentials: { version: 0, refusals: 0, stale: true },
        },
        b: { said: proven },
      },
      { record: { loginChanges: { changes: 1, sinceMs: NOW } } },
    );
    expect(login).toMatchObject({ state: 'Proven', refusals: 0 });
  });

  it.each([
    ['was never seen before', undefined, 0, 'Proven', 0],
    ['is the same', 'v2', 10 * MINUTE, 'Proven', 0],
    ['is another, and pods may tell yet', 'v1', 3 * MINUTE - 1, 'Proven', 0],
    ['is another, and no pod told', 'v1', 3 * MINUTE, 'Unproven', 0],
  ])('in a Secret whose version %s', (_, known, sinceMs, state, refusals) => {
    const { login } = pass(
      { state: 'Proven', turn: 3, password: 'Current', ...(known !== undefined && { secret: known }) },
      { a: { said: proven } },
      { secret: 'v2', record: { secret: { version: 'v2', sinceMs: NOW - sinceMs } } },
    );
    expect(login).toMatchObject({ state, refusals });
    expect(login?.secret).toBe(sinceMs === 3 * MINUTE - 1 ? 'v1' : 'v2');
  });

  it('in a Secret that is written again and again win no more than the first wait', () => {
    const { login } = pass(
      { state: 'Refused', turn: 3, refusals: 3, secret: 'v1' },
      { a: {} },
      { secret: 'v2', record: { secret: { version: 'v2', sinceMs: NOW - 3 * MINUTE } } },
    );
    expect(login).toMatchObject({ state: 'Refused', refusals: 1, password: 'Change' });
    expect(login?.prover).toBeUndefined();
  });
});

describe('a ledger that was lost or restored', () => {
  it('counts on from what pods have heard of', () => {
    const { login } = pass(
      { state: 'Proven', turn: 3, password: 'Current', ...prover('b-1', 2) },
      { a: { said: { heardTurn: 9, answeredTurn: 8 } }, b: {} },
    );
    expect(login?.turn).toBeGreaterThan(9);
    expect(login?.prover?.withdrawn).toBe(true);
  });
});

describe('what is published', () => {
  const entryOf = (credentials?: LedgerEntry['credentials']) =>
    entry(credentials === undefined ? {} : { credentials });
  const LOGIN: LedgerLogin = { ...UNPROVEN, state: 'Proven', turn: 7, password: 'Changed' };

  it.each<[string, LedgerLogin, LedgerEntry, string]>([
    ['to the prover', { ...LOGIN, ...prover('a-1', 6) }, entryOf(), 'Prove Change 6'],
    [
      'to one that was withdrawn',
      { ...LOGIN, state: 'Refused', ...prover('a-1', 6, { withdrawn: true }) },
      entryOf(),
      'None Changed 7',
    ],
    [
      'to another while one proves',
      { ...LOGIN, state: 'Unproven', ...prover('b-1', 6) },
      entryOf(),
      'None Changed 7',
    ],
    ['to all', LOGIN, entryOf(), 'All Changed 7'],
    ['to the stale', LOGIN, entryOf({ version: 0, refusals: 0, stale: true }), 'None Changed 7'],
    ['to the refused', LOGIN, entryOf({ version: 0, refusals: 1, refused: 'Changed' }), 'None Changed 7'],
    ['to one that was refused another password', LOGIN, entryOf(REFUSED), 'All Changed 7'],
    [
      'of a change that waits',
      { ...LOGIN, state: 'Refused', password: 'Change' },
      entryOf(),
      'None Current 7',
    ],
  ])('%s', (_, login, of, expected) => {
    const { permission, password, turn } = loginGrant(login, 'a-1', of);
    expect(`${permission} ${password} ${turn}`).toBe(expected);
  });

  const grant = (permission: LoginGrant['permission'], turn: number): LoginGrant => ({
    permission,
    turn,
    password: 'Current',
  });
  it.each<[LoginGrant, LoginGrant | undefined, Partial<LoginReport>, boolean]>([
    [grant('All', 7), undefined, {}, true],
    [grant('All', 7), grant('None', 5), {}, true],
    [{ ...grant('All', 7), password: 'Changed' }, grant('All', 5), {}, true],
    // Turns of others are nobody's news…
    [grant('All', 7), grant('All', 5), { result: 'Proven', answeredTurn: 5 }, false],
    [grant('None', 7), grant('None', 5), { result: 'Refused', answeredTurn: 5 }, false],
    [grant('Prove', 7), grant('Prove', 5), {}, true],
    // …unless it waits for a newer one.
    [grant('All', 7), grant('All', 5), { result: 'Unproven', answeredTurn: 5 }, true],
    [grant('All', 7), grant('All', 5), { result: 'Refused', answeredTurn: 5 }, true],
    [grant('All', 5), grant('All', 5), { result: 'Refused', answeredTurn: 5 }, false],
  ])('%j after %j, heard %j: %s', (next, told, report, news) => {
    expect(isLoginNews(next, told, said(report))).toBe(news);
  });

  it('goes into the lease with the grant, or alone', () => {
    const record = (view: LeaseView) => leaseRecord(view);
    const account = {
      claimed: true,
      ledger: {
        account: 'reg',
        version: '1',
        spec: ledger({ 'a-1': entry({ target: 1, charge: 1 }) }, { login: LOGIN }),
      },
    } as AccountRecord;
    const spec = publish(record(lease({ grant: [1, 1] })), { reg: account });
    expect(spec?.logins).toEqual({ reg: { turn: 7, permission: 'All', password: 'Changed' } });
    expect(spec?.grants).toEqual({ reg: { slots: 1, gen: 1 } });
    expect(publish(record(lease({ grant: [1, 1], spec: spec! })), { reg: account })).toBeUndefined();
  });
});
