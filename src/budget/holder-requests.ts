import { mulberry32 } from '../lib/seeded-random.ts';
import type { Found, Written } from './allocator-events.ts';
import type { HolderDraft } from './holder-draft.ts';
import { hurriedUntilMs, reportDueMs, statusOf } from './holder-report.ts';
import { fenceSelf, hear } from './holder-sight.ts';
import type { HolderRequest } from './holder-state.ts';
import type { LeaseView } from './protocol.ts';

/** Asks or writes when that is due and no request is under way. */
export function send(draft: HolderDraft): void {
  const { state, nowMs } = draft;
  if (state.request !== undefined || nowMs < state.retryAtMs) return;
  if (state.unsure) {
    state.request = { doing: 'read', askedAt: state.lease?.version };
    draft.effects.push({ type: 'read' });
    return;
  }
  const due = reportDueMs(state, nowMs);
  if (due === undefined || nowMs < due) return;
  const { version, ttlMs } = state.lease!;
  const status = statusOf(state, nowMs);
  state.request = { doing: 'put', sentAtMs: nowMs, ttlMs, status };
  state.hurriedUntilMs = hurriedUntilMs(state, nowMs);
  state.sentAtMs = nowMs;
  // A shorter time to live is in force before it is reported, a longer one only after.
  state.ttlMs = Math.min(state.ttlMs, ttlMs);
  draft.effects.push({ type: 'put', version, status });
}

export function putDone(draft: HolderDraft, written: Written<LeaseView>): void {
  const { state } = draft;
  const { request } = state;
  if (request?.doing !== 'put') return;
  state.request = undefined;
  if (written.result === 'ok') {
    putCommitted(draft, request);
    hear(draft, written.view, 'write');
  } else if (written.result === 'missing') {
    leaseGone(draft);
  } else {
    // A conflict: somebody wrote, read what. Anything else: whether it happened nobody knows; it counts as not renewed.
    state.unsure = true;
    if (written.result !== 'conflict') waitLonger(draft);
  }
}

function putCommitted(
  draft: HolderDraft,
  { status, sentAtMs, ttlMs }: Extract<HolderRequest, { doing: 'put' }>,
): void {
  const { state } = draft;
  state.failures = 0;
  if (status.incarnation !== state.incarnation) return;
  state.told = status;
  // Valid from just before the request was sent, not from its answer.
  state.baseMs = sentAtMs;
  state.ttlMs = ttlMs;
  const { renewJitter } = state.timing;
  const renewMs = state.lease?.renewMs ?? state.timing.renewMs;
  state.renewAtMs = sentAtMs + renewMs * (1 - renewJitter + 2 * renewJitter * nextRandom(draft));
}

export function readDone(draft: HolderDraft, found: Found<LeaseView>): void {
  const { state } = draft;
  if (state.request?.doing !== 'read') return;
  if (found.result === 'ok') hear(draft, found.view, 'read');
  state.request = undefined;
  state.unsure = found.result === 'unknown';
  if (found.result === 'unknown') waitLonger(draft);
  else state.failures = 0;
  if (found.result === 'missing') leaseGone(draft);
}

/** The store was asked: there is no lease of ours. We wait until the operator makes one. */
function leaseGone(draft: HolderDraft): void {
  const { state } = draft;
  const registered = state.told !== undefined || state.fence !== undefined;
  state.lease = undefined;
  state.unsure = false;
  if (registered) fenceSelf(draft, 'the connection lease of this pod was deleted');
}

/** Back-off up to R/2, half of it at random: after an outage the first renewals of all pods spread over that time. */
function waitLonger(draft: HolderDraft): void {
  const { state, nowMs } = draft;
  const { retryMs, renewMs } = state.timing;
  const longest = (state.lease?.renewMs ?? renewMs) / 2;
  const wait = Math.min(longest, retryMs * 2 ** state.failures);
  state.failures += 1;
  state.retryAtMs = nowMs + wait * nextRandom(draft);
}

/** A number in [0, 1), its memory in the state. */
function nextRandom({ state }: HolderDraft): number {
  const { value, memory } = mulberry32(state.random);
  state.random = memory;
  return value;
}
