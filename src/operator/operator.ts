import type { Registry } from 'prom-client';
import { runAllocator } from '../budget/kube/allocator-binding.ts';
import { type AllocatorMetrics, allocatorMetrics } from '../budget/kube/allocator-metrics.ts';
import type { Pod } from '../kube/builtin.ts';
import { KubeEventRecorder } from '../kube/event-recorder.ts';
import { guardedClient } from '../kube/guarded-client.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { LeaderElection } from '../kube/leader-election.ts';
import { buildInfo } from '../lib/build-info.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { accountMetrics } from './account-metrics.ts';
import { cachedBudget } from './cached-budget.ts';
import { type Caches, createCaches } from './caches.ts';
import { conditionMetrics } from './condition-metrics.ts';
import { gatewayController } from './gateway-controller/gateway-controller.ts';
import { HttpGatewayReports } from './gateway-controller/gateway-reports.ts';
import { internalTokenController } from './internal-token/internal-token-controller.ts';
import { type OperatorOptions, type OperatorOptionsInput, operatorOptions } from './options.ts';
import { adapterImage } from './own-image.ts';
import { registryController } from './registry-controller/registry-controller.ts';
import { runTogether } from './run-together.ts';
import { setController } from './set-controller/set-controller.ts';

export interface OperatorDependencies {
  client: KubeClient;
  /** For leader election alone, best with connections of its own: it must not wait behind other requests. Default: `client`. */
  electionClient?: KubeClient;
  clock: Clock;
  log: Log;
  metrics: Registry;
  /** Where a gateway's pod serves; its IP and port by default. For places where pods share one address. */
  podOrigin?: (pod: Pod) => string | undefined;
  /** More to run while this process leads. Each resolves once its signal is aborted. */
  alongside?: readonly ((signal: AbortSignal) => Promise<void>)[];
}

/** Reasons, or undefined when all is well: for `/livez` and `/readyz`. */
export interface OperatorHealth {
  livez(): string | undefined;
  readyz(): string | undefined;
}

export interface Operator {
  readonly health: OperatorHealth;
  /**
   * Takes part in the election and, as the leader, runs controllers and allocator. Resolves with `stopped` when the signal was aborted,
   * with `lost` when leadership was lost: the process had better start anew. Rejects when a part of it broke. Once only.
   */
  run(signal: AbortSignal): Promise<'stopped' | 'lost'>;
}

/** Throws a ZodError over options that cannot be right. Opens no connection before `run`. */
export function createOperator(dependencies: OperatorDependencies, options: OperatorOptionsInput): Operator {
  return new RunnableOperator(dependencies, operatorOptions.parse(options));
}

class RunnableOperator implements Operator {
  readonly #dependencies: OperatorDependencies;
  readonly #options: OperatorOptions;
  readonly #election: LeaderElection | undefined;
  readonly #showAccounts: ReturnType<typeof accountMetrics>;
  readonly #showConditions: ReturnType<typeof conditionMetrics>;
  readonly #counts: AllocatorMetrics;
  #caches: Caches | undefined;
  /** Why the operator does not work, once that is so. */
  #trouble: string | undefined;

  constructor(dependencies: OperatorDependencies, options: OperatorOptions) {
    const { clock, log, metrics, client, electionClient = client } = dependencies;
    this.#dependencies = dependencies;
    this.#options = options;
    buildInfo(metrics, 'operator');
    this.#showAccounts = accountMetrics(metrics);
    this.#showConditions = conditionMetrics(metrics);
    this.#counts = allocatorMetrics(metrics);
    if (options.leaderElection !== false) {
      this.#election = new LeaderElection({
        client: electionClient,
        clock,
        log,
        metrics,
        identity: options.identity,
        ...options.leaderElection,
      });
    }
  }

  readonly health: OperatorHealth = {
    livez: () =>
      this.#trouble ?? (this.#election?.isAlive() === false ? 'the leader election stands still' : undefined),
    // Who waits to become the leader is ready to.
    readyz: () => {
      const behind = this.#caches?.unsynced() ?? [];
      return behind.length === 0 ? undefined : `still reading ${behind.join(', ')}`;
    },
  };

  async run(signal: AbortSignal): Promise<'stopped' | 'lost'> {
    try {
      if (this.#election !== undefined) {
        return await this.#election.run(signal, { onStarted: (leading) => this.#lead(leading) });
      }
      await this.#lead(signal);
      return 'stopped';
    } catch (error) {
      this.#trouble = 'the operator broke: see its log';
      throw error;
    }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { clock, log, metrics } = this.#dependencies;
    const { namespace, timeScale, identity, egressImage, networkPolicies } = this.#options;
    const egress = egressImage === undefined ? {} : { egressImage };
    const policies = networkPolicies?.mode === 'keep' ? { networkPolicies } : {};
    const mayWrite = this.#election?.isLeader ?? (() => !signal.aborted);
    const client = guardedClient(this.#dependencies.client, mayWrite, signal);
    const pods = {
      ...(await adapterImage(client, this.#options, signal)),
      timeScale,
      ...egress,
      ...policies,
    };
    log.info({ image: pods.image, namespace: namespace ?? 'all' }, 'operator leads');

    const caches = createCaches({
      client,
      clock,
      log,
      namespace,
      networkPolicies: networkPolicies !== undefined,
    });
    const budget = cachedBudget(caches);
    const events = new KubeEventRecorder({
      client,
      clock,
      log,
      component: 'eppset-operator',
      instance: identity,
    });
    const reports = new HttpGatewayReports({
      client,
      clock,
      log,
      caches,
      originOf: this.#dependencies.podOrigin,
    });
    const shared = { client, clock, log, metrics, events, caches, budget };
    this.#caches = caches;
    this.#showAccounts({ caches, budget });
    this.#showConditions(caches);
    try {
      await runTogether(signal, [
        (s) => caches.run(s),
        (s) => runAllocator({ ...shared, counts: this.#counts, namespace, timeScale, signal: s }),
        (s) => setController({ ...shared, pods }).run(s),
        (s) => registryController({ ...shared, ...egress, ...policies }).run(s),
        (s) => gatewayController({ ...shared, pods, reports }).run(s),
        (s) => internalTokenController(shared).run(s),
        ...(this.#dependencies.alongside ?? []),
      ]);
    } finally {
      this.#showAccounts(undefined);
      this.#showConditions(undefined);
      this.#caches = undefined;
      await events.flush();
    }
  }
}
