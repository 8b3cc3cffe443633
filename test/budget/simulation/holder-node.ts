import type { Found, Written } from '../../../src/budget/allocator-events.ts';
import type { LoginResult, SlotEnd } from '../../../src/budget/connection-budget.ts';
import type { HolderEffect, HolderEvent } from '../../../src/budget/holder.ts';
import type { HolderState } from '../../../src/budget/holder-state.ts';
import type { LeaseView, PodFact } from '../../../src/budget/protocol.ts';
import type { Timing } from '../../../src/budget/timing.ts';
import type { Elapsed, Moment } from '../../../src/kube/elapsed.ts';
import type { Timer } from '../../../src/lib/clock.ts';
import { found } from './allocator-node.ts';
import { CommandFlood } from './command-flood.ts';
import { MachineClock } from './machine-clock.ts';
import type { Parts } from './parts.ts';
import type { Breach, CountingRegistry, RegistrySetup, SecretValues } from './registry.ts';
import { Link, type Store } from './store.ts';
import type { World } from './world.ts';

type Unstamped<E> = E extends unknown ? Omit<E, 'nowMs'> : never;
type Event = Unstamped<HolderEvent>;

interface Connection {
  slot: string;
  account: string;
  /** `resolving`: connect() was not called. `leaving`: logout was sent. */
  phase: 'resolving' | 'dialling' | 'open' | 'leaving';
}

export interface PodFaults {
  /** Share of sockets whose FIN never reaches the registry when they are destroyed. */
  halfOpen: number;
  /** Share of connects that are aborted after connect() was called. */
  abortConnect: number;
  /** Share of logouts whose answer is lost. */
  loseLogout: number;
  /** Bytes may arrive so much later, in milliseconds. */
  byteLagMs: number;
}

export const NO_POD_FAULTS: PodFaults = { halfOpen: 0, abortConnect: 0, loseLogout: 0, byteLagMs: 40 };

/** A pod of an adapter: its holder, and a pool that opens what it may and needs. */
export class HolderNode {
  readonly pod: PodFact;
  readonly link: Link;
  readonly faults: PodFaults = { ...NO_POD_FAULTS };
  /** Connections that its requests need, by account. */
  readonly load = new Map<string, number>();
  /** Of each account, as kubelet has brought it to this pod. */
  readonly #secrets = new Map<string, SecretValues>();
  state: HolderState;
  readonly clock: MachineClock;
  /** The container's process runs. */
  alive = true;
  paused = false;
  /** SIGSTOP hits right after the next report is sent. */
  pauseAfterReport = false;
  onExit: () => void = () => {};
  readonly #world: World;
  readonly #store: Store;
  readonly #registry: CountingRegistry;
  readonly #parts: Parts;
  readonly #timing: Timing;
  readonly #accounts: readonly RegistrySetup[];
  readonly #elapsed: Elapsed;
  readonly #breach: Breach;
  readonly #floods = new Map<string, { flood: CommandFlood; wake: Timer | undefined }>();
  #connections = new Map<string, Connection>();
  /** Number of the process start: callbacks of former ones are dropped. */
  #life = 0;
  #pending: (() => void)[] = [];
  #wake: Timer | undefined;
  /** When the process started. */
  #begin: Moment;
  /** For I5: when the last report that was answered was sent, by its machine's boot time, and its time to live. */
  #renewed: { baseMs: number; ttlMs: number } | undefined;
  #sent: { atMs: number; ttlMs: number } | undefined;

  constructor(options: {
    pod: PodFact;
    world: World;
    store: Store;
    registry: CountingRegistry;
    parts: Parts;
    timing: Timing;
    accounts: readonly RegistrySetup[];
    rate?: number;
    breach: Breach;
  }) {
    const { pod, world, store, registry, parts, timing, accounts, rate = 1, breach } = options;
    this.pod = pod;
    this.#world = world;
    this.#store = store;
    this.#registry = registry;
    this.#parts = parts;
    this.#timing = timing;
    this.#accounts = accounts;
    this.#breach = breach;
    this.link = new Link(world);
    this.clock = new MachineClock(world, rate);
    this.#elapsed = new parts.elapsed.Elapsed(this.clock, () => this.clock.bootMs());
    this.#begin = this.#elapsed.now();
    this.state = this.#fresh();
    store.onChange(({ kind, name, after }) => {
      if (kind === 'lease' && name === pod.uid) this.#watch(after as LeaseView | undefined);
    });
    this.#start();
  }

  get nowMs(): number {
    return this.#elapsed.since(this.#begin);
  }

