import type { Found, Written } from './allocator-events.ts';
import type { AccountUse, JobReport, LoginResult, SlotEnd } from './connection-budget.ts';
import type { HolderState } from './holder-state.ts';
import type { LeaseStatus, LeaseView } from './protocol.ts';

export type HolderEvent = {
  nowMs: number;
} /** What a watch of our lease tells; undefined: there is none. It may be late. */ & (
  | { type: 'heard'; lease: LeaseView | undefined }
  | { type: 'put-done'; written: Written<LeaseView> }
  | { type: 'read-done'; found: Found<LeaseView> }
  /** The next incarnation, after `new-incarnation`. */
  | { type: 'incarnation'; id: string }
  | { type: 'tick' }
  /** Takes the slot if it may: see whether it is in the book afterwards. */
  | { type: 'acquire'; account: string; slot: string }
  /** connect() is called now, if it may: see whether the slot is `dialled` afterwards. */
  | { type: 'dial'; account: string; slot: string }
  | { type: 'opened' | 'closing'; account: string; slot: string }
  | { type: 'ended'; account: string; slot: string; how: SlotEnd }
  | { type: 'use'; account: string; use: AccountUse }
  | { type: 'limit-hit'; account: string }
  | { type: 'login-result'; account: string; result: LoginResult }
  /** Undefined: this process runs it no more. `at`: RFC 3339, by the clock on the wall. */
  | { type: 'job'; account: string; name: string; report: JobReport | undefined; at: string }
  /** SIGTERM: no new slots, demand 0. */
  | { type: 'drain' }
  /** Time to drain is out: what is still open is destroyed. */
  | { type: 'give-up' }
);

export type HolderEffect =
  /** Replace the status by compare-and-swap at this version; answered by `put-done`. */
  | { type: 'put'; version: string; status: LeaseStatus }
  /** Read the lease; answered by `read-done`. */
  | { type: 'read' }
  /** These connections must be destroyed at once. */
  | { type: 'revoke'; slots: string[] }
  /** A fence ended this incarnation. Answered by `incarnation`. */
  | { type: 'new-incarnation'; reason: string };

export interface HolderStep {
  state: HolderState;
  effects: HolderEffect[];
}
