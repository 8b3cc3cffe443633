/**
 * How a rollout goes through its steps: from what was, what is wanted and what the gateways say, to what is next. Pure.
 *
 *   Progressing ⇄ Paused          (spec.paused)
 *       │ last step held ──▶ Completed
 *       │ bounds broken  ──▶ RolledBack   also from Paused and Completed; 0 %, until another run
 *       └ spec.aborted   ──▶ Aborted      from any but RolledBack; 0 %; without it, begins with the first step
 *
 * A step counts from when every gateway has its percentage, and is held for its time from then on: after a pause, or when the percentage
 * changes, anew. Time decides, not the number of requests: a first step of 1 % may well have none for hours, and harms nobody then. But
 * while the gateways serve no request at all, on neither path, nothing goes on: a rollout must not reach 100 % overnight, unseen.
 */

export type RolloutPhase = 'Progressing' | 'Paused' | 'Completed' | 'RolledBack' | 'Aborted';

export interface RolloutState {
  readonly phase: RolloutPhase;
  /** Share of the requests that the sets serve. */
  readonly percent: number;
  /** Index into the steps. */
  readonly step: number;
  /** Wall clock: since when every gateway has this percentage; absent until then. */
  readonly stepStartMs?: number;
  readonly run: string;
  readonly message?: string;
}

export interface RolloutPlan {
  /** Names the attempt and its steps: another one begins with the first step. */
  readonly run: string;
  /** At least one, rising. */
  readonly steps: readonly { readonly percent: number; readonly holdMs: number }[];
  /** Upper bound for every step. */
  readonly percent: number;
  readonly paused: boolean;
  readonly aborted: boolean;
}

/** What a gateway's process says; `report` is undefined where it cannot be asked. */
export interface GatewayVoice {
  readonly gateway: string;
  readonly report?:
    | {
        readonly run?: string | undefined;
        readonly percent: number;
        readonly tripped?: string | undefined;
        readonly sets: { readonly requests: number };
        readonly legacy: { readonly requests: number };
      }
    | undefined;
}

export interface RolloutEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason:
    | 'RolloutStarted'
    | 'RolloutStepReached'
    | 'RolloutPaused'
    | 'RolloutResumed'
    | 'RolloutCompleted'
    | 'RolloutRolledBack'
    | 'RolloutAborted';
  readonly message: string;
}

export interface RolloutProgress {
  readonly state: RolloutState;
  readonly events: readonly RolloutEvent[];
  /** Nothing changes by time alone before that many milliseconds have passed; absent where time alone changes nothing. */
  readonly afterMs?: number;
}

/** @param nowMs wall clock: it stands in a status and survives this process */
export function progressOf(
  before: RolloutState | undefined,
  plan: RolloutPlan,
  voices: readonly GatewayVoice[],
  nowMs: number,
): RolloutProgress {
  const { run, aborted, paused } = plan;
  const known = before?.run === run ? before : undefined;
  if (known?.phase === 'RolledBack') return { state: known, events: [] };
  if (aborted) return abort(known, run);
  const tripped = voices.find(({ report }) => report?.run === run && report.tripped !== undefined);
  if (tripped) return rollBack(known ?? atStep(plan, 0), tripped);

  const events: RolloutEvent[] = [];
  const fresh = known === undefined || known.phase === 'Aborted';
  let state: RolloutState = fresh ? atStep(plan, 0) : within(known, plan);
  if (fresh) {
    const message = `begins with ${state.percent} % on the sets (step 1 of ${plan.steps.length})`;
    events.push(normal(known ? 'RolloutResumed' : 'RolloutStarted', message));
  }
  if (state.phase === 'Completed') return { state: { ...state, message: done(state.percent) }, events };
  if (paused) {
    if (state.phase !== 'Paused') events.push(normal('RolloutPaused', `stays at ${state.percent} %`));
    const { stepStartMs: _, ...rest } = state;
    return { state: { ...rest, phase: 'Paused', message: `paused at ${state.percent} %` }, events };
  }
  if (state.phase === 'Paused') {
    events.push(normal('RolloutResumed', `goes on from ${state.percent} %, whose time begins again`));
    state = { ...state, phase: 'Progressing' };
  }
  const next = advance(state, plan, voices, nowMs);
  return { ...next, events: [...events, ...next.events] };
}

