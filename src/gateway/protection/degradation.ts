/**
 * Gives way before the business that matters suffers: while the pools of its adapters are fuller than `above`, a share of the requests of
 * other businesses is refused.
 *
 *   adapters ── load, every second ──▶ utilization by account ── the worst ──▶ hysteresis ──▶ active
 *
 * An adapter that cannot be asked counts as it was last for 10 s, and then not at all. While nobody can be asked nothing changes: neither
 * an idle pool nor a full one is known.
 */
import type { GatewayPolicy } from '../../api/files/gateway-file.ts';
import type { LoadReport } from '../../api/http/load-report.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { LoadHysteresis } from '../../routing/load-hysteresis.ts';
import { formatSetName } from '../../routing/set-name.ts';
import type { SetQuery, SetRoute } from '../../routing/set-router.ts';
import type { Instance, InstanceSource } from '../instance.ts';
import type { Degradation } from '../parts.ts';
import { atMost, type LoadAsker } from './load-polls.ts';
import type { ProtectionMetrics } from './metrics.ts';
import { fullest, utilizationOf } from './utilization.ts';

export interface PoolWatchOptions {
  policy: GatewayPolicy;
  /** Where requests go now, as the gateway itself decides. */
  route(query: SetQuery): SetRoute<Instance>;
  instances: Pick<InstanceSource, 'synced'>;
  asker: LoadAsker;
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  metrics: Pick<ProtectionMetrics, 'shed' | 'degradation' | 'utilization'>;
  log: Log;
}

const EVERY_MS = 1_000;
/** So that gateways do not all ask at once. */
const JITTER = 0.1;
const ASK_MS = 1_000;
const AT_ONCE = 16;
const KNOWN_MS = 10_000;

interface Known {
  readonly report: LoadReport;
  readonly atMs: number;
}

export class PoolWatch implements Degradation {
  readonly #options: PoolWatchOptions;
  #policy: GatewayPolicy;
  #hysteresis: LoadHysteresis | undefined;
  /** By instance. */
  readonly #known = new Map<string, Known>();
  #timer: Timer | undefined;
  #asking = false;
  #closed = false;

  constructor(options: PoolWatchOptions) {
    this.#options = options;
    this.#policy = options.policy;
    this.take(options.policy);
  }

  get active(): boolean {
    return this.#hysteresis?.active ?? false;
  }

  take(policy: GatewayPolicy): void {
    const { degradation: before } = this.#policy;
    this.#policy = policy;
    const { degradation } = policy;
    if (!degradation) {
      this.#leave();
      return;
    }
    if (!this.#hysteresis || before?.watch !== degradation.watch || before.above !== degradation.above) {
      this.#leave();
      this.#hysteresis = new LoadHysteresis(degradation.above / 100);
    }
    if (!this.#timer && !this.#asking) this.#schedule(this.#options.random() * EVERY_MS);
  }

  sheds(business: string, draw: number): boolean {
    const percent = this.active ? this.#policy.degradation?.shed[business] : undefined;
    if (percent === undefined || draw * 100 >= percent) return false;
    this.#options.metrics.shed(business);
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    void this.#options.asker.close();
  }

  #leave(): void {
    if (this.active) this.#options.log.info({}, 'no longer gives way: what is watched has changed');
    this.#hysteresis = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#known.clear();
    this.#options.metrics.degradation(false);
    this.#options.metrics.utilization('', new Map());
  }

  #schedule(afterMs: number): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(afterMs, () => {
      this.#timer = undefined;
      this.#round().catch((error) => {
        // such as before the gateway serves: there is no route yet
        this.#options.log.warn({ error }, 'how full the pools are cannot be found out');
        this.#asking = false;
        this.#schedule(EVERY_MS);
      });
    });
  }

  async #round(): Promise<void> {
    const { clock, random } = this.#options;
    this.#asking = true;
    const judge = this.#hysteresis;
    const startMs = clock.monotonicMs();
    const route = this.#route();
    await atMost(AT_ONCE, route?.candidates ?? [], (instance) => this.#ask(instance));
    this.#asking = false;
    if (this.#closed || !this.#policy.degradation) return;
    // of another business, by now
    if (this.#hysteresis !== judge) this.#known.clear();
    else if (route) this.#judge(route);
    const everyMs = EVERY_MS * (1 - JITTER + 2 * JITTER * random());
    this.#schedule(Math.max(0, startMs + everyMs - clock.monotonicMs()));
  }

  /** Of a request of the business that is watched: to its own set, else to the fallback. */
  #route(): SetRoute<Instance> | undefined {
    const { degradation, prefix, region } = this.#policy;
    if (!degradation) return undefined;
    return this.#options.route({ caller: formatSetName({ prefix, business: degradation.watch, region }) });
  }

  async #ask(instance: Instance): Promise<void> {
    const { asker, clock, log } = this.#options;
    try {
      const report = await asker.ask(instance, ASK_MS);
      this.#known.set(instance.id, { report, atMs: clock.monotonicMs() });
    } catch (error) {
      log.debug({ instance: instance.id, error }, 'an adapter does not say its load');
    }
  }

  #judge(route: SetRoute<Instance>): void {
    const { clock, instances, metrics } = this.#options;
    const { watch } = this.#policy.degradation ?? {};
    if (watch === undefined || !this.#hysteresis) return;
    const nowMs = clock.monotonicMs();
    const ids = new Set(route.candidates.map(({ id }) => id));
    for (const [id, { atMs }] of this.#known) {
      if (!ids.has(id) || nowMs - atMs > KNOWN_MS) this.#known.delete(id);
    }
    const byAccount = utilizationOf([...this.#known.values()].map(({ report }) => report));
    metrics.utilization(watch, byAccount);
    const worst = fullest(byAccount);
    // where the business has no adapter at all, dead ones included, nobody has to give way to it
    const nobody = instances.synced && !route.ok && route.refused.every(({ why }) => why === 'absent');
    if (worst) this.#feed(worst.ratio, nowMs, { business: watch, ...worst });
    else if (nobody) this.#feed(0, nowMs, { business: watch, ratio: 0 });
  }

  #feed(ratio: number, nowMs: number, fields: object): void {
    const { log, metrics } = this.#options;
    const before = this.active;
    this.#hysteresis?.update(ratio, nowMs);
    metrics.degradation(this.active);
    if (this.active === before) return;
    if (this.active) log.warn(fields, 'gives way: the pools of the business that is watched are too full');
    else log.info(fields, 'no longer gives way: the pools of the business that is watched have room again');
  }
}
