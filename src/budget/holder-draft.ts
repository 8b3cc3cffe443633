import type { HolderEffect } from './holder-events.ts';
import type { HolderAccount, HolderState } from './holder-state.ts';
import type { SlotBook } from './slot-book.ts';

/** What one call of `reduce` changes: a copy of the state, two levels deep. Records of accounts are replaced, never changed. */
export interface HolderDraft {
  state: HolderState & { accounts: Record<string, HolderAccount> };
  effects: HolderEffect[];
  nowMs: number;
}

export function draftOf(state: HolderState, nowMs: number): HolderDraft {
  return { state: { ...state, accounts: { ...state.accounts } }, effects: [], nowMs };
}

export function setHeld(draft: HolderDraft, account: string, patch: Partial<HolderAccount>): void {
  draft.state.accounts[account] = { ...draft.state.accounts[account]!, ...patch };
}

export const setBook = (draft: HolderDraft, account: string, book: SlotBook): void =>
  setHeld(draft, account, { book });
