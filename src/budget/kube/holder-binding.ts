/** Binds a holder to its EppConnectionLease: hears it by watch, reports by compare-and-swap, keeps its time. */
import { kubernetesTime } from '../../api/v1alpha1/conditions.ts';
import { EPP_CONNECTION_LEASE, type EppConnectionLease } from '../../api/v1alpha1/connection-lease.ts';
import { Elapsed, type Moment } from '../../kube/elapsed.ts';
import { Informer } from '../../kube/informer.ts';
import type { Reader, Watcher, Writer } from '../../kube/interfaces.ts';
import type { ObjectKey } from '../../kube/objects.ts';
import type { BootClock } from '../../lib/boot-clock.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Found, Written } from '../allocator-events.ts';
import type {
  AccountBudget,
  AccountUse,
  BudgetPhase,
  ConnectionBudget,
  JobReport,
  LoginResult,
  Slot,
  SlotEnd,
} from '../connection-budget.ts';
import {
  type HolderEffect,
  type HolderEvent,
  type HolderState,
  isReleased,
  newHolder,
  reduce,
  wakeAtMs,
} from '../holder.ts';
import { accountBudget, mayConnect, mayWrite, troubleOf } from '../holder-rules.ts';
import type { LeaseView } from '../protocol.ts';
import { quarantineMs, registryTimes, timing } from '../timing.ts';
import { failedWrite, found, leaseView } from './views.ts';

export interface HolderBindingOptions {
  client: Reader & Watcher & Pick<Writer, 'replaceStatus'>;
  /** Namespace of the pod, and its UID as the name. */
  leaseKey: ObjectKey;
  /** The registry accounts of this pod by name, with what their registries do. */
  accounts: Readonly<
    Record<string, { idleTimeoutSeconds: number; lateDeliverySeconds?: number | undefined }>
  >;
  /** 1 in production. */
  timeScale: number;
  clock: Clock;
  bootClock: BootClock;
  log: Log;
  /** A fresh UUID: names a process start, or what follows a fence. */
  newIncarnation(): string;
  /** Seed of the jitter; another one in each process. */
  seed: number;
}

export interface BoundHolder extends ConnectionBudget {
  /** Ends watch and renewals without telling anybody: what is still open runs into the lease's end. */
  stop(): void;
}

export function startHolder(options: HolderBindingOptions): BoundHolder {
  const holder = new Holder(options);
  holder.start();
  return holder;
}

type Unstamped<E> = E extends unknown ? Omit<E, 'nowMs'> : never;
type Event = Unstamped<HolderEvent>;

class Holder implements BoundHolder {
  readonly #options: HolderBindingOptions;
  readonly #log: Log;
  readonly #elapsed: Elapsed;
  readonly #begin: Moment;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #slots = new Map<string, HeldSlot>();
  /** The use that the state knows, since when, and the latest. */
  readonly #uses = new Map<string, { told: AccountUse; latest: AccountUse; atMs: number }>();
  /** The object behind the version that the holder knows: a report replaces it whole. */
  #lease: EppConnectionLease | undefined;
  #state: HolderState;
  #timer: Timer | undefined;
  #slotCount = 0;
  #told = '';

