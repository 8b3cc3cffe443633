/** What the operator makes of a set before it looks at its pods. */
export type Judgement =
  | { state: 'resolved' }
  /** Something is not known yet; it comes by itself. */
  | { state: 'waiting'; message: string }
  | { state: 'refused'; refusal: Refusal }
  | { state: 'paused' }
  | { state: 'draining'; message: string };

export type RefusalReason =
  | 'ApplyFailed'
  | 'CredentialsMissing'
  | 'InvalidSpec'
  | 'MinimumsExceedLimit'
  | 'NameTaken'
  | 'RegistryDeleting'
  | 'RegistryInvalid'
  | 'RegistryNotFound';

export interface Refusal {
  reason: RefusalReason;
  /** One sentence: what is wrong, where, and what to do. */
  message: string;
}

/** Refusals that nothing but a change of this very object ends: tools that wait for it may give up at once. */
export const STALLED: ReadonlySet<RefusalReason> = new Set(['InvalidSpec', 'NameTaken']);
