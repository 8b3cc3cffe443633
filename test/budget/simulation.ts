/**
 * A whole cluster in one thread and under one seed: holders and allocators as they are in `src/budget`, a store with compare-and-swap, a
 * registry that counts, clocks that run differently, and whatever may go wrong. Every step is checked against the protocol's invariants.
 */
import type { LeaseView, PodFact, RegistryFact, SetFact } from '../../src/budget/protocol.ts';
import type { Timing } from '../../src/budget/timing.ts';
import { AllocatorNode, type Facts } from './simulation/allocator-node.ts';
import { SPAN_MS, SPANS } from './simulation/command-flood.ts';
import { HolderNode } from './simulation/holder-node.ts';
import { Invariants } from './simulation/invariants.ts';
import type { Parts } from './simulation/parts.ts';
import { type CommandLimits, CountingRegistry, type RegistrySetup } from './simulation/registry.ts';
import { type Backup, Store } from './simulation/store.ts';
import { World } from './simulation/world.ts';

export interface SimulationOptions {
  seed: number;
  parts: Parts;
  registries: readonly RegistrySetup[];
  sets: readonly SetFact[];
  /** Rates of the machines' clocks, picked at random within true time ± this. Default 0. */
  drift?: number;
  timing?: Timing;
}

const SECOND = 1_000;

export class BreachError extends Error {
  override readonly name = 'BreachError';
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

/** What fits either. */
function looser(a: CommandLimits, b: CommandLimits): CommandLimits {
  const both = SPANS.filter((span) => a[span] !== undefined && b[span] !== undefined);
  return Object.fromEntries(both.map((span) => [span, Math.max(a[span]!, b[span]!)]));
}

export class Simulation {
  readonly world: World;
  readonly store = new Store();
  readonly registry: CountingRegistry;
  readonly invariants: Invariants;
  readonly timing: Timing;
  readonly pods = new Map<string, HolderNode>();
  readonly allocators: AllocatorNode[] = [];
  readonly facts: Facts = { registries: new Map(), sets: new Map(), pods: new Map() };
  readonly #options: SimulationOptions;
  readonly #load = new Map<string, number>();
  readonly #commandsInForce: Map<string, CommandLimits>;
  readonly #loosest = new Map<string, CommandLimits>();
  #commandChanges = 0;

  constructor(options: SimulationOptions) {
    const { seed, parts, registries, sets } = options;
    this.#options = options;
    this.world = new World(seed);
    this.timing = options.timing ?? parts.timing.timing();
    const breach = (invariant: string, message: string): never => {
      throw new BreachError(invariant, `at ${(this.world.nowMs / 1000).toFixed(3)} s: ${message}`);
    };
    this.registry = new CountingRegistry(this.world, registries, breach);
    this.invariants = new Invariants(this.world, this.store, registries, parts, breach);
    this.world.afterStep = () => {
      this.invariants.checkHolders(this.pods);
      for (const { alarms } of this.allocators) if (alarms[0] !== undefined) breach('alarm', alarms[0]);
    };
    for (const { name, limit, externalReserved = 0, idleMs, lateMs, commands = {} } of registries) {
      const fact = { name, limit, externalReserved, idleMs, lateMs, commands, deleting: false, used: false };
      this.facts.registries.set(name, fact);
    }
    for (const set of sets) this.facts.sets.set(set.name, set);
    this.#commandsInForce = new Map(registries.map(({ name, commands = {} }) => [name, commands]));
    this.#collectGarbage();
    // The operator tells of an account's connections in its status, and that lasts when the ledger does not.
    this.store.onChange(({ kind, name }) => {
      if (kind !== 'ledger' || this.facts.registries.get(name)?.used) return;
      this.world.after(SECOND, () => this.changeRegistry(name, { used: true }));
    });
  }

  // ---- operators

