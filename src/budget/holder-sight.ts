import { isLower, lowerOf } from './command-share.ts';
import { type HolderDraft, setHeld } from './holder-draft.ts';
import { hearLogin } from './holder-login.ts';
import { capOf } from './holder-rules.ts';
import type { HolderState } from './holder-state.ts';
import { type LeaseSpec, type LeaseView, type Source, weigh } from './protocol.ts';
import { liveSlots } from './slot-book.ts';

/** What is heard of the lease, from whatever source: newer versions alone count. */
export function hear(draft: HolderDraft, view: LeaseView, source: Source): void {
  const { state } = draft;
  const askedAt = state.request?.doing === 'read' ? state.request.askedAt : undefined;
  const verdict = weigh(view.version, state.lease?.version, source, askedAt);
  if (verdict === 'ask') state.unsure = true;
  if (verdict !== 'take') return;
  const { spec, status } = view;
  state.lease = {
    version: view.version,
    ttlMs: spec.ttlSeconds * 1000,
    renewMs: spec.renewSeconds === undefined ? state.timing.renewMs : spec.renewSeconds * 1000,
    seq: Math.max(status.seq ?? 0, state.lease?.seq ?? 0),
  };
  if (state.incarnation === undefined) return;
  if (status.incarnation !== state.incarnation && state.told !== undefined) {
    // Perhaps it was bound meanwhile and forgot that too: an incarnation is never bound again.
    fenceSelf(draft, 'the connection lease does not know that we registered: was the store restored?');
    remember(draft, spec);
    return;
  }
  if (spec.incarnation === state.incarnation) takeGrants(draft, view);
  else if (state.fence !== undefined) fenceSelf(draft, 'the lease is bound to another process start');
}

/** Accepts only larger generations of our own incarnation and fence. */
function takeGrants(draft: HolderDraft, { spec }: LeaseView): void {
  const { state } = draft;
  const back = wentBack(state, spec);
  if (back !== undefined) {
    fenceSelf(draft, back);
    remember(draft, spec);
    return;
  }
  if (spec.state === 'Fenced') {
    fenceSelf(draft, 'the operator has fenced this process: it did not renew in time');
    return;
  }
  if (spec.state !== 'Bound') return;
  if (state.fence === undefined) {
    state.fence = spec.fence;
    if (state.phase === 'registering') state.phase = 'active';
  }
  for (const [account, held] of Object.entries(state.accounts)) {
    setHeld(draft, account, { login: hearLogin(held.login, spec.logins?.[account]) });
    const { gen, slots, millicommands = {} } = spec.grants[account] ?? { gen: 0, slots: 0 };
    if (gen <= held.gen) {
      // A generation that says otherwise than before: the store was restored. The smaller share is right either way.
      const least = lowerOf(held.millicommands, millicommands);
      if (gen === held.gen) setHeld(draft, account, { millicommands: least });
      continue;
    }
    const fewerCommands = capOf(state, held) > 0 && isLower(millicommands, held.millicommands);
    const lowered = slots < held.slots || fewerCommands;
    const loweredGen = lowered ? gen : held.loweredGen;
    const heardGen = Math.max(held.heardGen, gen);
    setHeld(draft, account, { gen, slots, millicommands, loweredGen, heardGen });
  }
}

/** What the store said before and does not say any more, in words: it was restored from a backup. */
function wentBack({ fence, accounts }: HolderState, spec: LeaseSpec): string | undefined {
  if (fence !== undefined && spec.fence !== fence) {
    return `the fence of the connection lease changed from ${fence} to ${spec.fence}: was the store restored?`;
  }
  for (const [account, held] of Object.entries(accounts)) {
    const { gen, slots } = spec.grants[account] ?? { gen: 0, slots: 0 };
    if (gen < held.gen || (gen === held.gen && slots !== held.slots)) {
      return `the grant for ${account} went back from generation ${held.gen}: was the store restored?`;
    }
  }
  return undefined;
}

/** The next incarnation's report shows more than the lease knows, so that the ledger learns before it gives anything away. */
function remember(draft: HolderDraft, spec: LeaseSpec): void {
  for (const [account, { heardGen }] of Object.entries(draft.state.accounts)) {
    const gen = spec.grants[account]?.gen ?? 0;
    setHeld(draft, account, { heardGen: Math.max(heardGen, gen + 1) });
  }
}

/**
 * This incarnation is over. Everything is destroyed; the ledger keeps its charge in quarantine under the old name, so the new incarnation
 * starts to count at nothing, and is granted nothing until it is bound.
 */
export function fenceSelf(draft: HolderDraft, reason: string): void {
  const { state } = draft;
  const live = Object.values(state.accounts).flatMap(({ book }) => liveSlots(book));
  if (live.length > 0) draft.effects.push({ type: 'revoke', slots: live });
  for (const account of Object.keys(state.accounts)) {
    const login = hearLogin(draft.state.accounts[account]!.login, undefined);
    setHeld(draft, account, {
      book: {},
      gen: 0,
      slots: 0,
      millicommands: {},
      loweredGen: 0,
      limitHits: 0,
      login,
    });
  }
  state.incarnation = undefined;
  state.fence = undefined;
  state.baseMs = undefined;
  state.told = undefined;
  if (state.phase === 'draining' || state.phase === 'released') {
    state.phase = 'released';
    return;
  }
  state.phase = 'registering';
  draft.effects.push({ type: 'new-incarnation', reason });
}
