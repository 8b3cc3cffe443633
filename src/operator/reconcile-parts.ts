/** What the controllers of sets and of gateways do in the same way. */
import { ApiError, isConflict } from '../kube/api-error.ts';
import type { EventRecorder } from '../kube/events.ts';
import { type KubeObject, keyOf, keyString } from '../kube/objects.ts';
import type { Log } from '../lib/log.ts';
import type { Outcome } from './apply/owned-objects.ts';

/** While an object is on its way out and we want it back. */
const WAIT_MS = 2_000;
/** While somebody else's object has a name that we need: it has not our labels, so nothing tells when it goes. */
const TAKEN_CHECK_MS = 30_000;

export type Again = { requeueAfterMs?: number };

/** What was judged, and when to look again although nothing changes. */
export interface Turn<Judgement> extends Again {
  judgement: Judgement;
  /** The API's refusal of a write: reported first, then thrown, so that it is tried again with a back-off. */
  failure?: unknown;
}

type Applied =
  | { state: 'resolved' }
  | { state: 'refused'; refusal: { reason: 'NameTaken' | 'ApplyFailed'; message: string } };

/** Brings the owner's objects about, and says what came of it. */
export async function broughtAbout(
  { events, log }: { events: EventRecorder; log: Log },
  owner: KubeObject,
  bring: () => Promise<Outcome>,
): Promise<Turn<Applied>> {
  try {
    const outcome = await bring();
    tell(owner, outcome, events, log);
    const [taken] = outcome.taken;
    if (taken !== undefined) {
      const kind = owner.kind.replace(/^Epp/, '').toLowerCase();
      const message = `${taken} exists and is not of this ${kind}: rename the ${kind}, or remove that object`;
      return {
        judgement: { state: 'refused', refusal: { reason: 'NameTaken', message } },
        requeueAfterMs: TAKEN_CHECK_MS,
      };
    }
    return {
      judgement: { state: 'resolved' },
      ...(outcome.waiting.length > 0 && { requeueAfterMs: WAIT_MS }),
    };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return {
      judgement: { state: 'refused', refusal: { reason: 'ApplyFailed', message: error.message } },
      failure: error,
    };
  }
}

function tell(owner: KubeObject, outcome: Outcome, events: EventRecorder, log: Log): void {
  for (const name of outcome.corrected) {
    events.event(owner, 'Normal', 'DriftCorrected', `${name} was changed by somebody else: set back`);
  }
  for (const kind of ['created', 'changed', 'corrected', 'removed'] as const) {
    if (outcome[kind].length === 0) continue;
    log.info({ owner: keyString(keyOf(owner)), objects: outcome[kind] }, `objects ${kind}`);
  }
}

/** The API understood the write and said no: a policy, a quota, a rule. Conflicts and an API that is away pass by themselves. */
function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && [400, 403, 404, 422].includes(error.code) && !isConflict(error);
}

export function sooner(...outcomes: Again[]): Again {
  const times = outcomes.flatMap(({ requeueAfterMs }) =>
    requeueAfterMs === undefined ? [] : [requeueAfterMs],
  );
  return times.length === 0 ? {} : { requeueAfterMs: Math.min(...times) };
}
