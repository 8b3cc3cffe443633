/** Whether a load is too high, without going to and fro at the threshold. Pure. */

/** So far below the threshold it must come: what gives way lowers the load by itself, and would call back at once what raised it. */
const GAP = 0.1;
/** So long it must stay there: a pool's fill jumps by the second. */
const HOLD_MS = 5_000;

/** Active at `above` and over it at once; no longer active once the load has been below `above` - 0.1 for 5 s on end. */
export class LoadHysteresis {
  readonly #above: number;
  readonly #below: number;
  #active = false;
  #belowSinceMs: number | undefined;

  /** @param above a share of what there is, such as 0.8; where it is less than 0.2, the gap is half of it */
  constructor(above: number) {
    this.#above = above;
    this.#below = above - Math.min(GAP, above / 2);
  }

  get active(): boolean {
    return this.#active;
  }

  /** Takes the next measure; whether it is active now. A pause between measures counts as held: say what is known at its end. */
  update(load: number, nowMs: number): boolean {
    if (load >= this.#above) this.#active = true;
    if (load >= this.#below) this.#belowSinceMs = undefined;
    else this.#belowSinceMs ??= nowMs;
    if (this.#belowSinceMs !== undefined && nowMs - this.#belowSinceMs >= HOLD_MS) this.#active = false;
    return this.#active;
  }
}
