import type { Written } from '../../../src/budget/allocator-events.ts';
import type {
  LeaseSpec,
  LeaseStatus,
  LeaseView,
  LedgerSpec,
  LedgerView,
} from '../../../src/budget/protocol.ts';
import type { World } from './world.ts';

export type Change =
  | { kind: 'lease'; name: string; before: LeaseView | undefined; after: LeaseView | undefined }
  | { kind: 'ledger'; name: string; before: LedgerView | undefined; after: LedgerView | undefined };

export interface Backup {
  leases: Map<string, LeaseView>;
  ledgers: Map<string, LedgerView>;
}

/** The Kubernetes API as far as the protocol needs it: objects with versions, compare-and-swap, finalizers. Linearizable. */
export class Store {
  readonly leases = new Map<string, LeaseView>();
  readonly ledgers = new Map<string, LedgerView>();
  /** Writes of leases and ledgers so far. */
  writes = 0;
  /** A ledger may be written at any version: what a store without compare-and-swap would do. */
  ledgerWithoutCas = false;
  /** A lease may be fenced at any version. */
  fenceWithoutCas = false;
  readonly #listeners = new Set<(change: Change) => void>();
  #version = 100;

  /** Called synchronously after every change. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  createLease(name: string, spec: LeaseSpec): Written<LeaseView> {
    if (this.leases.has(name)) return { result: 'exists' };
    return this.#putLease({ name, version: '', deleting: false, held: true, spec, status: {} });
  }

  writeLeaseSpec(name: string, version: string, spec: LeaseSpec): Written<LeaseView> {
    const any = this.fenceWithoutCas && spec.state === 'Fenced';
    const at = any ? (this.leases.get(name)?.version ?? version) : version;
    return this.#swapLease(name, at, (old) => ({ ...old, spec }));
  }

  writeLeaseStatus(name: string, version: string, status: LeaseStatus): Written<LeaseView> {
    return this.#swapLease(name, version, (old) => ({ ...old, status }));
  }

  letLeaseGo(name: string, version: string): Written<LeaseView> {
    return this.#swapLease(name, version, (old) => ({ ...old, held: false }));
  }

  /** As a user or the garbage collector deletes it. */
  deleteLease(name: string): void {
    const old = this.leases.get(name);
    if (old === undefined || old.deleting) return;
    this.#putLease({ ...old, deleting: true });
  }

  /** As an administrator does who takes the finalizer off by hand. */
  removeLeaseByForce(name: string): void {
    const before = this.leases.get(name);
    if (before === undefined) return;
    this.leases.delete(name);
    this.#tell({ kind: 'lease', name, before, after: undefined });
  }

  createLedger(account: string, spec: LedgerSpec): Written<LedgerView> {
    if (this.ledgers.has(account)) return { result: 'exists' };
    return this.#putLedger({ account, version: '', spec });
  }

  writeLedger(account: string, version: string, spec: LedgerSpec): Written<LedgerView> {
    const old = this.ledgers.get(account);
    if (old === undefined) return { result: 'missing' };
    if (old.version !== version && !this.ledgerWithoutCas) return { result: 'conflict' };
    return this.#putLedger({ account, version, spec });
  }

  deleteLedger(account: string): void {
    const before = this.ledgers.get(account);
    if (before === undefined) return;
    this.ledgers.delete(account);
    this.#tell({ kind: 'ledger', name: account, before, after: undefined });
  }

  /** A copy of everything, for `restore`. */
  backup(): Backup {
    return { leases: new Map(this.leases), ledgers: new Map(this.ledgers) };
  }

  /**
   * The objects as they were, versions included; new writes get versions that were never used (`etcdutl snapshot restore
   * --bump-revision`). Watchers are told nothing: their next list shows it.
   */
  restore(backup: Backup): void {
    this.leases.clear();
    this.ledgers.clear();
    for (const [name, lease] of backup.leases) this.leases.set(name, lease);
    for (const [name, ledger] of backup.ledgers) this.ledgers.set(name, ledger);
  }

  /** Spec and status of a lease are as they were; it is written like any other change. */
  restoreLease({ name, spec, status }: LeaseView): void {
    const now = this.leases.get(name);
    if (now !== undefined) this.#putLease({ ...now, spec, status });
  }

  #swapLease(name: string, version: string, change: (old: LeaseView) => LeaseView): Written<LeaseView> {
    const old = this.leases.get(name);
    if (old === undefined) return { result: 'missing' };
    if (old.version !== version) return { result: 'conflict' };
    return this.#putLease(change(old));
  }

  #putLease(lease: LeaseView): Written<LeaseView> {
    const view = structuredClone({ ...lease, version: String(++this.#version) });
    const before = this.leases.get(view.name);
    const gone = view.deleting && !view.held;
    if (gone) this.leases.delete(view.name);
    else this.leases.set(view.name, view);
    this.writes += 1;
    this.#tell({ kind: 'lease', name: view.name, before, after: gone ? undefined : view });
    return { result: 'ok', view };
  }

  #putLedger(ledger: LedgerView): Written<LedgerView> {
    const view = structuredClone({ ...ledger, version: String(++this.#version) });
    const before = this.ledgers.get(view.account);
    this.ledgers.set(view.account, view);
    this.writes += 1;
    this.#tell({ kind: 'ledger', name: view.account, before, after: view });
    return { result: 'ok', view };
  }

  #tell(change: Change): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

export interface LinkFaults {
  /** Nothing gets through, in either direction. */
  down: boolean;
  /** Share of replies that are lost after the store has done what was asked. */
  loseReply: number;
  /** Share of requests that arrive only long after the client has given up. */
  delayRequest: number;
  /** How much later a watch tells what happened, in milliseconds. */
  watchLagMs: number;
}

export const NO_FAULTS: LinkFaults = { down: false, loseReply: 0, delayRequest: 0, watchLagMs: 20 };

const REQUEST_TIMEOUT_MS = 5_000;

/** One client's way to the store. */
export class Link {
  readonly faults: LinkFaults = { ...NO_FAULTS };
  readonly #world: World;
  /** So that a watch never tells in another order than things happened. */
  #toldAtMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Carries out `work` at the store some time later; `done` hears the answer, or undefined when none came in time. */
  request<T>(work: () => T, done: (answer: T | undefined) => void): void {
    const world = this.#world;
    let open = true;
    const answer = (value: T | undefined) => {
      if (!open) return;
      open = false;
      done(value);
    };
    world.after(REQUEST_TIMEOUT_MS, () => answer(undefined));
    if (this.faults.down) return;
    const late = world.random() < this.faults.delayRequest;
    const lost = world.random() < this.faults.loseReply;
    world.after(late ? world.between(1_000, 60_000) : world.between(1, 20), () => {
      if (this.faults.down) return;
      const value = work();
      if (lost) return;
      world.after(world.between(1, 20), () => {
        if (!this.faults.down) answer(value);
      });
    });
  }

  /** Tells something that happened, in order; while the link is down it is kept for later, as a watch that starts again lists. */
  tell(hear: () => void): void {
    const world = this.#world;
    const { watchLagMs } = this.faults;
    this.#toldAtMs = Math.max(this.#toldAtMs, world.nowMs + world.between(1, watchLagMs));
    const attempt = () => {
      if (this.faults.down) world.after(500, attempt);
      else hear();
    };
    world.after(this.#toldAtMs - world.nowMs, attempt);
  }
}
