/**
 * What a session says for itself counts as commands, too: its login, its keepalives, its logout. They wait their turn, and what
 * callers ask leaves room for those that wait.
 */
import type { Slot } from '../budget/connection-budget.ts';
import type { EppSession, SessionPermit } from '../epp/session.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { CommandRate, HeldCommand } from './scheduler/command-rate.ts';

export interface OwnCommandsOptions {
  slot: Slot;
  rate: CommandRate;
  /** Held for the login since before the connection was opened. */
  login: HeldCommand;
  clock: Clock;
}

/** A share may have been lowered to nothing: then nobody knows when to look again. */
const LOOK_AGAIN_MS = 250;
/** A logout that finds no room for so long is left out: the connection is cut. */
const LOGOUT_WAIT_MS = 30_000;

export class OwnCommands {
  /** What the session asks before it connects, writes, or speaks unasked. */
  readonly permit: SessionPermit;
  readonly #options: OwnCommandsOptions;
  #loginWritten = false;
  /** Written at a moment that we are not told. */
  #late: HeldCommand | undefined;
  #timer: Timer | undefined;

  constructor(options: OwnCommandsOptions) {
    this.#options = options;
    const { slot } = options;
    this.permit = {
      mayConnect: () => slot.mayConnect(),
      mayWrite: () => slot.mayWrite() && (this.#loginWritten || this.#mayLogin()),
      maySpeak: () => this.#take(),
    };
  }

  /** The first that a session writes. */
  #mayLogin(): boolean {
    const { login, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!login.mayWrite(nowMs)) return false;
    login.end(nowMs);
    this.#loginWritten = true;
    return true;
  }

  #take(): boolean {
    const { rate, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!rate.may(nowMs)) {
      rate.claim(this);
      return false;
    }
    rate.unclaim(this);
    rate.sent(nowMs);
    return true;
  }

  /**
   * A caller's command has been handed to the session: no keepalive is due any more.
   * @returns what holds for it where a keepalive is in its way: it is written later than it was counted
   */
  callersCommand({ waiting }: EppSession): HeldCommand | undefined {
    const { rate } = this.#options;
    rate.unclaim(this);
    return waiting > 0 ? rate.holdAnyway() : undefined;
  }

  /**
   * Calls `send` when there is room for the logout, or `cut` when there is none for long.
   * @param session whose keepalive may be in the way of it
   */
  logout(session: EppSession, { send, cut }: { send(): void; cut(): void }): void {
    const { rate, clock } = this.#options;
    const sinceMs = clock.monotonicMs();
    const look = (): void => {
      // One that has ended by itself says nothing more
      const open = session.state === 'idle' || session.state === 'busy';
      if (!open || this.#take()) {
        if (rate.limited && session.inFlight > 0) this.#late = rate.holdAnyway();
        send();
        return;
      }
      const nowMs = clock.monotonicMs();
      if (nowMs - sinceMs >= LOGOUT_WAIT_MS) cut();
      else this.#timer = clock.after(Math.ceil(Math.min(LOOK_AGAIN_MS, rate.waitMs(nowMs))), look);
    };
    look();
  }

  /** The connection is gone. */
  end(): void {
    const { rate, login, clock } = this.#options;
    this.#timer?.cancel();
    rate.unclaim(this);
    login.cancel();
    this.#late?.end(clock.monotonicMs());
  }
}
