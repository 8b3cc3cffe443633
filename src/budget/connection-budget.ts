/**
 * What an adapter's pools know of the connection budget. `holder.ts` (the protocol) and `local-budget.ts` (a fixed share) stand behind it.
 * Everything here is synchronous: a slot is counted before `connect()` is called.
 */

/** How a connection ended, as far as the registry's count is concerned. */
export type SlotEnd =
  | 'confirmed' // logout was answered, or connect or login refused, and the peer's FIN or RST was seen: free after a short linger
  | 'unconfirmed' // the registry may still count it: the slot stays taken for the quarantine time
  | 'never-connected'; // connect() was never called: free at once

/** One connection that may exist at the registry, from before `connect()` until it surely is gone. */
export interface Slot {
  readonly account: string;
  /** Asked synchronously right before connect(). */
  mayConnect(): boolean;
  /** Asked synchronously before every write. */
  mayWrite(): boolean;
  /** Aborted when the connection must be destroyed at once: the lease ran out, or it was fenced. */
  readonly revoked: AbortSignal;
  /** The login was answered. */
  opened(): void;
  /** A logout was sent. */
  closing(): void;
  /** Exactly once. */
  ended(how: SlotEnd): void;
}

export interface AccountUse {
  /** Connections at work on a command now. */
  inUse: number;
  /** Requests waiting for a connection now. */
  queued: number;
}

export interface AccountBudget {
  /** Connections that may exist now. */
  cap: number;
  /** Slots that count now: connecting, open, closing, lingering, unconfirmed. */
  occupied: number;
  /** No opens until then (monotonic ms): the registry refused one over its limit. */
  pausedUntilMs: number | undefined;
  /** Open slots that must be given back: idle first, busy ones after their command. */
  excess: number;
}

export type BudgetPhase = 'registering' | 'active' | 'draining' | 'released';

export interface ConnectionBudget {
  readonly phase: BudgetPhase;
  account(account: string): AccountBudget;
  /** Takes a slot, or undefined when the cap, the lease's time or a pause forbids it. Synchronous: count before connect. */
  acquire(account: string): Slot | undefined;
  /** Tells the present use; the budget makes demand of it. Cheap: call on every change. */
  report(account: string, use: AccountUse): void;
  /** The registry refused a session as over its limit (2502, or a close that looks like it). */
  limitHit(account: string): void;
  /** Called after every change of phase, cap, pause or excess. */
  onChange(listener: () => void): void;
  /** No new slots, demand 0. Resolves when every slot is free or the time is out, and the release was told. */
  drain(options: { timeoutMs: number }): Promise<void>;
  /** Why nothing may be opened right now, for people: one sentence, or undefined. */
  readonly trouble: string | undefined;
}