function advance(
  state: RolloutState,
  plan: RolloutPlan,
  voices: readonly GatewayVoice[],
  nowMs: number,
): RolloutProgress {
  const { steps, percent: bound } = plan;
  const step = steps[state.step];
  const wait = (message: string, afterMs?: number): RolloutProgress => ({
    state: { ...state, message },
    events: [],
    ...(afterMs === undefined ? {} : { afterMs }),
  });
  const late = lateOnes(state, voices);
  if (late !== undefined) return wait(late);
  // the first time that all have it
  if (state.stepStartMs === undefined) return advance({ ...state, stepStartMs: nowMs }, plan, voices, nowMs);
  const leftMs = state.stepStartMs + (step?.holdMs ?? 0) - nowMs;
  if (leftMs > 0)
    return wait(`${state.percent} % on the sets, step ${state.step + 1} of ${steps.length}`, leftMs);
  if (!voices.some(({ report }) => report && report.sets.requests + report.legacy.requests > 0)) {
    return wait(`at ${state.percent} %: waits for requests, since none was served of late`);
  }
  if (state.step + 1 >= steps.length && (step?.percent ?? 0) <= bound) {
    const message = done(state.percent);
    return {
      state: { ...state, phase: 'Completed', message },
      events: [normal('RolloutCompleted', message)],
    };
  }
  if (state.percent >= bound) {
    return wait(`at the upper bound of ${bound} %: raise spec.rollout.percent to go on`);
  }
  const reached = atStep(plan, state.step + 1);
  const message = `${reached.percent} % on the sets (step ${reached.step + 1} of ${steps.length})`;
  return { state: { ...reached, message }, events: [normal('RolloutStepReached', message)] };
}

/** Which gateways do not serve the step yet; undefined where all do. */
function lateOnes({ run, percent }: RolloutState, voices: readonly GatewayVoice[]): string | undefined {
  if (voices.length === 0) return `at ${percent} %: waits for a gateway that is ready`;
  const late = voices.filter(({ report }) => report?.run !== run || report.percent !== percent);
  if (late.length === 0) return undefined;
  const named = late.slice(0, 3).map(({ gateway, report }) => {
    return `${gateway} ${report ? `is at ${report.percent} %` : 'cannot be asked'}`;
  });
  const more = late.length > 3 ? ` and ${late.length - 3} more` : '';
  return `at ${percent} %: waits until every gateway has it; ${named.join(', ')}${more}`;
}

function abort(known: RolloutState | undefined, run: string): RolloutProgress {
  if (known?.phase === 'Aborted') return { state: known, events: [] };
  const message = 'aborted: everything takes the legacy path';
  return {
    state: { phase: 'Aborted', percent: 0, step: known?.step ?? 0, run, message },
    events: [{ type: 'Warning', reason: 'RolloutAborted', message }],
  };
}

function rollBack(known: RolloutState, { gateway, report }: GatewayVoice): RolloutProgress {
  const { run, percent, step } = known;
  const message = `rolled back from ${percent} %: ${report?.tripped} (seen by ${gateway})`.slice(0, 1024);
  return {
    state: { phase: 'RolledBack', percent: 0, step, run, message },
    events: [{ type: 'Warning', reason: 'RolloutRolledBack', message }],
  };
}

function atStep({ run, steps, percent }: RolloutPlan, step: number): RolloutState {
  return { phase: 'Progressing', percent: Math.min(percent, steps[step]?.percent ?? 0), step, run };
}

/** The upper bound may have changed: where that moves the percentage, the step's time begins again. */
function within(state: RolloutState, plan: RolloutPlan): RolloutState {
  const { percent } = atStep(plan, state.step);
  if (percent === state.percent) return state;
  const { stepStartMs: _, ...rest } = state;
  return { ...rest, percent };
}

function done(percent: number): string {
  return `${percent} % on the sets, all steps done`;
}

function normal(reason: RolloutEvent['reason'], message: string): RolloutEvent {
  return { type: 'Normal', reason, message };
}
