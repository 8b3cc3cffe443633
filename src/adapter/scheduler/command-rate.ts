/**
 * How many commands the connections of one account may send: the share of this process (see `CommandShare` of the budget). Pure:
 * it is told the time.
 *
 *   logins, keepalives, logouts ──▶ ▣ ▣ ▢ ▢ ▢ ▢ ▢ ▢      as much as there is
 *   transforms                  ────▶ ▣ ▢ ▢ ▢ ▢ ▢ ▢      but what the first wait for
 *   queries, background         ──────▶ ▢ ▢ ▢ ▢ ▢ ▢      but what waiting transforms need, and a reserve for the next
 *
 * A second is used to its last command, after a pause of a second where a share was raised. A minute is too long for that: half
 * of a share may be sent at once, and the other half flows in, so that who starts anew begins at once, slowly.
 */
import type { CommandShare } from '../../budget/connection-budget.ts';
import { SpanRate } from './span-rate.ts';

/** A command whose moment is not known yet: a login before its connection stands. It counts as sent until it ends. */
export interface HeldCommand {
  /** Whether it may still be written now: the share may have been lowered. */
  mayWrite(nowMs: number): boolean;
  /** It was sent, or may have been. Idempotent. */
  end(nowMs: number): void;
  /** It never was. Idempotent. */
  cancel(): void;
}

/** What a command must leave to others. */
export interface Left {
  /** For transforms that wait. */
  waiting: number;
  /** For transforms that may come. */
  reserve: boolean;
}

export class CommandRate {
  readonly #percent: number;
  readonly #second = new SpanRate({ spanMs: 1_000, atOnce: 1 });
  readonly #minute = new SpanRate({ spanMs: 60_000, atOnce: 0.5 });
  /** Who waits for room of his own: what callers ask leaves it to them. */
  readonly #claims = new Set<object>();
  #limited = true;

  /** @param reservePercent of a share that is kept for transforms; at least one command of two, unless it is 0 */
  constructor(reservePercent: number) {
    this.#percent = reservePercent;
  }

  /** False: nothing needs to be asked or told. */
  get limited(): boolean {
    return this.#limited;
  }

  /** For people. */
  get words(): string {
    const spans = [
      [this.#second.share, 'second'],
      [this.#minute.share, 'minute'],
    ] as const;
    const limits = spans.filter(([share]) => Number.isFinite(share));
    return limits.map(([share, span]) => `${share} commands a ${span}`).join(' and ') || 'any commands';
  }

  /** To be called at the moment of each change; nothing may be sent before the first. */
  change({ perSecond, perMinute }: CommandShare, nowMs: number): void {
    this.#second.change(perSecond ?? Number.POSITIVE_INFINITY, nowMs);
    this.#minute.change(perMinute ?? Number.POSITIVE_INFINITY, nowMs);
    this.#limited = perSecond !== undefined || perMinute !== undefined;
  }

  claim(who: object): void {
    this.#claims.add(who);
  }

  unclaim(who: object): void {
    this.#claims.delete(who);
  }

  /** @param left where a caller asks; what is said by a session for itself leaves nothing */
  may(nowMs: number, left?: Left): boolean {
    if (!this.#limited) return true;
    return (
      this.#second.room(nowMs) > this.#kept(this.#second, left) &&
      this.#minute.room(nowMs) > this.#kept(this.#minute, left)
    );
  }

  /** One is sent now. Only where it may. */
  sent(nowMs: number): void {
    if (!this.#limited) return;
    this.#second.sent(nowMs);
    this.#minute.sent(nowMs);
  }

  /** One that is sent later, or that may not have been sent yet; undefined where it may not. */
  hold(nowMs: number): HeldCommand | undefined {
    return this.may(nowMs) ? this.holdAnyway() : undefined;
  }

  /** One that is counted already, and whose moment may still be to come. */
  holdAnyway(): HeldCommand {
    let held = true;
    this.#second.hold();
    this.#minute.hold();
    const drop = (): boolean => {
      if (!held) return false;
      held = false;
      this.#second.drop();
      this.#minute.drop();
      return true;
    };
    return {
      mayWrite: (nowMs) => this.#second.room(nowMs) >= 0 && this.#minute.room(nowMs) >= 0,
      end: (nowMs) => {
        if (drop()) this.sent(nowMs);
      },
      cancel: () => void drop(),
    };
  }

  /** Milliseconds until one may be sent, if nothing happens until then; Infinity where that never comes by itself. */
  waitMs(nowMs: number, left?: Left): number {
    if (!this.#limited) return 0;
    return Math.max(
      0,
      this.#second.waitMs(nowMs, 1 + this.#kept(this.#second, left)),
      this.#minute.waitMs(nowMs, 1 + this.#kept(this.#minute, left)),
    );
  }

  /** Milliseconds that so many commands take at this share, about; Infinity without any. */
  timeOfMs(commands: number): number {
    if (!this.#limited || commands === 0) return 0;
    return Math.max((1_000 * commands) / this.#second.share, (60_000 * commands) / this.#minute.share);
  }

  #kept(span: SpanRate, left: Left | undefined): number {
    if (!left || span.share === Number.POSITIVE_INFINITY) return 0;
    const { waiting, reserve } = left;
    // A share so small that half of it is no command has nothing to keep
    const most = Math.floor(span.most / 2);
    const kept =
      reserve && this.#percent > 0 ? Math.max(1, Math.floor((span.most * this.#percent) / 100)) : 0;
    return Math.min(kept, most) + waiting + this.#claims.size;
  }
}
