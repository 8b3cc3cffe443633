/** A fixed share of each account, for an adapter that runs alone: budget mode `local`. */
import type { Clock, Timer } from '../lib/clock.ts';
import { commandLimits } from './command-share.ts';
import type {
  AccountBudget,
  AccountUse,
  BudgetPhase,
  CommandShare,
  ConnectionBudget,
  LoginResult,
  Slot,
  SlotEnd,
} from './connection-budget.ts';
import { type LocalLogin, localLogin, localPermission, UNTRIED } from './local-login.ts';
import {
  countSlots,
  excessSlots,
  freeSlots,
  nextFreeMs,
  type SlotBook,
  type SlotState,
  slotClosing,
  slotDialled,
  slotEnded,
  slotOpened,
  takeSlot,
} from './slot-book.ts';
import { quarantineMs, registryTimes, type Timing, timing } from './timing.ts';

export interface LocalAccount {
  /** Connections that this process may have. */
  max: number;
  idleTimeoutSeconds: number;
  lateDeliverySeconds?: number | undefined;
  /** Most commands of this process; 0 or absent: no limit. */
  commands?: { perSecond?: number; perMinute?: number };
}

export interface LocalBudget extends ConnectionBudget {
  /** Ends its timer. */
  stop(): void;
}

/** Grants `max` connections an account, and counts slots by the same rules as a lease does. */
export function localBudget(options: {
  accounts: Readonly<Record<string, LocalAccount>>;
  clock: Clock;
  /** Shrinks the times of the protocol, as in mode lease: for tests alone. 1 by default. */
  timeScale?: number;
}): LocalBudget {
  return new FixedShare(options.accounts, options.clock, options.timeScale ?? 1);
}

const isWritable = (slot: SlotState | undefined): boolean =>
  slot?.at === 'connecting' ? slot.dialled : slot?.at === 'open' || slot?.at === 'closing';

interface Share {
  readonly max: number;
  readonly quarantineMs: number;
  readonly commands: CommandShare;
  book: SlotBook;
  pausedUntilMs: number | undefined;
  login: LocalLogin;
}

class FixedShare implements LocalBudget {
  readonly #clock: Clock;
  readonly #timing: Timing;
  readonly #shares: Map<string, Share>;
  readonly #listeners: (() => void)[] = [];
  #phase: BudgetPhase = 'active';
  #timer: Timer | undefined;
  readonly #revocations = new Map<string, AbortController>();
  #count = 0;

  constructor(accounts: Readonly<Record<string, LocalAccount>>, clock: Clock, timeScale: number) {
    this.#clock = clock;
    this.#timing = timing(timeScale);
    this.#shares = new Map(
      Object.entries(accounts).map(([name, { max, commands = {}, ...connections }]) => [
        name,
        {
          max,
          commands: commandLimits(commands),
          quarantineMs: quarantineMs(this.#timing, registryTimes(connections)),
          book: {},
          pausedUntilMs: undefined,
          login: UNTRIED,
        },
      ]),
    );
  }

  get phase(): BudgetPhase {
    return this.#phase;
  }

  get trouble(): string | undefined {
    return this.#phase === 'active' ? undefined : 'the process is shutting down';
  }

  account(account: string): AccountBudget {
    const { book, max, commands, login, pausedUntilMs } = this.#share(account);
    const counts = countSlots(book);
    const active = this.#phase === 'active';
    return {
      cap: active ? max : 0,
      occupied: counts.occupied,
      pausedUntilMs,
      excess: active ? excessSlots(counts, max) : counts.connecting + counts.open,
      commands,
      // Nobody remembers whether the password was changed once this process is over: so it is not.
      logins: localPermission(login, this.#clock.monotonicMs()),
      password: 'current',
    };
  }

  acquire(account: string): Slot | undefined {
    this.#passTime();
    const share = this.#share(account);
    const { occupied } = countSlots(share.book);
    if (this.#phase !== 'active' || occupied >= share.max || share.pausedUntilMs !== undefined)
      return undefined;
    const id = `${++this.#count}`;
    const revoked = new AbortController();
    share.book = takeSlot(share.book, id);
    this.#revocations.set(id, revoked);
    const change = (next: (book: SlotBook) => SlotBook) => {
      share.book = next(share.book);
      this.#changed();
    };
    return {
      account,
      revoked: revoked.signal,
      mayConnect: () => {
        this.#passTime();
        const connecting = share.book[id]?.at === 'connecting';
        if (!connecting || this.#phase !== 'active' || share.pausedUntilMs !== undefined) return false;
        share.book = slotDialled(share.book, id);
        return true;
      },
      mayWrite: () => isWritable(share.book[id]),
      opened: () => change((book) => slotOpened(book, id)),
      closing: () => change((book) => slotClosing(book, id)),
      ended: (how: SlotEnd) => {
        const times = { timing: this.#timing, quarantineMs: share.quarantineMs };
        this.#revocations.delete(id);
        change((book) => slotEnded(book, id, how, this.#clock.monotonicMs(), times));
      },
    };
  }

  report(_account: string, _use: AccountUse): void {
    // Nobody lends or borrows here.
  }

  limitHit(account: string): void {
    this.#share(account).pausedUntilMs = this.#clock.monotonicMs() + this.#timing.limitPauseMs;
    this.#changed();
  }

  loginResult(account: string, result: LoginResult): void {
    const share = this.#share(account);
    const login = localLogin(share.login, result, this.#clock.monotonicMs(), this.#timing);
    if (login === share.login) return;
    share.login = login;
    this.#changed();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async drain({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    this.#phase = 'draining';
    this.#changed();
    const end = this.#clock.monotonicMs() + timeoutMs;
    // What lingers or is in quarantine dies with the process: nobody else opens on this share.
    while (this.#live() > 0 && this.#clock.monotonicMs() < end) await this.#clock.sleep(20);
    this.#phase = 'released';
    for (const [id, revoked] of this.#revocations) {
      this.#revocations.delete(id);
      revoked.abort(new Error('the time to drain is over'));
    }
    this.#changed();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #live(): number {
    const counts = [...this.#shares.values()].map(({ book }) => countSlots(book));
    return counts.reduce((sum, { connecting, open, closing }) => sum + connecting + open + closing, 0);
  }

  #share(account: string): Share {
    const share = this.#shares.get(account);
    if (!share) throw new Error(`the connection budget knows no account ${account}`);
    return share;
  }

  #passTime(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const share of this.#shares.values()) {
      share.book = freeSlots(share.book, nowMs);
      if (share.pausedUntilMs !== undefined && nowMs >= share.pausedUntilMs) share.pausedUntilMs = undefined;
    }
  }

  #changed(): void {
    this.#passTime();
    this.#timer?.cancel();
    const nowMs = this.#clock.monotonicMs();
    const next = Math.min(
      ...[...this.#shares.values()].map(({ book, pausedUntilMs, login }) =>
        Math.min(
          nextFreeMs(book),
          pausedUntilMs ?? Number.POSITIVE_INFINITY,
          login.notBeforeMs > nowMs ? login.notBeforeMs : Number.POSITIVE_INFINITY,
        ),
      ),
    );
    if (Number.isFinite(next))
      this.#timer = this.#clock.after(Math.max(1, next - nowMs), () => this.#changed());
    for (const listener of this.#listeners) queueMicrotask(listener);
  }
}
