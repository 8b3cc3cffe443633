import type { EppGateway, EppGatewayStatus } from '../../api/v1alpha1/gateway.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { keyOf, keyString, type ObjectKey } from '../../kube/objects.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import type { Clock } from '../../lib/clock.ts';
import { type GatewayVoice, progressOf, type RolloutState } from '../../routing/rollout-progress.ts';
import type { Again } from '../reconcile-parts.ts';
import type { GatewayReports } from './gateway-reports.ts';
import { planOf, stateOf, statusOf } from './rollout.ts';

/** How often gateways are asked while a rollout may still change. */
const ASK_MS = 1_000;

export interface RolloutsOptions {
  clock: Clock;
  events: EventRecorder;
  reports: GatewayReports;
  /** Stores a rollout's state in the gateway's status. */
  save(gateway: EppGateway, rollout: EppGatewayStatus['rollout'], signal: AbortSignal): Promise<void>;
}

interface Known {
  uid: string | undefined;
  state: RolloutState;
  voices: GatewayVoice[];
  askedMs: number;
}

/**
 * Leads rollouts through their steps. A state is stored before it takes effect, so that whoever leads next goes on from what gateways
 * have been told at most. A step's time counts on the wall clock from `stepStartTime`: also over a change of the leader, who moves on only
 * after every gateway has told him that it has the step's percentage.
 */
export class Rollouts {
  readonly #options: RolloutsOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: RolloutsOptions) {
    this.#options = options;
  }

  /** The state as last stored; undefined where there are no steps. */
  current(gateway: EppGateway): RolloutState | undefined {
    if (planOf(gateway.spec.rollout) === undefined) return undefined;
    return this.#of(gateway)?.state ?? stateOf(gateway.status?.rollout);
  }

  /** Looks what has changed, stores it, tells it. Rejects when it could not be stored. */
  async goOn(gateway: EppGateway, signal: AbortSignal): Promise<Again & { state?: RolloutState }> {
    const key = keyString(keyOf(gateway));
    const plan = planOf(gateway.spec.rollout);
    if (plan === undefined) {
      this.#known.delete(key);
      return {};
    }
    const { clock, events } = this.#options;
    const before = this.current(gateway);
    const isOver = plan.aborted || (before?.phase === 'RolledBack' && before.run === plan.run);
    const { voices, askedMs } = isOver ? NOBODY : await this.#ask(gateway, signal);
    const { state, events: told } = progressOf(before, plan, voices, clock.wall().getTime());
    if (canonicalJson(state) !== canonicalJson(before ?? null)) {
      await this.#options.save(gateway, statusOf(state), signal);
    }
    this.#known.set(key, { uid: gateway.metadata.uid, state, voices, askedMs });
    for (const { type, reason, message } of told) events.event(gateway, type, reason, message);
    if (state.phase === 'RolledBack' || state.phase === 'Aborted') return { state };
    return { state, requeueAfterMs: Math.max(0, askedMs + ASK_MS - clock.monotonicMs()) };
  }

  forget(gateway: ObjectKey): void {
    this.#known.delete(keyString(gateway));
  }

  async #ask(gateway: EppGateway, signal: AbortSignal): Promise<Pick<Known, 'voices' | 'askedMs'>> {
    const known = this.#of(gateway);
    const askedMs = this.#options.clock.monotonicMs();
    if (known && askedMs - known.askedMs < ASK_MS) return known;
    return { voices: await this.#options.reports.ask(keyOf(gateway), signal), askedMs };
  }

  /** Ours alone: the status in the cache may be behind what we stored. */
  #of(gateway: EppGateway): Known | undefined {
    const known = this.#known.get(keyString(keyOf(gateway)));
    return known?.uid === gateway.metadata.uid ? known : undefined;
  }
}

const NOBODY = { voices: [], askedMs: Number.NEGATIVE_INFINITY };