  /** A new leader. The former one, if it runs, goes on until it hears of the new term. */
  lead(): AllocatorNode {
    const { parts } = this.#options;
    const node = new AllocatorNode(this.world, this.store, this.facts, parts, this.timing, this.#rate());
    this.allocators.push(node);
    return node;
  }

  get leader(): AllocatorNode {
    return this.allocators.at(-1)!;
  }

  /** The store is restored from a backup, and everybody lists again some time later. */
  restore(backup: Backup): void {
    const { world, timing } = this;
    this.store.restore(backup);
    this.invariants.storeWentBack(this.settleMs());
    for (const uid of this.store.leases.keys()) {
      if (!this.facts.pods.has(uid))
        world.after(world.between(100, 3_000), () => this.store.deleteLease(uid));
    }
    for (const node of this.allocators) world.after(world.between(0, timing.renewMs), () => node.relist());
    for (const holder of this.pods.values())
      world.after(world.between(0, timing.renewMs), () => holder.relist());
    // Grants of a time when more was allowed are back, until they are lowered again.
    for (const [name, limits] of this.#loosest) this.#enforceOnceKnown(name, limits);
  }

  /** One lease is replaced by an older state of itself, by an administrator with a backup. The ledger knows better. */
  restoreLease(older: LeaseView): void {
    this.invariants.storeWentBack(this.settleMs());
    this.store.restoreLease(older);
  }

  // ---- registries, sets and pods

  changeRegistry(name: string, patch: Partial<RegistryFact>): void {
    const fact = { ...this.facts.registries.get(name)!, ...patch };
    this.facts.registries.set(name, fact);
    for (const node of this.allocators) node.hearOfRegistry(name);
  }

  /**
   * The account's commands are others from now on. Lower ones count against us when everybody has acknowledged them, and what was sent
   * before is a minute ago.
   */
  changeCommands(name: string, commands: CommandLimits): void {
    this.changeRegistry(name, { commands });
    this.#enforceOnceKnown(name, looser(this.#commandsInForce.get(name) ?? {}, commands));
  }

  #enforceOnceKnown(name: string, meanwhile: CommandLimits): void {
    const change = ++this.#commandChanges;
    const commands = this.facts.registries.get(name)?.commands ?? {};
    this.#loosest.set(name, looser(this.#loosest.get(name) ?? meanwhile, meanwhile));
    this.#enforce(name, meanwhile);
    const unlessChanged = (work: () => void) => () => change === this.#commandChanges && work();
    const enforce = unlessChanged(() => this.#enforce(name, commands));
    const wait = unlessChanged(() => {
      const charged = this.invariants.chargedCommands(name);
      const fits = SPANS.every(
        (span) => charged[span] <= 1000 * (commands[span] ?? Number.POSITIVE_INFINITY),
      );
      const known = this.ledger(name)?.learning === false && fits;
      this.world.after(known ? SPAN_MS.perMinute : SECOND, known ? enforce : wait);
    });
    // Every operator has heard of it by then.
    this.world.after(30 * SECOND, wait);
  }

  #enforce(name: string, commands: CommandLimits): void {
    this.#commandsInForce.set(name, commands);
    this.registry.limitCommands(name, commands);
    this.invariants.limitCommands(name, commands);
  }

  changeSet(set: SetFact): void {
    this.facts.sets.set(set.name, set);
    for (const node of this.allocators) node.hear({ type: 'observed', sets: [set] });
  }

  startPod(set: string): HolderNode {
    const { world, store, registry, timing } = this;
    const { parts, registries } = this.#options;
    const name = world.name(set);
    const pod: PodFact = { uid: `uid-${name}`, name, set };
    const pools = this.facts.sets.get(set)!.pools.map((pool) => pool.registry);
    const accounts = registries.filter((account) => pools.includes(account.name));
    const breach = (invariant: string, message: string): never => {
      throw new BreachError(invariant, `at ${(world.nowMs / 1000).toFixed(3)} s: ${message}`);
    };
    const holder = new HolderNode({
      pod,
      world,
      store,
      registry,
      parts,
      timing,
      accounts,
      rate: this.#rate(),
      breach,
    });
    this.pods.set(pod.uid, holder);
    this.facts.pods.set(pod.uid, pod);
    for (const node of this.allocators) node.hear({ type: 'observed', pods: [pod] });
    this.#applyLoad(set);
    return holder;
  }

  podsOf(set: string): HolderNode[] {
    return [...this.pods.values()].filter(({ pod }) => pod.set === set);
  }

  /** SIGTERM; the object is deleted when the process has ended, or its grace is over. */
  deletePod(holder: HolderNode): void {
    holder.onExit = () => this.removePod(holder);
    if (holder.alive) holder.terminate();
    else this.removePod(holder);
  }

  /** The object is deleted, whatever its process does: `kubectl delete --force`. */
  removePod(holder: HolderNode): void {
    const { uid } = holder.pod;
    if (!this.facts.pods.delete(uid)) return;
    for (const node of this.allocators) node.hear({ type: 'vanished', pods: [uid] });
    if (!holder.alive) this.#forgetPod(holder);
    else holder.onExit = () => this.#forgetPod(holder);
  }

  /** As the garbage collector: leases of pods that are gone are deleted. */
  #collectGarbage(): void {
    for (const uid of [...this.store.leases.keys()])
      if (!this.facts.pods.has(uid)) this.store.deleteLease(uid);
    this.world.after(this.world.between(SECOND, 3 * SECOND), () => this.#collectGarbage());
  }

  #forgetPod({ pod }: HolderNode): void {
    this.pods.delete(pod.uid);
    this.#applyLoad(pod.set);
  }

