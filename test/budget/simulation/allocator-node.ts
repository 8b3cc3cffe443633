import type {
  AllocatorEffect,
  AllocatorEvent,
  Found,
  Written,
} from '../../../src/budget/allocator-events.ts';
import type { AllocatorState } from '../../../src/budget/allocator-state.ts';
import type {
  LeaseView,
  LedgerView,
  Note,
  PodFact,
  RegistryFact,
  SetFact,
} from '../../../src/budget/protocol.ts';
import type { Timing } from '../../../src/budget/timing.ts';
import { MachineClock } from './machine-clock.ts';
import type { Parts } from './parts.ts';
import { type Change, Link, type Store } from './store.ts';
import type { World } from './world.ts';

export interface Facts {
  registries: Map<string, RegistryFact>;
  sets: Map<string, SetFact>;
  pods: Map<string, PodFact>;
}

type Unstamped<E> = E extends unknown ? Omit<E, 'nowMs'> : never;
type Event = Unstamped<AllocatorEvent>;

/** An operator process that believes to lead. */
export class AllocatorNode {
  readonly link: Link;
  readonly notes: Note[] = [];
  readonly alarms: string[] = [];
  state: AllocatorState;
  alive = true;
  paused = false;
  /** Why it stepped down. */
  deposed: string | undefined;
  /** Crashes just before its so-and-so-many-th write; Infinity: never. */
  writesLeft = Number.POSITIVE_INFINITY;
  readonly #world: World;
  readonly #store: Store;
  readonly #facts: Facts;
  readonly #parts: Parts;
  readonly clock: MachineClock;
  readonly #stopWatching: () => void;
  #pending: (() => void)[] = [];

  constructor(world: World, store: Store, facts: Facts, parts: Parts, timing: Timing, rate = 1) {
    this.#world = world;
    this.#store = store;
    this.#facts = facts;
    this.#parts = parts;
    this.link = new Link(world);
    this.clock = new MachineClock(world, rate);
    this.state = parts.allocator.initialState(timing, this.#nowMs());
    this.#stopWatching = store.onChange((change) => this.#watch(change));
    this.#list();
    this.#tick();
  }

  crash(): void {
    this.alive = false;
    this.#stopWatching();
  }

  pause(): void {
    this.paused = true;
  }

  /** Its machine is suspended, until `resume`. */
  suspend(): void {
    this.clock.suspend();
    this.pause();
  }

  resume(): void {
    this.clock.wake();
    this.paused = false;
    const pending = this.#pending;
    this.#pending = [];
    while (pending.length > 0) pending.splice(Math.floor(this.#world.random() * pending.length), 1)[0]!();
  }

  /** Its watches start again from a list, as after an outage of the store. */
  relist(): void {
    const { leases, ledgers } = this.#store;
    const gone = {
      leases: Object.keys(this.state.leases).filter((name) => !leases.has(name)),
      ledgers: Object.keys(this.state.accounts).filter((name) => !ledgers.has(name)),
    };
    this.hear({ type: 'vanished', ...gone });
    this.hear({ type: 'observed', leases: [...leases.values()], ledgers: [...ledgers.values()] });
  }

  /** Tells it facts that changed: registries, sets, pods. */
  hear(event: Event): void {
    this.link.tell(() => this.#dispatch(event));
  }

  /** An account is not what it was. However late this comes, and in whatever order: it tells what is so by then. */
  hearOfRegistry(name: string): void {
    this.link.tell(() =>
      this.#whenRunning(() => {
        const fact = this.#facts.registries.get(name);
        if (fact !== undefined) this.#dispatch({ type: 'observed', registries: [fact] });
      }),
    );
  }

  #nowMs(): number {
    return this.#parts.allocatorMs(this.clock);
  }

  #whenRunning(run: () => void): void {
    if (!this.alive) return;
    if (this.paused) this.#pending.push(run);
    else run();
  }

