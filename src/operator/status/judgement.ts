/** What the operator makes of a set or a gateway before it looks at its pods. */
export type Judgement<Reason extends string> =
  | { state: 'resolved' }
  /** Something is not known yet; it comes by itself. */
  | { state: 'waiting'; message: string }
  | { state: 'refused'; refusal: Refusal<Reason> }
  | { state: 'paused' }
  | { state: 'draining'; message: string };

export interface Refusal<Reason extends string> {
  reason: Reason;
  /** One sentence: what is wrong, where, and what to do. */
  message: string;
}

/** Reasons of refusals that nothing but a change of this very object ends: tools that wait for it may give up at once. */
export const STALLED: ReadonlySet<string> = new Set(['InvalidSpec', 'NameTaken']);