  scale(set: string, replicas: number): void {
    const pods = this.podsOf(set);
    for (const holder of pods.slice(replicas)) this.deletePod(holder);
    for (let n = pods.length; n < replicas; n += 1) this.startPod(set);
  }

  /** One new pod after the other, each ready (a logged-in connection) before an old one goes. False when it got stuck. */
  rollingUpdate(set: string, withinMs: number): boolean {
    for (const old of this.podsOf(set)) {
      const fresh = this.startPod(set);
      if (!this.world.runUntil(() => fresh.open > 0, withinMs)) return false;
      this.deletePod(old);
      if (!this.world.runUntil(() => !old.alive, withinMs)) return false;
    }
    return true;
  }

  /** Connections that a set's requests need at each of its accounts, spread over its pods. */
  setLoad(set: string, connections: number): void {
    this.#load.set(set, connections);
    this.#applyLoad(set);
  }

  #applyLoad(set: string): void {
    const pods = this.podsOf(set);
    const load = this.#load.get(set) ?? 0;
    const { pools } = this.facts.sets.get(set)!;
    pods.forEach((holder, index) => {
      const share = Math.floor(load / pods.length) + (index < load % pods.length ? 1 : 0);
      for (const { registry } of pools) holder.setLoad(registry, share);
    });
  }

  #rate(): number {
    const { drift = 0 } = this.#options;
    return 1 + this.world.between(-drift, drift);
  }

  // ---- what there is to see

  ledger(account: string) {
    return this.store.ledgers.get(account)?.spec;
  }

  /** Connections granted to a set, by its leases. */
  granted(set: string, account: string): number {
    let sum = 0;
    for (const { spec } of this.store.leases.values()) {
      if (spec.set === set && spec.state === 'Bound') sum += spec.grants[account]?.slots ?? 0;
    }
    return sum;
  }

  open(set: string): number {
    return this.podsOf(set).reduce((sum, holder) => sum + holder.open, 0);
  }

  /** I8: nothing is in quarantine, every minimum is met where demanded, nothing is free beside unmet demand. In words what is wrong. */
  unsettled(): string[] {
    const wrong: string[] = [];
    for (const { name, limit, externalReserved, commands = {} } of this.facts.registries.values()) {
      const ledger = this.ledger(name);
      if (ledger === undefined) {
        wrong.push(`${name} has no ledger`);
        continue;
      }
      const entries = Object.values(ledger.entries);
      const quarantined = entries.filter(({ state }) => state === 'Quarantined').length;
      if (quarantined > 0) wrong.push(`${name}: ${quarantined} entries in quarantine`);
      const kept = { idle: 0, unmet: 0 };
      for (const set of this.facts.sets.values()) {
        const pool = set.pools.find(({ registry }) => registry === name);
        if (pool === undefined) continue;
        const pods = this.podsOf(set.name);
        const demand = pods.reduce((sum, { state, pod }) => {
          const report = this.store.leases.get(pod.uid)?.status.accounts?.[name];
          return sum + (state.phase === 'active' && this.facts.pods.has(pod.uid) ? (report?.demand ?? 0) : 0);
        }, 0);
        const granted = this.granted(set.name, name);
        const guaranteed = Math.min(
          pool.min,
          Math.max(demand, Math.ceil((pool.min * (100 - pool.lendablePercent)) / 100)),
        );
        if (granted < Math.min(pool.min, demand)) wrong.push(`${name}: ${set.name} has ${granted} of its minimum ${pool.min}, wants ${demand}`); // biome-ignore format: one line
        kept.unmet += Math.max(0, Math.min(pool.max, demand) - granted);
        kept.idle += Math.max(0, guaranteed - granted);
      }
      const charged = entries.reduce((sum, { charge }) => sum + charge, 0);
      const useful = SPANS.map((span) => Math.floor((commands[span] ?? Number.POSITIVE_INFINITY) / 2));
      const free = Math.min(limit - externalReserved, ...useful) - charged;
      if (free > kept.idle && kept.unmet > 0)
        wrong.push(`${name}: ${free} free beside an unmet demand of ${kept.unmet}`);
    }
    return wrong;
  }

  /** How long until everything must be settled once the faults are off: T_exp + Q and a little, in true time. */
  settleMs(): number {
    const { timing } = this.#options.parts;
    const q = [...this.facts.registries.values()].map((registry) =>
      timing.quarantineMs(this.timing, registry),
    );
    return (
      (timing.expiryMs(this.timing, timing.longestTtlMs(this.timing, 0)) + Math.max(...q)) * 1.05 + 60_000
    );
  }
}
