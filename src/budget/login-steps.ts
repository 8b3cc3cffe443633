/** Rules of a ledger's pass about logins: what pods say of the credentials, and which of them is to try them. See `login-breaker.ts`. */

import type { Pass } from './ledger-pass.ts';
import { isRefused, loginWaitMs, otherPassword, plain, UNPROVEN } from './login-breaker.ts';
import {
  boundStatus,
  type LeaseView,
  type LedgerEntry,
  type LedgerLogin,
  type LoginReport,
} from './protocol.ts';

/** An incarnation that has connections, and what it says of its credentials. */
interface Voice {
  incarnation: string;
  entry: LedgerEntry;
  lease: LeaseView;
  said: LoginReport;
}

export function stepLogins(pass: Pass): void {
  const voices = voicesOf(pass);
  if (pass.spec.login === undefined && voices.length === 0) return;
  const login = { ...(pass.spec.login ?? UNPROVEN) };
  pass.spec.login = login;
  catchUp(pass, login);
  hearChanges(pass, login, voices);
  seeSecret(pass, login);
  hearRefusals(login, voices);
  hearProof(login, voices);
  takeBack(pass, login, voices);
  trustAgain(pass, login);
  nameProver(pass, login, voices);
}

/** What this pod has said already counts no more when its entry begins. */
export function credentialsSoFar(lease: LeaseView, account: string): Pick<LedgerEntry, 'credentials'> {
  const said = boundStatus(lease)?.accounts?.[account]?.login;
  if (said === undefined || (said.version === 0 && said.refusals === 0)) return {};
  const { version, refusals, result } = said;
  return { credentials: { version, refusals, ...(result === 'Refused' && { refused: 'Current' }) } };
}

function voicesOf({ spec, leases, account }: Pass): Voice[] {
  return Object.keys(spec.entries)
    .sort()
    .flatMap((incarnation): Voice[] => {
      const entry = spec.entries[incarnation]!;
      const lease = leases[entry.lease]?.view;
      if (entry.state !== 'Active' || lease === undefined) return [];
      const { state, fence, incarnation: bound } = lease.spec;
      if (state !== 'Bound' || fence !== entry.fence || bound !== incarnation) return [];
      const said = boundStatus(lease)?.accounts?.[account]?.login;
      return said === undefined ? [] : [{ incarnation, entry, lease, said }];
    });
}

const NOTHING_YET = { version: 0, refusals: 0 };

function note(entry: LedgerEntry, patch: Partial<NonNullable<LedgerEntry['credentials']>>): void {
  entry.credentials = { ...(entry.credentials ?? NOTHING_YET), ...patch };
}

function forget(entry: LedgerEntry, mark: 'stale' | 'refused'): void {
  if (entry.credentials === undefined) return;
  const { [mark]: _, ...left } = entry.credentials;
  entry.credentials = left;
}

/** A ledger that was lost or restored counts on from what pods have heard of, or they would take its word for an old one. */
function catchUp({ concerned, account }: Pass, login: LedgerLogin): void {
  const heard = concerned.flatMap(({ view }) => [
    view?.spec.logins?.[account]?.turn ?? 0,
    view?.status.accounts?.[account]?.login?.heardTurn ?? 0,
    view?.status.accounts?.[account]?.login?.answeredTurn ?? 0,
  ]);
  const last = Math.max(0, ...heard);
  if (last <= login.turn) return;
  login.turn = last + 1;
  if (login.prover !== undefined) login.prover = { ...login.prover, withdrawn: true };
}

/** A pod has read other credentials. The first to do so tries them; the others are stale until they have read them too. */
function hearChanges(pass: Pass, login: LedgerLogin, voices: readonly Voice[]): void {
  const changed = voices.filter(({ entry, said }) => said.version > (entry.credentials?.version ?? 0));
  if (changed.length === 0) return;
  const news = changed.filter(({ entry }) => entry.credentials?.stale === undefined);
  for (const { entry, said } of changed) {
    forget(entry, 'stale');
    forget(entry, 'refused');
    note(entry, { version: said.version });
  }
  login.turn += 1;
  if (news.length === 0) return;
  const readers = new Set(changed.map(({ incarnation }) => incarnation));
  for (const [incarnation, entry] of Object.entries(pass.spec.entries)) {
    if (entry.state === 'Active' && !readers.has(incarnation)) note(entry, { stale: true });
  }
  beginAnew(login);
  login.changes += 1;
  if (pass.registry.secret !== undefined) login.secret = pass.registry.secret;
}

function beginAnew(login: LedgerLogin): void {
  login.state = 'Unproven';
  login.refusals = 0;
  login.password = 'Change';
  login.turn += 1;
  if (login.prover !== undefined) login.prover = { ...login.prover, withdrawn: true };
}

/**
 * The Secret has changed and no pod has said so in the time that it takes a pod to read it: those that had read the old one are gone.
 * Whoever writes the Secret again and again wins no more attempts than the first wait after each.
 */
function seeSecret({ registry, record, nowMs, timing }: Pass, login: LedgerLogin): void {
  if (registry.secret === undefined || registry.secret === login.secret) return;
  const first = login.secret === undefined;
  const told = nowMs - record.loginChanges.sinceMs < timing.secretLagMs && login.changes > 0;
  if (!first && !told && nowMs - record.secret.sinceMs < timing.secretLagMs) return;
  login.secret = registry.secret;
  if (first || told) return;
  const { state } = login;
  beginAnew(login);
  if (state === 'Refused') Object.assign(login, { state, refusals: 1 });
}

