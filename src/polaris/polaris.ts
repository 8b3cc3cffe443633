/** Registers the instances of sets with Polaris while its signal lasts. For one process: the leading operator. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { LABEL } from '../api/v1alpha1/labels.ts';
import { ENDPOINT_SLICE, type EndpointSlice } from '../kube/builtin.ts';
import { Informer } from '../kube/informer.ts';
import type { Reader, Watcher } from '../kube/interfaces.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { polarisClient, type TellPolaris } from './client.ts';
import { instancesOf, type PolarisInstance } from './instances.ts';
import type { PolarisOptions } from './options.ts';
import {
  CODE,
  countOf,
  type Due,
  due,
  type PolarisEvent,
  type Registrations,
  reduce,
} from './registration.ts';

export interface PolarisDependencies {
  client: Reader & Watcher;
  clock: Clock;
  log: Log;
  metrics: Registry;
  /** All namespaces when there is none. */
  namespace?: string | undefined;
  /** Takes every instance out of Polaris at the end. False where another process takes over: callers would have none meanwhile. */
  deregisterAtEnd: boolean;
}

/** Slices of the Services that the operator makes for sets: labels of a Service stand on its slices. */
const SELECTOR = `${LABEL.component}=adapter,${LABEL.managedBy}=eppset`;
const MOST_AT_ONCE = 16;
/** For taking everything out at the end. */
const END_MS = 5_000;
/** A failure is told at once, and again after so long while it lasts. */
const TELL_AGAIN_MS = 60_000;

type Unstamped<E> = E extends unknown ? Omit<E, 'nowMs'> : never;

/** What is counted, over all times of leading. */
export function polarisMetrics(metrics: Registry) {
  const registers = [metrics];
  return {
    instances: new Gauge({
      name: 'eppset_polaris_instances',
      help: 'Instances of sets by whether Polaris has them as they are',
      labelNames: ['state'],
      registers,
    }),
    requests: new Counter({
      name: 'eppset_polaris_requests_total',
      help: 'Requests to Polaris by what was asked and the code of the answer; none: there was no answer',
      labelNames: ['action', 'code'],
      registers,
    }),
  };
}

export function runPolaris(
  dependencies: Omit<PolarisDependencies, 'metrics'> & { metrics: ReturnType<typeof polarisMetrics> },
  options: PolarisOptions,
  signal: AbortSignal,
): Promise<void> {
  return new Polaris(dependencies, options).run(signal);
}

class Polaris {
  readonly #deps: Parameters<typeof runPolaris>[0];
  readonly #options: PolarisOptions;
  readonly #tell: TellPolaris;
  readonly #log: Log;
  readonly #asking = new Set<Promise<void>>();
  #state: Registrations = new Map();
  #timer: Timer | undefined;
  #toldMs = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(deps: Parameters<typeof runPolaris>[0], options: PolarisOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#tell = polarisClient(options);
    this.#log = deps.log.child({ part: 'polaris' });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, log, namespace, deregisterAtEnd } = this.#deps;
    const slices = new Informer<EndpointSlice>({
      client,
      clock,
      log,
      resource: ENDPOINT_SLICE,
      labelSelector: SELECTOR,
      ...(namespace !== undefined && { namespace }),
    });
    const requests = new AbortController();
    const look = () =>
      this.#take({ type: 'instances', instances: instancesOf(slices.list(), this.#options) });
    slices.onEvent(() => {
      // Before the first list is complete, those that are not in it yet would be taken for gone
      if (slices.hasSynced && !this.#ended) look();
      this.#go(requests.signal);
    });
    const running = slices.run(signal);
    await slices
      .synced(signal)
      .then(() => {
        look();
        this.#go(requests.signal);
      })
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    await running;
    if (deregisterAtEnd) await this.#takeAllOut(requests.signal);
    this.#ended = true;
    this.#timer?.cancel();
    requests.abort(new Error('the registration with Polaris ends'));
    await Promise.allSettled(this.#asking);
    this.#deps.metrics.instances.reset();
  }

  async #takeAllOut(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const untilMs = clock.monotonicMs() + END_MS;
    this.#take({ type: 'instances', instances: [] });
    while (this.#state.size > 0 && clock.monotonicMs() < untilMs) {
      this.#go(signal);
      // With nothing under way, what is left waits for another try
      await (this.#asking.size > 0 ? Promise.race([...this.#asking, clock.sleep(100)]) : clock.sleep(100));
    }
    if (this.#state.size > 0)
      this.#log.warn({ left: this.#state.size }, 'not all instances were taken out of Polaris');
  }

  #take(event: Unstamped<PolarisEvent>): void {
    const { clock, metrics } = this.#deps;
    const stamped = { ...event, nowMs: clock.monotonicMs() } as PolarisEvent;
    this.#state = reduce(this.#state, stamped, { ttlMs: this.#options.ttlSeconds * 1_000 });
    for (const [state, count] of Object.entries(countOf(this.#state)))
      metrics.instances.set({ state }, count);
  }

  #go(signal: AbortSignal): void {
    this.#timer?.cancel();
    if (this.#ended) return;
    const { clock } = this.#deps;
    const { now, nextMs } = due(this.#state, clock.monotonicMs());
    for (const one of now.slice(0, MOST_AT_ONCE - this.#asking.size)) this.#ask(one, signal);
    // Where all are at work, the next answer comes back to here
    if (nextMs !== undefined && this.#asking.size < MOST_AT_ONCE) {
      this.#timer = clock.after(Math.max(1, Math.ceil(nextMs - clock.monotonicMs())), () => this.#go(signal));
    }
  }

  #ask({ key, action, instance }: Due, signal: AbortSignal): void {
    this.#take({ type: 'asked', key });
    const asked = this.#answerOf(action, instance, signal).then((code) => {
      this.#asking.delete(asked);
      this.#take({ type: 'answered', key, action, instance, code });
      this.#go(signal);
    });
    this.#asking.add(asked);
  }

  async #answerOf(
    action: Due['action'],
    instance: PolarisInstance,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { metrics } = this.#deps;
    try {
      const { code, info } = await this.#tell(action, instance, signal);
      metrics.requests.inc({ action, code: String(code) });
      if (!EXPECTED.has(code)) this.#complain({ action, code, info });
      return code;
    } catch (error) {
      metrics.requests.inc({ action, code: 'none' });
      if (!signal.aborted) this.#complain({ action, error: messageOf(error) });
      return undefined;
    }
  }

  #complain(what: object): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs - this.#toldMs < TELL_AGAIN_MS) return;
    this.#toldMs = nowMs;
    this.#log.warn(what, 'Polaris did not take what it was told; it is told again');
  }
}

const EXPECTED: ReadonlySet<number> = new Set(Object.values(CODE));