  constructor(options: HolderBindingOptions) {
    const { accounts, clock, bootClock, timeScale, newIncarnation, seed, log } = options;
    this.#options = options;
    this.#log = log;
    this.#elapsed = new Elapsed(clock, bootClock);
    this.#begin = this.#elapsed.now();
    const times = timing(timeScale);
    const quarantines = Object.entries(accounts).map(([name, connections]) => [
      name,
      { quarantineMs: quarantineMs(times, registryTimes(connections)) },
    ]);
    this.#state = newHolder({
      timing: times,
      accounts: Object.fromEntries(quarantines),
      incarnation: newIncarnation(),
      seed,
    });
  }

  start(): void {
    const { client, leaseKey, clock, log } = this.#options;
    const informer = new Informer<EppConnectionLease>({
      client,
      clock,
      log,
      resource: EPP_CONNECTION_LEASE,
      ...(leaseKey.namespace !== undefined && { namespace: leaseKey.namespace }),
      fieldSelector: `metadata.name=${leaseKey.name}`,
    });
    informer.onEvent((event) => {
      if (event.type === 'deleted') this.#dispatch({ type: 'heard', lease: undefined });
      else this.#dispatch({ type: 'heard', lease: this.#viewOf(event.object) });
    });
    void informer.run(this.#stop.signal);
    this.#dispatch({ type: 'tick' });
  }

  stop(): void {
    this.#stop.abort(new Error('the holder stops'));
    this.#timer?.cancel();
  }

  // ---- what pools see

  get phase(): BudgetPhase {
    return this.#state.phase;
  }

  get trouble(): string | undefined {
    return troubleOf(this.#state, this.nowMs());
  }

  account(account: string): AccountBudget {
    return accountBudget(this.#state, account, this.nowMs());
  }

  acquire(account: string): Slot | undefined {
    const id = `${++this.#slotCount}`;
    this.#dispatch({ type: 'acquire', account, slot: id });
    if (this.#state.accounts[account]?.book[id] === undefined) return undefined;
    const slot = new HeldSlot(this, account, id);
    this.#slots.set(id, slot);
    return slot;
  }

  /** Cheap, since it is called on every change: what is lower than a moment ago may wait, a peak may not. */
  report(account: string, { inUse, queued }: AccountUse): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { demandPeakMs } = this.#state.timing;
    const last = this.#uses.get(account);
    const use = { inUse, queued };
    const higher = last === undefined || inUse + queued > last.told.inUse + last.told.queued;
    if (!higher && nowMs - last.atMs < demandPeakMs / 10) {
      last.latest = use;
      return;
    }
    this.#uses.set(account, { told: use, latest: use, atMs: nowMs });
    this.#dispatch({ type: 'use', account, use });
  }

  limitHit(account: string): void {
    this.#dispatch({ type: 'limit-hit', account });
  }

  loginResult(account: string, result: LoginResult): void {
    this.#dispatch({ type: 'login-result', account, result });
  }

  reportJob(account: string, name: string, report: JobReport | undefined): void {
    const at = kubernetesTime(this.#options.clock.wall());
    this.#dispatch({ type: 'job', account, name, report, at });
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async drain({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    this.#dispatch({ type: 'drain' });
    await this.#until(() => this.#state.phase === 'released', timeoutMs);
    if (this.#state.phase !== 'released') this.#dispatch({ type: 'give-up' });
    await this.#until(() => isReleased(this.#state), this.#state.timing.requestTimeoutMs * 2);
    if (!isReleased(this.#state)) {
      this.#log.warn(
        {},
        'the release of the connections could not be told: they are given back when the lease has expired',
      );
    }
  }

  // ---- what slots ask

  nowMs(): number {
    return this.#elapsed.since(this.#begin);
  }

  mayConnect(account: string, slot: string): boolean {
    // Counted as dialled in the same breath: from here on the registry may count it.
    this.#dispatch({ type: 'dial', account, slot });
    const taken = this.#state.accounts[account]?.book[slot];
    return (
      taken?.at === 'connecting' && taken.dialled && mayConnect(this.#state, account, slot, this.nowMs())
    );
  }

  mayWrite(account: string, slot: string): boolean {
    const nowMs = this.nowMs();
    if (mayWrite(this.#state, account, slot, nowMs)) return true;
    // The first thing after a pause may be a write: then everything ends here and now.
    this.#dispatch({ type: 'tick' });
    return false;
  }

  tell(event: Extract<Event, { slot: string }>): void {
    this.#dispatch(event);
    if (event.type === 'ended') this.#slots.delete(event.slot);
  }

  // ---- the shell

  #dispatch(event: Event): void {
    if (this.#stop.signal.aborted) return;
    const nowMs = this.nowMs();
    const { state, effects } = reduce(this.#state, { ...event, nowMs } as HolderEvent);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
    this.#wakeLater();
    this.#tellChange();
  }

  #wakeLater(): void {
    const nowMs = this.nowMs();
    this.#timer?.cancel();
    const wait = Math.max(1, wakeAtMs(this.#state, nowMs) - nowMs);
    this.#timer = this.#options.clock.after(wait, () => {
      for (const [account, use] of this.#uses) {
        if (use.latest === use.told) continue;
        use.told = use.latest;
        this.#dispatch({ type: 'use', account, use: use.latest });
      }
      this.#dispatch({ type: 'tick' });
    });
  }

  /** Pools are told of what they see alone, not of every event. */
  #tellChange(): void {
    const { accounts, phase } = this.#state;
    const nowMs = this.nowMs();
    const seen = Object.keys(accounts).map((name) => {
      const { cap, excess, pausedUntilMs, occupied, commands, logins, password } = accountBudget(
        this.#state,
        name,
        nowMs,
      );
      const share = `${commands.perSecond ?? ''}/${commands.perMinute ?? ''}`;
      return `${cap} ${excess} ${pausedUntilMs ?? ''} ${occupied < cap} ${share} ${logins} ${password}`;
    });
    const told = `${phase} ${seen.join(';')}`;
    if (told === this.#told) return;
    this.#told = told;
    for (const listener of this.#listeners) queueMicrotask(listener);
  }

  #do(effect: HolderEffect): void {
    switch (effect.type) {
      case 'put':
        void this.#put(effect);
        break;
      case 'read':
        void this.#read();
        break;
      case 'revoke':
        for (const id of effect.slots) this.#revoke(id);
        break;
      case 'new-incarnation':
        this.#log.warn(
          { reason: effect.reason },
          'fenced: every connection is destroyed, and we register anew',
        );
        queueMicrotask(() => this.#dispatch({ type: 'incarnation', id: this.#options.newIncarnation() }));
    }
  }

  #revoke(id: string): void {
    const slot = this.#slots.get(id);
    this.#slots.delete(id);
    if (slot) queueMicrotask(() => slot.revoke());
  }

  async #put({ version, status }: Extract<HolderEffect, { type: 'put' }>): Promise<void> {
    let written: Written<LeaseView>;
    const lease = this.#lease;
    try {
      if (!lease) throw new Error('no lease was heard of');
      const metadata = { ...lease.metadata, resourceVersion: version };
      const object = await this.#request((signal) =>
        this.#options.client.replaceStatus(EPP_CONNECTION_LEASE, { ...lease, metadata, status }, signal),
      );
      written = { result: 'ok', view: this.#viewOf(object) };
    } catch (error) {
      written = failedWrite(error);
      const fields = { result: written.result, reason: messageOf(error) };
      if (written.result === 'conflict')
        this.#log.debug(fields, 'the lease has changed meanwhile: reading it');
      else this.#log.warn(fields, 'the lease was not renewed');
    }
    this.#dispatch({ type: 'put-done', written });
  }

  async #read(): Promise<void> {
    let answer: Found<LeaseView>;
    try {
      const { client, leaseKey } = this.#options;
      const object = await this.#request((signal) => client.get(EPP_CONNECTION_LEASE, leaseKey, signal));
      answer = found(object, (lease) => this.#viewOf(lease));
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, 'the lease could not be read');
      answer = { result: 'unknown' };
    }
    this.#dispatch({ type: 'read-done', found: answer });
  }

  #request<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout = AbortSignal.timeout(this.#state.timing.requestTimeoutMs);
    return send(AbortSignal.any([this.#stop.signal, timeout]));
  }

  #viewOf(lease: EppConnectionLease): LeaseView {
    this.#lease = lease;
    return leaseView(lease);
  }

  /** Waits for a condition of the state, or until time is out. */
  async #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const end = clock.monotonicMs() + timeoutMs;
    while (!condition() && clock.monotonicMs() < end && !this.#stop.signal.aborted) await clock.sleep(20);
  }
}

class HeldSlot implements Slot {
  readonly account: string;
  readonly #holder: Holder;
  readonly #id: string;
  readonly #revoked = new AbortController();

  constructor(holder: Holder, account: string, id: string) {
    this.#holder = holder;
    this.account = account;
    this.#id = id;
  }

  get revoked(): AbortSignal {
    return this.#revoked.signal;
  }

  mayConnect(): boolean {
    return this.#holder.mayConnect(this.account, this.#id);
  }

  mayWrite(): boolean {
    return this.#holder.mayWrite(this.account, this.#id);
  }

  opened(): void {
    this.#holder.tell({ type: 'opened', account: this.account, slot: this.#id });
  }

  closing(): void {
    this.#holder.tell({ type: 'closing', account: this.account, slot: this.#id });
  }

  ended(how: SlotEnd): void {
    this.#holder.tell({ type: 'ended', account: this.account, slot: this.#id, how });
  }

  revoke(): void {
    this.#revoked.abort(new Error('the connection budget took this connection back'));
  }
}
