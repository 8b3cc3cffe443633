import type {
  LeaseSpec,
  LeaseView,
  LedgerSpec,
  LedgerView,
  Note,
  PodFact,
  RegistryFact,
  SetFact,
} from './protocol.ts';

/** What came back of a write. */
export type Written<T> =
  | { result: 'ok'; view: T }
  /** The version was not the one that the store has. */
  | { result: 'conflict' }
  /** There is no such object. */
  | { result: 'missing' }
  /** Create: there is one already. */
  | { result: 'exists' }
  /** No answer: it may have happened, or may happen yet. */
  | { result: 'unknown' }
  /** The store said no; nothing happened. */
  | { result: 'refused' };

/** What came back of a read: the object, nothing, or no answer. */
export type Found<T> = { result: 'ok'; view: T } | { result: 'missing' } | { result: 'unknown' };

/** Facts and objects that were seen, in whatever order a watch brings them. */
export interface Observation {
  registries?: readonly RegistryFact[];
  sets?: readonly SetFact[];
  pods?: readonly PodFact[];
  leases?: readonly LeaseView[];
  ledgers?: readonly LedgerView[];
}

export type Vanished = Partial<
  Record<'registries' | 'sets' | 'pods' | 'leases' | 'ledgers', readonly string[]>
>;

/** `nowMs` is time on the allocator's own clock, which never goes back. */
export type AllocatorEvent = { nowMs: number } & (
  | ({ type: 'observed' } & Observation)
  /** Names (of pods: UIDs) of what is deleted. */
  | ({ type: 'vanished' } & Vanished)
  /** All registries, sets, pods and ledgers that there are have been observed. */
  | { type: 'listed' }
  /** The answer to `list-leases`: all leases, as the store had them at some time after it was asked. */
  | { type: 'leases-listed'; leases: readonly LeaseView[] }
  | { type: 'tick' }
  | { type: 'lease-written'; lease: string; written: Written<LeaseView> }
  | { type: 'ledger-written'; account: string; written: Written<LedgerView> }
  | { type: 'lease-read'; lease: string; found: Found<LeaseView> }
  | { type: 'ledger-read'; account: string; found: Found<LedgerView> }
  | { type: 'stopped' }
);

export type AllocatorEffect =
  | { type: 'list-leases' }
  | { type: 'read-lease'; lease: string }
  | { type: 'read-ledger'; account: string }
  | { type: 'create-lease'; pod: PodFact; spec: LeaseSpec }
  /** Compare-and-swap of the spec at exactly this version. */
  | { type: 'write-lease'; lease: string; version: string; spec: LeaseSpec }
  /** Takes our finalizer off, by compare-and-swap at exactly this version. */
  | { type: 'let-lease-go'; lease: string; version: string }
  | { type: 'create-ledger'; account: string; spec: LedgerSpec }
  | { type: 'write-ledger'; account: string; version: string; spec: LedgerSpec }
  | { type: 'note'; note: Note }
  /** Something that must never be, in words. */
  | { type: 'alarm'; message: string }
  /** Another leader is at work. */
  | { type: 'step-down'; reason: string };
