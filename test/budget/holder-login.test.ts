import { describe, expect, it } from 'vitest';
import type { LoginResult } from '../../src/budget/connection-budget.ts';
import {
  type HolderLogin,
  hearLogin,
  loginReport,
  loginResult,
  NO_LOGIN,
  owesLoginReport,
  passwordOf,
  permissionOf,
} from '../../src/budget/holder-login.ts';
import type { LoginGrant } from '../../src/budget/protocol.ts';
import { timing } from '../../src/budget/timing.ts';
import { MINUTE } from './builders.ts';

const TIMING = timing();
type Told = [LoginGrant['permission'], LoginGrant['password'], turn?: number];

const grant = ([permission, password, turn = 1]: Told): LoginGrant => ({ permission, password, turn });
const hear = (login: HolderLogin, told: Told) => hearLogin(login, grant(told));
const having = (told: Told, ...results: LoginResult[]): HolderLogin =>
  results.reduce((login, result) => loginResult(login, result, 0), hear(NO_LOGIN, told));
const now = (login: HolderLogin, nowMs = 0) => `${permissionOf(login, TIMING, nowMs)} ${passwordOf(login)}`;

describe('what a process may do', () => {
  it('is nothing before it was told', () => {
    expect(now(NO_LOGIN)).toBe('none current');
    expect(now(loginResult(NO_LOGIN, 'proven', 0))).toBe('none current');
  });

  it.each<[Told, LoginResult[], string]>([
    [['All', 'Current'], [], 'all current'],
    [['All', 'Changed'], [], 'all changed'],
    [['Prove', 'Change'], [], 'prove change'],
    [['Prove', 'Changed'], [], 'prove changed'],
    [['Prove', 'Current'], [], 'prove current'],
    [['None', 'Current'], [], 'none current'],
    // Its own proof counts before the lease says so.
    [['Prove', 'Change'], ['proven'], 'all current'],
    [['Prove', 'Change'], ['changed'], 'all changed'],
    [['Prove', 'Changed'], ['proven'], 'all changed'],
    [['All', 'Current'], ['proven', 'proven'], 'all current'],
    [['None', 'Current'], ['proven'], 'none current'],
    // A refusal, or other credentials, use the permission up.
    [['Prove', 'Change'], ['refused'], 'none current'],
    [['All', 'Changed'], ['refused'], 'none changed'],
    [['All', 'Current'], ['proven', 'unproven'], 'none current'],
  ])('%j, then %j: %s', (told, results, expected) => {
    expect(now(having(told, ...results))).toBe(expected);
  });

  it('begins anew with a newer word, and not with the same one', () => {
    const refused = having(['Prove', 'Change'], 'refused');
    expect(now(hear(refused, ['Prove', 'Change']))).toBe('none current');
    expect(now(hear(refused, ['Prove', 'Changed', 2]))).toBe('prove changed');
    expect(now(hear(refused, ['All', 'Current', 3]))).toBe('all current');
  });

  it('is one try in the end where nobody says anything newer', () => {
    const refused = having(['All', 'Current'], 'refused');
    expect(now(refused, 30 * MINUTE - 1)).toBe('none current');
    expect(now(refused, 30 * MINUTE)).toBe('prove current');
    const unproven = having(['All', 'Current'], 'unproven');
    expect(now(unproven, 3 * MINUTE - 1)).toBe('none current');
    expect(now(unproven, 3 * MINUTE)).toBe('prove current');
    expect(now(having(['None', 'Current'], 'refused'), 60 * MINUTE)).toBe('none current');
  });
});

describe('what a process tells', () => {
  it('counts refusals and changes, and says under which turn they came', () => {
    const login = having(['Prove', 'Change', 7], 'refused', 'unproven', 'refused');
    expect(loginReport(login)).toEqual({
      version: 1,
      result: 'Refused',
      refusals: 2,
      heardTurn: 7,
      answeredTurn: 7,
    });
  });

  it('is nothing new while all is as it was', () => {
    const proven = having(['All', 'Current'], 'proven');
    expect(loginResult(proven, 'proven', MINUTE)).toBe(proven);
    expect(hear(proven, ['All', 'Current'])).toBe(proven);
    const changed = loginResult(
      hear(having(['Prove', 'Change'], 'changed'), ['All', 'Changed', 2]),
      'proven',
      0,
    );
    expect(changed.result).toBe('Changed');
  });

  it.each<[string, HolderLogin, boolean]>([
    ['a proof under everybody', having(['All', 'Current'], 'proven'), false],
    ['a proof that others wait for', having(['Prove', 'Change'], 'proven'), true],
    ['a refusal', having(['All', 'Current'], 'refused'), true],
    ['other credentials', having(['None', 'Current'], 'unproven'), true],
    ['a turn that was taken back', hear(having(['Prove', 'Change']), ['None', 'Current', 2]), true],
    ['a turn that came', having(['Prove', 'Change']), false],
    [
      'a fence after that',
      hearLogin(hear(having(['Prove', 'Change']), ['None', 'Current', 2]), undefined),
      false,
    ],
  ])('at once: %s: %s', (_, login, urgent) => {
    const told = loginReport(NO_LOGIN);
    expect(owesLoginReport(login, told)).toBe(urgent);
    expect(owesLoginReport(login, loginReport(login))).toBe(false);
  });
});
