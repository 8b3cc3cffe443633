/** Whether the sets keep to the bounds of a rollout, judged against the legacy path in the same process and the same time. Pure. */
import { LatencyWindow, type WindowFigures } from './latency-window.ts';

export interface GuardPolicy {
  /** Names this run: once its bounds were broken they stay so until another run comes. */
  readonly run: string;
  /** The sets' share of failed requests may be this many percent points above the legacy path's. */
  readonly maxErrorPercent: number;
  /** The sets' p99 may be this share of the legacy path's. */
  readonly maxP99Percent: number;
  /** A path with fewer in the window is not judged. */
  readonly minRequests: number;
  readonly windowMs: number;
}

export type GuardedPath = 'sets' | 'legacy';

/** Between two judgements: a breach is seen this long after it is there, at the latest with the next request. */
const EVERY_MS = 100;

/**
 * While the legacy path has fewer than `minRequests` (at 100 percent it has none) there is nothing to compare with: the sets' failures
 * alone are held against `maxErrorPercent`, as if the legacy path had none, and their p99 is not judged.
 */
export class RolloutGuard {
  #policy: GuardPolicy;
  #windows: Record<GuardedPath, LatencyWindow>;
  #breach: string | undefined;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(policy: GuardPolicy) {
    this.#policy = policy;
    this.#windows = windowsOf(policy);
  }

  get run(): string {
    return this.#policy.run;
  }

  /** Why the bounds are broken, for people; undefined while they hold. Latched: it stays in this run. */
  get breach(): string | undefined {
    return this.#breach;
  }

  /** Another run begins with nothing counted; within a run, changed bounds count from the next request on. */
  take(policy: GuardPolicy): void {
    const before = this.#policy;
    this.#policy = policy;
    if (policy.run !== before.run) this.#breach = undefined;
    if (policy.run !== before.run || policy.windowMs !== before.windowMs) this.#windows = windowsOf(policy);
    this.#nextMs = Number.NEGATIVE_INFINITY;
  }

  /** What became of a request. True: with it the bounds were broken, just now. */
  served(path: GuardedPath, ms: number, failed: boolean, nowMs: number): boolean {
    this.#windows[path].add(ms, failed, nowMs);
    if (this.#breach !== undefined || nowMs < this.#nextMs) return false;
    return this.judge(nowMs);
  }

  /** Judges now. True: the bounds were broken, just now. To be called now and then where the last request may be some time ago. */
  judge(nowMs: number): boolean {
    if (this.#breach !== undefined) return false;
    this.#nextMs = nowMs + EVERY_MS;
    const { sets, legacy } = this.figures(nowMs);
    this.#breach = breachOf(this.#policy, sets, legacy);
    return this.#breach !== undefined;
  }

  /** Of the window, for a report. */
  figures(nowMs: number): Record<GuardedPath, WindowFigures> {
    return { sets: this.#windows.sets.figures(nowMs), legacy: this.#windows.legacy.figures(nowMs) };
  }
}

function windowsOf({ windowMs }: GuardPolicy): Record<GuardedPath, LatencyWindow> {
  return { sets: new LatencyWindow(windowMs), legacy: new LatencyWindow(windowMs) };
}

function breachOf(policy: GuardPolicy, sets: WindowFigures, legacy: WindowFigures): string | undefined {
  const { maxErrorPercent, maxP99Percent, minRequests } = policy;
  if (sets.requests < minRequests) return undefined;
  const compared = legacy.requests >= minRequests;
  const errors = errorPercent(sets);
  const allowed = (compared ? errorPercent(legacy) : 0) + maxErrorPercent;
  // a trifle, since percentages of whole numbers are seldom exact
  if (errors > allowed + 1e-9) {
    const beside = compared
      ? `${told(errorPercent(legacy))} % of the legacy path's ${legacy.requests}`
      : 'too few on the legacy path to compare';
    return `${told(errors)} % of the sets' ${sets.requests} requests failed, ${beside}: more than ${told(allowed)} % are too many`;
  }
  if (!compared || sets.p99Ms === undefined || legacy.p99Ms === undefined) return undefined;
  const percent = (sets.p99Ms / legacy.p99Ms) * 100;
  if (percent <= maxP99Percent + 1e-9) return undefined;
  return `the sets' p99 of ${told(sets.p99Ms)} ms is ${Math.round(percent)} % of the legacy path's ${told(legacy.p99Ms)} ms: more than ${maxP99Percent} % is too slow`;
}

function errorPercent({ requests, failures }: WindowFigures): number {
  return (100 * failures) / requests;
}

function told(figure: number): string {
  return String(Number(figure.toPrecision(3)));
}
