import { chargedShare, isLower, shareOfPod } from '../../../src/budget/command-share.ts';
import { chargeOf, type LeaseView, type LedgerView } from '../../../src/budget/protocol.ts';
import { SPANS } from './command-flood.ts';
import type { HolderNode } from './holder-node.ts';
import type { Parts } from './parts.ts';
import type { Breach, CommandLimits, RegistrySetup } from './registry.ts';
import type { Change, Store } from './store.ts';
import type { World } from './world.ts';

/** What holders were seen to promise of one incarnation. */
interface Promised {
  /** The smallest cap that was reported with each generation, by account. */
  caps: Map<string, number>;
  /** What was left when it released itself, by account. */
  released: Map<string, number> | undefined;
}

/** Watches every write of the store, and the holders after every step. I1 and I5 are watched where they happen: at the registry and the sockets. */
export class Invariants {
  readonly #world: World;
  readonly #breach: Breach;
  readonly #registries: ReadonlyMap<string, RegistrySetup>;
  readonly #store: Store;
  readonly #parts: Parts;
  readonly #promised = new Map<string, Promised>();
  readonly #bound = new Set<string>();
  /** When each quarantine began, in true time, by account and incarnation. */
  readonly #quarantinedAt = new Map<string, number>();
  readonly #over = new Set<string>();
  /** Commands that may be given out, by account. */
  readonly #commands: Map<string, CommandLimits>;
  readonly #checked = new WeakMap<HolderNode, HolderNode['state']>();
  #ledgersChanged = true;
  #limitsChanged = true;
  #forgivingUntilMs = 0;

