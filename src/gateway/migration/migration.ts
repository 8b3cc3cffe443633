/**
 * The way from the old world to the sets, a share of the requests at a time.
 *
 *   request ─▶ pathOf ─┬─ sets ───▶ …                          what became of it ─▶ guard ─▶ bounds broken: all to legacy
 *                      └─ legacy ─▶ toLegacy ─▶ its answer ──┬─▶ caller
 *                                                            └─▶ shadow: a copy to the sets, compared
 */
import type { GatewayPolicy } from '../../api/files/gateway-file.ts';
import type { RolloutReport } from '../../api/http/rollout-report.ts';
import { durationMs } from '../../api/v1alpha1/duration.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { WindowFigures } from '../../routing/latency-window.ts';
import { type GuardPolicy, RolloutGuard } from '../../routing/rollout-guard.ts';
import type { Migration, ServedPath } from '../parts.ts';
import { refused } from '../problems.ts';
import type { GatewayAnswer, GatewayRequest } from '../request.ts';
import { LegacyPath } from './legacy-path.ts';
import type { MigrationMetrics } from './metrics.ts';
import { PathChoice } from './path-choice.ts';
import { ShadowCopies } from './shadow.ts';

export interface RolloutOptions {
  policy: GatewayPolicy;
  /** The way of a copied read to the sets; not counted as a request of a caller. */
  send(request: GatewayRequest): Promise<GatewayAnswer>;
  /** See LegacyPathOptions. */
  ownKeys?: boolean;
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  metrics: MigrationMetrics;
  log: Log;
}

/** Bounds that break while no request comes any more are noticed too. */
const JUDGE_EVERY_MS = 250;
const NOTHING = { requests: 0, failures: 0 };

export class Rollout implements Migration {
  readonly #options: RolloutOptions;
  readonly #legacy: LegacyPath;
  readonly #copies: ShadowCopies;
  #policy: GatewayPolicy;
  #choice: PathChoice;
  /** The last one there was: a request may still be on its way there. */
  #legacyUrl: URL | undefined;
  /** Stays when it is not in the policy: its run may come back. */
  #guard: RolloutGuard | undefined;
  #timer: Timer | undefined;

  constructor(options: RolloutOptions) {
    this.#options = options;
    this.#legacy = new LegacyPath({ clock: options.clock, ownKeys: options.ownKeys ?? false });
    this.#copies = new ShadowCopies(options);
    this.#policy = options.policy;
    this.#choice = new PathChoice(options.policy.rollout);
    this.take(options.policy);
  }

  take(policy: GatewayPolicy): void {
    const { rollout } = policy;
    this.#policy = policy;
    this.#choice = new PathChoice(rollout);
    if (rollout.legacy) this.#legacyUrl = new URL(rollout.legacy.url);
    if (rollout.guard) this.#takeGuard(guardPolicy(rollout.guard));
    this.#show();
    this.#watch();
  }

  pathOf(request: GatewayRequest, tld: string): ServedPath {
    // who names a set means it: the legacy system knows none
    if (!this.#policy.rollout.legacy || request.set !== undefined) return 'sets';
    return this.#breach === undefined ? this.#choice.of(request, tld) : 'legacy';
  }

  served(path: ServedPath, { ms, failed }: { readonly ms: number; readonly failed: boolean }): void {
    const { clock, metrics } = this.#options;
    metrics.served(path, failed);
    if (!this.#policy.rollout.guard) return;
    if (this.#guard?.served(path, ms, failed, clock.monotonicMs())) this.#trip();
  }

  async toLegacy(request: GatewayRequest): Promise<GatewayAnswer> {
    if (this.#legacyUrl) return this.#legacy.send(request, this.#legacyUrl);
    return refused('legacy-unreachable', 'no legacy URL is configured');
  }

  shadow(request: GatewayRequest, legacy: GatewayAnswer): void {
    const { rollout, timeouts } = this.#policy;
    if (!rollout.shadow) return;
    const { percent } = rollout.shadow;
    this.#copies.copy(request, legacy, { percent, timeoutMs: durationMs(timeouts.request) ?? 0 });
  }

  report(): RolloutReport {
    const { percent, guard } = this.#policy.rollout;
    if (!guard || !this.#guard) return { percent, sets: NOTHING, legacy: NOTHING };
    const { sets, legacy } = this.#guard.figures(this.#options.clock.monotonicMs());
    const tripped = this.#breach;
    return {
      run: guard.run,
      percent,
      ...(tripped === undefined ? {} : { tripped }),
      sets: told(sets),
      legacy: told(legacy),
    };
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#legacy.close();
  }

  /** Why the bounds were broken, while the run in which they were is the present one. */
  get #breach(): string | undefined {
    return this.#policy.rollout.guard && this.#guard?.breach;
  }

  #takeGuard(policy: GuardPolicy): void {
    if (this.#guard) this.#guard.take(policy);
    else this.#guard = new RolloutGuard(policy);
  }

  #watch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#policy.rollout.guard || this.#breach !== undefined) return;
    const { clock } = this.#options;
    this.#timer = clock.after(JUDGE_EVERY_MS, () => {
      if (this.#guard?.judge(clock.monotonicMs())) this.#trip();
      this.#watch();
    });
  }

  #trip(): void {
    const { log } = this.#options;
    this.#show();
    log.error(
      { run: this.#guard?.run, reason: this.#breach, percentBefore: this.#policy.rollout.percent },
      'the sets broke the bounds of the rollout: all requests take the legacy path',
    );
  }

  #show(): void {
    const { metrics } = this.#options;
    const tripped = this.#breach !== undefined;
    metrics.tripped(tripped);
    metrics.percent(tripped ? 0 : this.#policy.rollout.percent);
  }
}

type GuardFile = NonNullable<GatewayPolicy['rollout']['guard']>;

function guardPolicy({ window, ...bounds }: GuardFile): GuardPolicy {
  return { ...bounds, windowMs: Math.max(1, durationMs(window) ?? 0) };
}

function told({ requests, failures, p99Ms }: WindowFigures): RolloutReport['sets'] {
  return { requests, failures, ...(p99Ms === undefined ? {} : { p99Ms }) };
}