  /** Logged-in connections. */
  get open(): number {
    return [...this.#connections.values()].filter(({ phase }) => phase === 'open').length;
  }

  /** Its watch starts again from a list, as after an outage of the store. */
  relist(): void {
    if (this.alive) this.#list();
  }

  setLoad(account: string, connections: number): void {
    this.load.set(account, connections);
    this.#run(() => this.#pump());
  }

  /** The Secret as it is when the pod starts. */
  mount(account: string, secret: SecretValues): void {
    this.#secrets.set(account, secret);
  }

  /** kubelet brings another Secret. */
  readSecret(account: string, secret: SecretValues): void {
    this.#secrets.set(account, secret);
    this.#run(() => this.#dispatch({ type: 'login-result', account, result: 'unproven' }));
  }

  /** The registry ends every session of this pod in order. */
  dropSessions(): void {
    for (const { slot, phase } of [...this.#connections.values()]) {
      if (phase !== 'open') continue;
      this.#registry.end(slot);
      this.#dispatch({ type: 'closing', account: this.#connections.get(slot)!.account, slot });
      this.#end(slot, 'confirmed');
    }
  }

  /** Every session is lost on the way, without a word; whether the registry hears of it is up to `faults.halfOpen`. */
  loseSessions(): void {
    this.#run(() => {
      for (const { slot, phase } of [...this.#connections.values()])
        if (phase === 'open') this.#end(slot, 'unconfirmed');
    });
  }

  /** The process dies. `fin`: its kernel still closes the sockets. */
  crash({ fin }: { fin: boolean }): void {
    this.alive = false;
    this.clock.wake();
    this.paused = false;
    this.#life += 1;
    this.#pending = [];
    this.#wake?.cancel();
    for (const { slot, phase } of this.#connections.values()) {
      if (fin && phase !== 'resolving') this.#later(() => this.#registry.end(slot));
    }
    this.#connections = new Map();
    this.#floods.clear();
    this.#renewed = undefined;
  }

  /** The container starts again; the old process is dead. */
  restart(): void {
    if (this.alive) throw new Error('a pod never runs two containers of one name at once');
    this.alive = true;
    this.#begin = this.#elapsed.now();
    this.state = this.#fresh();
    this.#start();
  }

  pause(): void {
    this.paused = true;
  }

  /** Its machine is suspended, until `resume`. */
  suspend(): void {
    this.clock.suspend();
    this.pause();
  }

  /** What was due meanwhile happens now, in any order. */
  resume(): void {
    this.clock.wake();
    this.paused = false;
    const pending = this.#pending;
    this.#pending = [];
    while (pending.length > 0) pending.splice(Math.floor(this.#world.random() * pending.length), 1)[0]!();
  }

  terminate(graceMs = 75_000): void {
    this.#run(() => this.#dispatch({ type: 'drain' }));
    this.#after(graceMs - 15_000, () => this.#dispatch({ type: 'give-up' }));
    this.#after(graceMs, () => this.#exit());
  }

  #exit(): void {
    if (!this.alive) return;
    this.crash({ fin: true });
    this.onExit();
  }

  #fresh(): HolderState {
    const { timing } = this.#parts;
    return this.#parts.holder.newHolder({
      timing: this.#timing,
      accounts: Object.fromEntries(
        this.#accounts.map((account) => [
          account.name,
          { quarantineMs: timing.quarantineMs(this.#timing, account) },
        ]),
      ),
      incarnation: this.#world.name('inc'),
      seed: Math.floor(this.#world.random() * 2 ** 32),
    });
  }

  #start(): void {
    this.#list();
    this.#run(() => this.#dispatch({ type: 'tick' }));
  }

  /** A watch begins with a list, however often that takes. */
  #list(): void {
    const life = this.#life;
    this.link.request(
      () => found(this.#store.leases.get(this.pod.uid)),
      (answer) => {
        if (life !== this.#life) return;
        if (answer === undefined) this.#after(1_000, () => this.#list());
        else
          this.#run(() =>
            this.#dispatch({ type: 'heard', lease: answer.result === 'ok' ? answer.view : undefined }),
          );
      },
    );
  }

  #watch(lease: LeaseView | undefined): void {
    this.link.tell(() => this.#run(() => this.#dispatch({ type: 'heard', lease })));
  }