function hearRefusals(login: LedgerLogin, voices: readonly Voice[]): void {
  for (const { incarnation, entry, said } of voices) {
    const { refusals = 0, stale } = entry.credentials ?? {};
    const more = said.refusals - refusals;
    if (more <= 0) continue;
    const refused = isRefused(login, entry);
    const { prover } = login;
    const tried = prover?.incarnation === incarnation && said.answeredTurn >= prover.turn;
    const password = plain(tried ? prover.password : login.password);
    note(entry, { refusals: said.refusals, ...(said.result === 'Refused' && { refused: password }) });
    login.turn += 1;
    if (tried) delete login.prover;
    // What others have proven stays proven when one tries again that was refused, or that has old credentials.
    if (login.state === 'Proven' && (tried || stale || refused)) continue;
    if (stale && !tried) continue;
    if (tried) login.password = otherPassword(prover.password);
    login.refusals = login.state === 'Proven' ? more : login.refusals + more;
    login.state = 'Refused';
  }
}

function hearProof(login: LedgerLogin, voices: readonly Voice[]): void {
  const { prover } = login;
  const voice = voices.find(({ incarnation }) => incarnation === prover?.incarnation);
  if (prover === undefined || voice === undefined || voice.said.answeredTurn < prover.turn) return;
  const { result } = voice.said;
  if (result !== 'Proven' && result !== 'Changed') return;
  // What was refused as the new password before it was set is right now.
  for (const { entry } of result === 'Changed' ? voices : [voice]) forget(entry, 'refused');
  forget(voice.entry, 'stale');
  const changed = result === 'Changed' || prover.password === 'Changed';
  Object.assign(login, { state: 'Proven', refusals: 0, password: changed ? 'Changed' : 'Current' });
  login.turn += 1;
  delete login.prover;
}

/** A prover that is over, or says nothing: another one's turn comes. Whether it changed the password nobody knows: the new one is tried first. */
function takeBack({ record, nowMs, timing }: Pass, login: LedgerLogin, voices: readonly Voice[]): void {
  const { prover } = login;
  if (prover === undefined) return;
  const voice = voices.find(({ incarnation }) => incarnation === prover.incarnation);
  const leaves = voice?.lease.status.phase !== 'Active' || voice.entry.target === 0;
  const silent = record.loginTurn.turn === login.turn && nowMs - record.loginTurn.sinceMs >= timing.proveMs;
  if (prover.withdrawn === undefined && (leaves || silent)) {
    login.turn += 1;
    login.prover = { ...prover, withdrawn: true };
    if (prover.password === 'Change') login.password = 'Changed';
  }
  const hasHeard =
    voice === undefined || voice.said.heardTurn > prover.turn || voice.said.answeredTurn >= prover.turn;
  // Whoever does not even hear is dead or cut off: it can try once more, and the others have waited long enough.
  if (login.prover?.withdrawn && (hasHeard || (prover.withdrawn && silent))) delete login.prover;
}

/** kubelet has brought the change to everybody by now: who has said nothing has read nothing else. */
function trustAgain({ spec, record, nowMs, timing }: Pass, login: LedgerLogin): void {
  const stale = Object.values(spec.entries).filter(({ credentials }) => credentials?.stale);
  const { changes, sinceMs } = record.loginChanges;
  if (stale.length === 0 || changes !== login.changes || nowMs - sinceMs < timing.secretLagMs) return;
  for (const entry of stale) forget(entry, 'stale');
  login.turn += 1;
}

function nameProver(pass: Pass, login: LedgerLogin, voices: readonly Voice[]): void {
  if (login.prover !== undefined) return;
  const able = voices.filter(
    ({ entry, lease }) =>
      entry.target > 0 && lease.status.phase === 'Active' && !lease.deleting && !entry.credentials?.stale,
  );
  const refused = ({ entry }: Voice) => isRefused(login, entry);
  const unrefused = able.filter((voice) => !refused(voice));
  const witnesses = unrefused.filter(({ said }) => said.result === 'Proven' || said.result === 'Changed');
  const first = (...groups: (readonly Voice[])[]) => groups.find(({ length }) => length > 0) ?? [];
  const group = login.state === 'Proven' ? able.filter(refused) : first(witnesses, unrefused, able);
  // A turn is given and taken: so the next one comes to another, and in the end to everybody.
  const next = group[Math.floor(login.turn / 2) % Math.max(1, group.length)];
  if (next === undefined || !isDue(pass, login, witnesses.length > 0)) return;
  login.turn += 1;
  login.prover = { incarnation: next.incarnation, turn: login.turn, password: login.password };
}

/** One refusal of many, beside somebody who has logged in with the same, is doubted at once. */
function isDue({ record, nowMs, timing }: Pass, login: LedgerLogin, hasWitness: boolean): boolean {
  const { state, refusals } = login;
  if (state === 'Unproven' || (state === 'Refused' && refusals === 1 && hasWitness)) return true;
  const waitMs = loginWaitMs(timing, state === 'Proven' ? 2 : refusals);
  const { turn, sinceMs } = record.loginTurn;
  return turn === login.turn && nowMs - sinceMs >= waitMs;
}
