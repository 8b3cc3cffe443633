/** A gateway's rollout between its spec, its status and its file. Pure. */
import { parse } from 'yaml';
import type { GatewayFileInput } from '../../api/files/gateway-file.ts';
import { durationMs } from '../../api/v1alpha1/duration.ts';
import type { EppGatewaySpec, EppGatewayStatus } from '../../api/v1alpha1/gateway.ts';
import type { RolloutPlan, RolloutState } from '../../routing/rollout-progress.ts';
import { canonicalJson, sha256 } from '../specs/canonical.ts';
import { fileText } from '../specs/file-text.ts';
import type { RolloutNow } from '../specs/gateway/file.ts';

type RolloutSpec = NonNullable<EppGatewaySpec['rollout']>;
type RolloutStatus = NonNullable<EppGatewayStatus['rollout']>;

const RUN_LENGTH = 12;

/** What goes through steps; undefined where there are none. Another run begins when what is compared, or with whom, becomes another. */
export function planOf(spec: RolloutSpec | undefined): RolloutPlan | undefined {
  if (spec?.steps === undefined) return undefined;
  const { attempt, steps, legacy, key, percent, paused, aborted } = spec;
  return {
    run: sha256(canonicalJson({ attempt, steps, legacy, key })).slice(0, RUN_LENGTH),
    steps: steps.map(({ percent, hold }) => ({ percent, holdMs: durationMs(hold) ?? 0 })),
    percent,
    paused,
    aborted,
  };
}

/** What stands in the file. @param state of the steps, where there are any */
export function rolloutNow(
  spec: RolloutSpec | undefined,
  state: RolloutState | undefined,
): RolloutNow | undefined {
  if (spec === undefined) return undefined;
  const halted = spec.aborted || state?.phase === 'Aborted' || state?.phase === 'RolledBack';
  return { percent: halted ? 0 : (state?.percent ?? spec.percent), halted, run: state?.run };
}

/** The same file, with everything on the legacy path. */
export function haltedText(text: string, legacy: RolloutSpec['legacy']): string {
  const file = parse(text) as GatewayFileInput;
  return fileText({ ...file, rollout: { ...file.rollout, legacy, percent: 0, overrides: [] } });
}

export function statusOf(state: RolloutState): RolloutStatus {
  const { phase, percent, step, stepStartMs, run, message } = state;
  return {
    phase,
    percent,
    step,
    ...(stepStartMs !== undefined && { stepStartTime: new Date(stepStartMs).toISOString() }),
    run,
    ...(message !== undefined && { message }),
  };
}

/** What a former leader wrote. */
export function stateOf(status: RolloutStatus | undefined): RolloutState | undefined {
  if (status === undefined) return undefined;
  const { phase, percent, step, stepStartTime, run, message } = status;
  const startMs = Date.parse(stepStartTime ?? '');
  return {
    phase,
    percent,
    step,
    ...(!Number.isNaN(startMs) && { stepStartMs: startMs }),
    run,
    ...(message !== undefined && { message }),
  };
}