  #run(work: () => void): void {
    if (!this.alive) return;
    const life = this.#life;
    if (this.paused) this.#pending.push(() => life === this.#life && work());
    else work();
  }

  /** A timer or callback of the process that runs now. */
  #after(ms: number, work: () => void): Timer {
    const life = this.#life;
    return this.clock.after(ms, () => life === this.#life && this.#run(work));
  }

  /** Bytes on their way; the process has no part in it any more. */
  #later(work: () => void): void {
    this.#world.after(this.#world.between(1, this.faults.byteLagMs), work);
  }

  #dispatch(event: Event): void {
    this.#reduce(event);
    this.#pump();
  }

  #reduce(event: Event): void {
    const { state, effects } = this.#parts.holder.reduce(this.state, {
      ...event,
      nowMs: this.nowMs,
    } as HolderEvent);
    this.state = state;
    for (const effect of effects) this.#do(effect);
    this.#wake?.cancel();
    const wakeMs = this.#parts.holder.wakeAtMs(this.state, this.nowMs) - this.nowMs;
    this.#wake = this.#after(Math.max(1, wakeMs), () => this.#dispatch({ type: 'tick' }));
    if (this.#parts.holder.isReleased(this.state)) this.#after(1, () => this.#exit());
  }

  #do(effect: HolderEffect): void {
    const life = this.#life;
    const run = (work: () => void) => life === this.#life && this.#run(work);
    switch (effect.type) {
      case 'put': {
        const { version, status } = effect;
        const ttlMs = (status.ttlInUseSeconds ?? 0) * 1000;
        this.#sent = { atMs: this.clock.bootMs(), ttlMs };
        const sent = this.#sent;
        this.link.request(
          () => this.#store.writeLeaseStatus(this.pod.uid, version, status),
          (written: Written<LeaseView> = { result: 'unknown' }) =>
            run(() => {
              if (written.result === 'ok') this.#renewed = { baseMs: sent.atMs, ttlMs };
              this.#dispatch({ type: 'put-done', written });
            }),
        );
        if (this.pauseAfterReport) this.pause();
        this.pauseAfterReport = false;
        break;
      }
      case 'read':
        this.link.request(
          () => found(this.#store.leases.get(this.pod.uid)),
          (answer: Found<LeaseView> = { result: 'unknown' }) =>
            run(() => this.#dispatch({ type: 'read-done', found: answer })),
        );
        break;
      case 'revoke':
        for (const slot of effect.slots) this.#destroy(slot);
        break;
      case 'new-incarnation': {
        const id = this.#world.name('inc');
        this.#after(0, () => this.#dispatch({ type: 'incarnation', id }));
      }
    }
  }

  // ---- the pool

  #pump(): void {
    if (!this.alive || this.paused) return;
    for (const { name, commands } of this.#accounts) {
      const load = this.load.get(name) ?? 0;
      const live = [...this.#connections.values()].filter((c) => c.account === name && c.phase !== 'leaving');
      const { excess } = this.#parts.rules.accountBudget(this.state, name, this.nowMs);
      for (const { slot } of live.filter(({ phase }) => phase === 'open').slice(0, excess))
        this.#logout(slot);
      // It takes what it can get: the budget alone must say no.
      for (let n = this.#wanted(name, live, load); n > 0; n -= 1) if (!this.#open(name)) break;
      const open = live.filter(({ phase }) => phase === 'open').length;
      const use = { inUse: Math.min(load, open), queued: Math.max(0, load - open) };
      const known = this.state.accounts[name]!.window.use;
      if (use.inUse !== known.inUse || use.queued !== known.queued)
        this.#reduce({ type: 'use', account: name, use });
      if (commands !== undefined) this.#flood(name);
    }
  }

  /** As many as it needs, or one to find out. */
  #wanted(account: string, live: readonly Connection[], load: number): number {
    const { logins } = this.#parts.rules.accountBudget(this.state, account, this.nowMs);
    if (logins === 'none') return 0;
    if (logins === 'prove') return live.every(({ phase }) => phase === 'open') ? 1 : 0;
    return Math.max(1, load) - live.length;
  }

  /** As many commands as the share allows: the budget alone must say no. */
  #flood(account: string): void {
    const known = this.#floods.get(account) ?? { flood: new CommandFlood(), wake: undefined };
    this.#floods.set(account, known);
    known.wake?.cancel();
    const open = [...this.#connections.values()].find((c) => c.account === account && c.phase === 'open');
    const share = () => this.#parts.rules.accountBudget(this.state, account, this.nowMs).commands;
    const dueMs = known.flood.dueMs(share(), this.nowMs);
    if (open === undefined || !Number.isFinite(dueMs)) return;
    known.wake = this.#after(dueMs - this.nowMs, () => {
      const writable = this.#parts.rules.mayWrite(this.state, account, open.slot, this.nowMs);
      if (writable && known.flood.take(share(), this.nowMs)) this.#registry.command(account);
      // Perhaps that connection is gone; the next look finds another.
      if (writable) this.#flood(account);
    });
  }

  #open(account: string): boolean {
    const slot = this.#world.name('slot');
    this.#reduce({ type: 'acquire', account, slot });
    if (this.state.accounts[account]?.book[slot] === undefined) return false;
    this.#connections.set(slot, { slot, account, phase: 'resolving' });
    this.#after(this.#world.between(1, 30), () => this.#dial(slot));
    return true;
  }

  #dial(slot: string): void {
    const connection = this.#connections.get(slot);
    if (connection?.phase !== 'resolving') return;
    const { account } = connection;
    this.#dispatch({ type: 'dial', account, slot });
    const taken = this.state.accounts[account]!.book[slot];
    if (taken?.at !== 'connecting' || !taken.dialled) {
      this.#end(slot, 'never-connected');
      return;
    }
    connection.phase = 'dialling';
    const secret = this.#secrets.get(account) ?? { password: this.#registry.passwordOf(account) };
    const { password } = this.#parts.rules.accountBudget(this.state, account, this.nowMs);
    this.#byte(account, 'connect');
    if (this.#world.random() < this.faults.abortConnect) {
      this.#after(this.#world.between(0, 20), () => this.#end(slot, 'unconfirmed'));
    }
    this.#later(() => {
      const accepted = this.#registry.accept(account, slot);
      const used = password === 'changed' ? (secret.newPassword ?? secret.password) : secret.password;
      const result =
        accepted &&
        this.#registry.login(account, used, password === 'change' ? secret.newPassword : undefined);
      if (result === 'refused') this.#registry.end(slot);
      this.#later(() => this.#run(() => this.#loggedIn(slot, result, secret)));
    });
  }

  #loggedIn(slot: string, result: LoginResult | false, secret: SecretValues): void {
    const connection = this.#connections.get(slot);
    if (connection?.phase !== 'dialling') return;
    const { account } = connection;
    // Told before the slot ends, or the permission would seem to be unused. Of other credentials than these it says nothing.
    if (result && secret === (this.#secrets.get(account) ?? secret))
      this.#dispatch({ type: 'login-result', account, result });
    if (result === 'refused') {
      this.#end(slot, 'confirmed');
      return;
    }
    if (result) {
      connection.phase = 'open';
      this.#dispatch({ type: 'opened', account, slot });
      this.#keepAlive(slot);
      return;
    }
    this.#end(slot, 'unconfirmed');
    this.#dispatch({ type: 'limit-hit', account });
  }

  #keepAlive(slot: string): void {
    const connection = this.#connections.get(slot);
    if (connection?.phase !== 'open') return;
    const { idleMs } = this.#accounts.find(({ name }) => name === connection.account)!;
    this.#after((idleMs / 2) * this.#world.between(0.8, 1), () => {
      if (this.#connections.get(slot)?.phase !== 'open') return;
      if (!this.#registry.has(slot)) this.#end(slot, 'unconfirmed');
      else if (this.#write(connection)) this.#keepAlive(slot);
    });
  }

  #logout(slot: string): void {
    const connection = this.#connections.get(slot);
    if (connection?.phase !== 'open') return;
    if (!this.#parts.rules.mayWrite(this.state, connection.account, slot, this.nowMs)) return;
    connection.phase = 'leaving';
    this.#dispatch({ type: 'closing', account: connection.account, slot });
    this.#byte(connection.account, 'logout');
    const lost = this.#world.random() < this.faults.loseLogout;
    this.#later(() => {
      if (!lost || this.#world.random() < 0.5) this.#registry.end(slot);
      this.#later(() => this.#run(() => this.#end(slot, lost ? 'unconfirmed' : 'confirmed')));
    });
  }

  #write({ account, slot }: Connection): boolean {
    if (!this.#parts.rules.mayWrite(this.state, account, slot, this.nowMs)) return false;
    this.#byte(account, 'keepalive');
    this.#later(() => this.#registry.hear(slot));
    return true;
  }

  /** I5: no byte after the deadline, by its machine's time, suspended or not, and its own last renewal. */
  #byte(account: string, what: string): void {
    const { baseMs, ttlMs } = this.#renewed ?? { baseMs: Number.NEGATIVE_INFINITY, ttlMs: 0 };
    const lateMs = this.clock.bootMs() - baseMs - ttlMs;
    if (lateMs > 0)
      this.#breach(
        'I5',
        `${this.pod.name} sent a ${what} to ${account} ${Math.round(lateMs)} ms after its deadline`,
      );
  }

  #end(slot: string, how: SlotEnd): void {
    const connection = this.#connections.get(slot);
    if (connection === undefined) return;
    this.#connections.delete(slot);
    if (how === 'unconfirmed') this.#close(slot);
    this.#dispatch({ type: 'ended', account: connection.account, slot, how });
  }

  #destroy(slot: string): void {
    if (this.#connections.delete(slot)) this.#close(slot);
  }

  #close(slot: string): void {
    if (this.#world.random() >= this.faults.halfOpen) this.#later(() => this.#registry.end(slot));
  }
}
