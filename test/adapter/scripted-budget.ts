import type {
  AccountBudget,
  AccountUse,
  BudgetPhase,
  CommandShare,
  ConnectionBudget,
  LoginPermission,
  LoginResult,
  PasswordInUse,
  Slot,
  SlotEnd,
} from '../../src/budget/connection-budget.ts';

interface Held {
  stage: 'connecting' | 'open' | 'closing';
  revoke: AbortController;
}

/** A budget that does what the test says: the cap moves, slots are revoked, and everything is written down. */
export class ScriptedBudget implements ConnectionBudget {
  phase: BudgetPhase = 'active';
  trouble: string | undefined;
  pausedUntilMs: number | undefined;
  commands: CommandShare = {};
  logins: LoginPermission = 'all';
  password: PasswordInUse = 'current';
  readonly limitHits: string[] = [];
  readonly loginResults: LoginResult[] = [];
  readonly ends: SlotEnd[] = [];
  readonly reports: (AccountUse & { account: string })[] = [];
  /** Most slots that ever counted at once. */
  highest = 0;
  mayWrite = true;
  /** Slots whose connections were lost count until this is lowered. */
  unconfirmed: number | undefined;
  #cap: number;
  readonly #held = new Set<Held>();
  readonly #listeners: (() => void)[] = [];

  constructor(cap: number) {
    this.#cap = cap;
  }

  get held(): number {
    return this.#held.size + (this.unconfirmed ?? 0);
  }

  set cap(cap: number) {
    this.#cap = cap;
    this.changed();
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  revokeAll(): void {
    for (const held of [...this.#held]) held.revoke.abort();
  }

  account(): AccountBudget {
    const staying = [...this.#held].filter(({ stage }) => stage !== 'closing').length;
    return {
      cap: this.#cap,
      occupied: this.held,
      pausedUntilMs: this.pausedUntilMs,
      excess: Math.max(0, staying - this.#cap),
      commands: this.commands,
      logins: this.logins,
      password: this.password,
    };
  }

  acquire(account: string): Slot | undefined {
    if (this.phase !== 'active' || this.held >= this.#cap || this.pausedUntilMs !== undefined)
      return undefined;
    const held: Held = { stage: 'connecting', revoke: new AbortController() };
    this.#held.add(held);
    this.highest = Math.max(this.highest, this.held);
    return {
      account,
      mayConnect: () => true,
      mayWrite: () => this.mayWrite && !held.revoke.signal.aborted,
      revoked: held.revoke.signal,
      opened: () => {
        held.stage = 'open';
      },
      closing: () => {
        held.stage = 'closing';
        this.changed();
      },
      ended: (how) => {
        if (!this.#held.delete(held)) throw new Error('a slot ended twice');
        this.ends.push(how);
        if (how === 'unconfirmed' && this.unconfirmed !== undefined) this.unconfirmed++;
        this.changed();
      },
    };
  }

  report(account: string, use: AccountUse): void {
    this.reports.push({ account, ...use });
  }

  limitHit(account: string): void {
    this.limitHits.push(account);
  }

  loginResult(_account: string, result: LoginResult): void {
    this.loginResults.push(result);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async drain(): Promise<void> {
    this.phase = 'draining';
    this.changed();
  }
}