  #dispatch(event: Event): void {
    this.#whenRunning(() => {
      const stamped = { ...event, nowMs: this.#nowMs() } as AllocatorEvent;
      const { state, effects } = this.#parts.allocator.reduceAll(this.state, [stamped]);
      this.state = state;
      for (const effect of effects) this.#do(effect);
    });
  }

  #tick(): void {
    if (!this.alive) return;
    this.#dispatch({ type: 'tick' });
    this.clock.after(this.state.timing.tickMs, () => this.#tick());
  }

  #list(): void {
    const { registries, sets, pods } = this.#facts;
    const list = () => ({
      sets: [...sets.values()],
      pods: [...pods.values()],
      ledgers: [...this.#store.ledgers.values()],
    });
    this.link.request(list, (seen) =>
      this.#whenRunning(() => {
        if (seen === undefined) {
          this.#list();
          return;
        }
        this.#dispatch({ type: 'observed', ...seen, registries: [...registries.values()] });
        this.#dispatch({ type: 'listed' });
      }),
    );
  }

  #listLeases(): void {
    const list = () => [...this.#store.leases.values()];
    this.link.request(list, (leases) =>
      this.#whenRunning(() => {
        if (leases === undefined) this.#listLeases();
        else this.#dispatch({ type: 'leases-listed', leases });
      }),
    );
  }

  #watch({ kind, name, after }: Change): void {
    const seen = { lease: 'leases', ledger: 'ledgers' } as const;
    const event: Event =
      after === undefined
        ? { type: 'vanished', [seen[kind]]: [name] }
        : ({ type: 'observed', [seen[kind]]: [after] } as Event);
    this.hear(event);
  }

  #do(effect: AllocatorEffect): void {
    if (/^(create|write|let)-/.test(effect.type) && this.writesLeft-- <= 0) this.crash();
    if (!this.alive) return;
    const store = this.#store;
    switch (effect.type) {
      case 'list-leases':
        this.#listLeases();
        break;
      case 'read-lease':
        this.#readLease(effect.lease);
        break;
      case 'read-ledger':
        this.#readLedger(effect.account);
        break;
      case 'create-lease':
        this.#writeLease(effect.pod.uid, () => store.createLease(effect.pod.uid, effect.spec));
        break;
      case 'write-lease':
        this.#writeLease(effect.lease, () => store.writeLeaseSpec(effect.lease, effect.version, effect.spec));
        break;
      case 'let-lease-go':
        this.#writeLease(effect.lease, () => store.letLeaseGo(effect.lease, effect.version));
        break;
      case 'create-ledger':
        this.#writeLedger(effect.account, () => store.createLedger(effect.account, effect.spec));
        break;
      case 'write-ledger':
        this.#writeLedger(effect.account, () =>
          store.writeLedger(effect.account, effect.version, effect.spec),
        );
        break;
      case 'note':
        this.notes.push(effect.note);
        break;
      case 'alarm':
        this.alarms.push(effect.message);
        break;
      case 'step-down':
        this.deposed = effect.reason;
        this.crash();
    }
  }

  #writeLease(lease: string, work: () => Written<LeaseView>): void {
    this.link.request(work, (written: Written<LeaseView> = { result: 'unknown' }) =>
      this.#dispatch({ type: 'lease-written', lease, written }),
    );
  }

  #writeLedger(account: string, work: () => Written<LedgerView>): void {
    this.link.request(work, (written: Written<LedgerView> = { result: 'unknown' }) =>
      this.#dispatch({ type: 'ledger-written', account, written }),
    );
  }

  #readLease(lease: string): void {
    this.link.request(
      () => found(this.#store.leases.get(lease)),
      (answer: Found<LeaseView> = { result: 'unknown' }) =>
        this.#dispatch({ type: 'lease-read', lease, found: answer }),
    );
  }

  #readLedger(account: string): void {
    this.link.request(
      () => found(this.#store.ledgers.get(account)),
      (answer: Found<LedgerView> = { result: 'unknown' }) =>
        this.#dispatch({ type: 'ledger-read', account, found: answer }),
    );
  }
}

export function found<T>(view: T | undefined): Found<T> {
  return view === undefined ? { result: 'missing' } : { result: 'ok', view };
}