  constructor(
    world: World,
    store: Store,
    registries: readonly RegistrySetup[],
    parts: Parts,
    breach: Breach,
  ) {
    this.#world = world;
    this.#store = store;
    this.#parts = parts;
    this.#breach = breach;
    this.#registries = new Map(registries.map((registry) => [registry.name, registry]));
    this.#commands = new Map(registries.map(({ name, commands = {} }) => [name, commands]));
    store.onChange((change) => this.#changed(change));
  }

  /**
   * The store went back: for a while it contradicts what holders were granted, and what was bound or ended since is undone. What counts then
   * is the registry's count (I1) and the deadlines (I5); they are never forgiven.
   */
  storeWentBack(forMs: number): void {
    this.#forgivingUntilMs = this.#world.nowMs + forMs;
    this.#bound.clear();
    this.#over.clear();
  }

  /** From now on these limits count. */
  limitCommands(account: string, limits: CommandLimits): void {
    this.#commands.set(account, limits);
    this.#limitsChanged = true;
  }

  /** I12, in the ledger: the most that all entries may be sending, in thousandths. */
  chargedCommands(account: string): Required<CommandLimits> {
    const entries = Object.values(this.#store.ledgers.get(account)?.spec.entries ?? {});
    const sum = (span: keyof CommandLimits) =>
      entries.reduce((all, entry) => all + entry.charge * (chargedShare(entry)[span] ?? Infinity), 0);
    return { perSecond: sum('perSecond'), perMinute: sum('perMinute') };
  }

  /**
   * What must hold of holders at every moment. Without a new state, and without a new ledger, nothing can have become worse: permissions end
   * by time alone, they never grow.
   */
  checkHolders(holders: ReadonlyMap<string, HolderNode>): void {
    const ledgers = this.#ledgersChanged;
    let news = this.#limitsChanged;
    this.#ledgersChanged = false;
    this.#limitsChanged = false;
    for (const holder of holders.values()) {
      const known = this.#checked.get(holder) === holder.state;
      news ||= !known;
      if ((ledgers || !known) && this.#checkHolder(holder)) this.#checked.set(holder, holder.state);
    }
    if (news) this.#checkCommands(holders.values());
  }

  /** I12: at no time more commands given out than the account allows. Whatever happened to the store: never forgiven. */
  #checkCommands(holders: Iterable<HolderNode>): void {
    if (![...this.#commands.values()].some(isLimited)) return;
    const sums = new Map<string, number>();
    for (const holder of holders) {
      const { state } = holder;
      if (!holder.alive || ['dead', 'unbound'].includes(this.#parts.rules.validity(state, holder.nowMs)))
        continue;
      for (const account of Object.keys(state.accounts)) {
        const { commands, occupied, cap } = this.#parts.rules.accountBudget(state, account, holder.nowMs);
        if (Math.max(occupied, cap) === 0) continue;
        for (const span of SPANS) {
          const key = `${account} ${span}`;
          const sum = (sums.get(key) ?? 0) + (commands[span] ?? Number.POSITIVE_INFINITY);
          sums.set(key, sum);
          const most = this.#commands.get(account)?.[span] ?? Number.POSITIVE_INFINITY;
          if (sum > most) this.#breach('I12', `${account}: ${sum} commands ${span} given out of ${most}`);
        }
      }
    }
  }

  get #forgiving(): boolean {
    return this.#world.nowMs < this.#forgivingUntilMs;
  }

  #changed(change: Change): void {
    if (change.kind === 'ledger') this.#ledgersChanged = true;
    if (change.kind === 'lease' && change.after !== undefined) this.#remember(change.after);
    if (change.kind === 'ledger' && change.after !== undefined) this.#rememberQuarantines(change.after);
    if (this.#forgiving) return;
    if (change.kind === 'lease') {
      if (change.after === undefined) return;
      if (change.before !== undefined) this.#leaseGrows(change.before, change.after);
      this.#nothingAboveCharge(change.before, change.after);
    } else if (change.after !== undefined) {
      this.#sum(change.before, change.after);
      if (change.before !== undefined) this.#ledgerGrows(change.before, change.after);
    }
  }

  #remember({ status }: LeaseView): void {
    if (status.incarnation === undefined) return;
    const promised = this.#promised.get(status.incarnation) ?? { caps: new Map(), released: undefined };
    this.#promised.set(status.incarnation, promised);
    for (const [account, { ackGen, cap }] of Object.entries(status.accounts ?? {})) {
      const key = `${account} ${ackGen}`;
      promised.caps.set(key, Math.min(cap, promised.caps.get(key) ?? cap));
    }
    if (status.phase !== 'Released') return;
    promised.released = new Map(
      Object.entries(status.accounts ?? {}).map(([account, { cap }]) => [account, cap]),
    );
  }

  #rememberQuarantines({ account, spec }: LedgerView): void {
    for (const [incarnation, { state }] of Object.entries(spec.entries)) {
      const key = `${account} ${incarnation}`;
      if (state === 'Quarantined' && !this.#quarantinedAt.has(key))
        this.#quarantinedAt.set(key, this.#world.nowMs);
    }
  }

  /** I4: gen, fence, seq only grow; an incarnation is never bound again. */
  #leaseGrows(before: LeaseView, after: LeaseView): void {
    const { spec: a, status: s } = before;
    const { spec: b, status: t } = after;
    const breach = (what: string) => this.#breach('I4', `lease of ${b.pod}: ${what}`);
    if (b.fence < a.fence) breach(`fence ${a.fence} became ${b.fence}`);
    for (const [account, { gen }] of Object.entries(a.grants)) {
      const now = b.grants[account]?.gen ?? 0;
      if (now < gen) breach(`generation ${gen} at ${account} became ${now}`);
    }
    if (s.incarnation === t.incarnation && (t.seq ?? 0) < (s.seq ?? 0))
      breach(`seq ${s.seq} became ${t.seq}`);
    if (b.state !== 'Bound' || (a.state === 'Bound' && a.incarnation === b.incarnation)) return;
    if (this.#bound.has(b.incarnation!)) breach(`${b.incarnation} was bound again`);
    this.#bound.add(b.incarnation!);
  }

  /** I6: nothing published above the committed charge. */
  #nothingAboveCharge(before: LeaseView | undefined, { spec }: LeaseView): void {
    if (spec.state !== 'Bound') return;
    for (const [account, { slots, gen }] of Object.entries(spec.grants)) {
      if (gen === before?.spec.grants[account]?.gen) continue;
      const ledger = this.#store.ledgers.get(account)?.spec;
      // What a ledger said that was deleted since, nobody can know; learning is there for that.
      if (ledger === undefined || ledger.learning) continue;
      const charge = ledger.entries[spec.incarnation!]?.charge ?? 0;
      if (slots > charge)
        this.#breach('I6', `${spec.pod} was granted ${slots} at ${account}, ${charge} are charged`);
    }
  }

  /** I2: sum(charge) <= effective limit in each version of a ledger, or not above what it was when the limit was cut. */
  #sum(before: LedgerView | undefined, { account, spec }: LedgerView): void {
    const sum = chargeOf(spec.entries);
    if (spec.learning || sum <= spec.effectiveLimit) return;
    if (before === undefined || sum > chargeOf(before.spec.entries))
      this.#breach('I2', `${account}: ${sum} charged of ${spec.effectiveLimit}`);
  }

  #ledgerGrows({ spec: a }: LedgerView, { account, spec: b }: LedgerView): void {
    if (b.seq <= a.seq) this.#breach('I4', `ledger ${account}: seq ${a.seq} became ${b.seq}`);
    if (b.term < a.term) this.#breach('I4', `ledger ${account}: term ${a.term} became ${b.term}`);
    for (const [incarnation, entry] of Object.entries(b.entries)) {
      const key = `${account} ${incarnation}`;
      const old = a.entries[incarnation];
      // What a learning ledger finds in a lease is charged once more, to be safe.
      if (b.learning) this.#over.delete(key);
      if (this.#over.has(key)) this.#breach('I4', `ledger ${account}: ${incarnation} is back after its end`);
      if (old !== undefined && entry.gen < old.gen) this.#breach('I4', `ledger ${account}: ${incarnation} gen ${old.gen} became ${entry.gen}`); // biome-ignore format: one rule
      if (old?.state === 'Quarantined' && entry.state === 'Active') this.#breach('I4', `ledger ${account}: ${incarnation} was revived`); // biome-ignore format: one rule
    }
    for (const [incarnation, old] of Object.entries(a.entries)) {
      const { charge, gen } = b.entries[incarnation] ?? { charge: 0, gen: old.gen };
      // A ledger that is learning may find a later generation in the lease, and its acknowledgement.
      const gens = b.learning ? [old.gen, gen] : [old.gen];
      if (charge < old.charge) this.#mayFall(account, incarnation, old, charge, gens);
    }
  }

  /** I7: a charge falls only by acknowledgement, release, or the end of a quarantine. */
  #mayFall(
    account: string,
    incarnation: string,
    old: { state: string; charge: number },
    charge: number,
    gens: readonly number[],
  ): void {
    const promised = this.#promised.get(incarnation);
    const key = `${account} ${incarnation}`;
    const breach = (why: string) =>
      this.#breach('I7', `${account}: charge of ${incarnation} fell from ${old.charge} to ${charge} ${why}`);
    const released = promised?.released?.get(account);
    if (old.state === 'Quarantined') {
      this.#over.add(key);
      const { idleMs, lateMs } = this.#registries.get(account)!;
      const lasted = this.#world.nowMs - (this.#quarantinedAt.get(key) ?? this.#world.nowMs);
      if (charge > 0) breach('within its quarantine');
      else if (lasted < idleMs + lateMs) breach(`after ${Math.round(lasted / 1000)} s of quarantine`);
    } else if (released !== undefined) {
      if (released === 0 && charge === 0) this.#over.add(key);
      if (charge < released) breach(`at its release, ${released} may be open`);
    } else {
      const caps = gens.flatMap((gen) => promised?.caps.get(`${account} ${gen}`) ?? []);
      const cap = Math.min(...caps);
      if (caps.length === 0) breach('without an acknowledgement');
      else if (charge < cap) breach(`although it allows itself ${cap}`);
    }
  }

  /** I3: used <= cap <= charge, of every incarnation that may use what it holds. False: it is not the time to tell. */
  #checkHolder(holder: HolderNode): boolean {
    if (!holder.alive || holder.paused || this.#forgiving) return false;
    const { state } = holder;
    const valid = this.#parts.rules.validity(state, holder.nowMs);
    if (valid === 'dead' || valid === 'unbound' || state.incarnation === undefined) return true;
    for (const [account, held] of Object.entries(state.accounts)) {
      const used = Object.keys(held.book).length;
      const cap = this.#parts.rules.capOf(state, held);
      const ledger = this.#store.ledgers.get(account)?.spec;
      const charge = ledger?.entries[state.incarnation]?.charge ?? 0;
      if (used > cap) this.#breach('I3', `${holder.pod.name} uses ${used} of ${cap} at ${account}`);
      // A ledger that was deleted, or is learning, does not know yet; meanwhile I1 says whether that is harmless.
      if (ledger === undefined || ledger.learning) continue;
      if (cap > charge)
        this.#breach('I3', `${holder.pod.name} allows itself ${cap} at ${account}, ${charge} are charged`);
      if (!isLimited(this.#commands.get(account))) continue;
      const share = ledger.entries[state.incarnation];
      const { commands } = this.#parts.rules.accountBudget(state, account, holder.nowMs);
      if (share !== undefined && cap > 0 && isLower(shareOfPod(chargedShare(share), cap), commands))
        this.#breach('I12', `${holder.pod.name} allows itself more commands at ${account} than are charged`);
    }
    return true;
  }
}

const isLimited = (limits: CommandLimits = {}): boolean => SPANS.some((span) => limits[span] !== undefined);
