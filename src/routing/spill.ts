/**
 * How the requests of one caller set are shared between its own set and the fallback set `*`. Pure.
 *
 *            none is healthy (allDead, and gradual below 3 instances)
 *            or less than 1 / overprovisioning are (gradual)
 *     home ─────────────────────────────────────────────────────────▶ away
 *       ◀────────────────────────────────────────────────────────────
 *            returnAbovePercent are healthy, held for returnAfter
 *
 * The own set's share falls at once with what is healthy, and rises to no more than it could take all through the last returnAfter.
 * Away, the own set's share is what is healthy × overprovisioning (never more than all), under both policies: the first pod of four that
 * comes back after all were dead takes 35 %, not everything at once, and not nothing until the last one is there. Between
 * 1 / overprovisioning and returnAbovePercent the share stays as it is, but is no less than what is healthy: a set that has lost a pod for
 * good does not stay away.
 */

export interface SpillPolicy {
  readonly when: 'allDead' | 'gradual';
  /** 1.4: spills when less than 71 % are healthy. At least 1. */
  readonly overprovisioning: number;
  /** At most this share of the requests goes to the fallback set, whatever becomes of the rest. */
  readonly maxSpillPercent: number;
  readonly returnAbovePercent: number;
  /** In milliseconds. */
  readonly returnAfterMs: number;
}

/** Instances of both sets; those that drain count nowhere: they leave on purpose, and others have come for them. */
export interface SpillView {
  readonly ownReady: number;
  readonly ownDead: number;
  readonly fallbackReady: number;
}

/** `spill-limited`: the own set is dead, and the fallback set is spared this request. `none`: both are dead. */
export type SpillChoice = 'own' | 'fallback' | 'spill-limited' | 'none';

/** Goes to the own set as soon as one of it is ready: whether it serves is then known before everything comes back to it. */
const PROBE_SHARE = 0.01;

/** Fewer say nothing by their share. */
const GRADUAL_FROM = 3;

/** From `sinceMs` on, the own set could always take `share`. */
interface Held {
  readonly share: number;
  readonly sinceMs: number;
}

/** One for each caller set. Give it the first view once the first list of instances is there: what was never seen counts as dead. */
export class Spill {
  #policy: SpillPolicy;
  #view: SpillView = { ownReady: 0, ownDead: 0, fallbackReady: 0 };
  /** What has been held long enough, and behind it what is on its way: shares and times both rise. */
  #held: [Held, ...Held[]] = [{ share: 1, sinceMs: Number.NEGATIVE_INFINITY }];

  constructor(policy: SpillPolicy) {
    this.#policy = policy;
  }

  /** Counts at once. */
  take(policy: SpillPolicy, nowMs: number): void {
    this.#policy = policy;
    this.observe(this.#view, nowMs);
  }

  /** After each change of the instances: what is seen counts as held until the next call. */
  observe(view: SpillView, nowMs: number): void {
    this.#settle(nowMs);
    this.#view = view;
    const share = this.#possible();
    let sinceMs = nowMs;
    const lower: Held[] = [];
    for (const held of this.#held) {
      if (held.share < share) lower.push(held);
      else sinceMs = Math.min(sinceMs, held.sinceMs);
    }
    const [first = { share, sinceMs }, ...rest] = [...lower, { share, sinceMs }];
    this.#held = [first, ...rest];
    this.#settle(nowMs);
  }

  /** Share of the requests that is the own set's, whatever the fallback set can take. */
  ownShare(nowMs: number): number {
    this.#settle(nowMs);
    return this.#held[0].share;
  }

  /** @param draw in [0, 1) */
  choose(nowMs: number, draw: number): SpillChoice {
    const { ownReady, fallbackReady } = this.#view;
    if (fallbackReady === 0) return ownReady === 0 ? 'none' : 'own';
    const share = Math.max(this.ownShare(nowMs), ownReady > 0 ? PROBE_SHARE : 0);
    const spilled = Math.min(1 - share, this.#policy.maxSpillPercent / 100);
    if (draw < spilled) return 'fallback';
    return ownReady > 0 ? 'own' : 'spill-limited';
  }

  #settle(nowMs: number): void {
    for (let next = this.#held[1]; next; next = this.#held[1]) {
      if (nowMs - next.sinceMs < this.#policy.returnAfterMs) return;
      const [, ...rest] = this.#held;
      this.#held = [next, ...rest.slice(1)];
    }
  }

  /** What the own set can take, once it has been so for long enough. */
  #possible(): number {
    const { when, overprovisioning, returnAbovePercent } = this.#policy;
    const { ownReady, ownDead } = this.#view;
    const total = ownReady + ownDead;
    const healthy = ownReady === 0 ? 0 : ownReady / total;
    const proportion = Math.min(1, healthy * overprovisioning);
    const isEnough = when === 'gradual' && total >= GRADUAL_FROM ? proportion === 1 : healthy > 0;
    const { share } = this.#held[0];
    if (share === 1) return isEnough ? 1 : proportion;
    if (isEnough && healthy * 100 >= returnAbovePercent) return 1;
    return proportion < 1 ? proportion : Math.max(share, healthy);
  }
}
