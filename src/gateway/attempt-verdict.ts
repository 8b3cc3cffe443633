/** What an attempt says: of the instance that was asked, and whether another may be made. Pure. */

import type { GatewayAnswer } from './request.ts';
import type { UpstreamResponse } from './upstream/response-reader.ts';
import type { Sent } from './upstream/upstream.ts';

export interface Verdict {
  /** Of the instance; undefined: says nothing of it. */
  readonly health: 'good' | 'bad' | 'unreachable' | undefined;
  /** `free`: nothing was sent, and whoever was asked is not there: no retry in the sense of a budget. */
  readonly again: 'no' | 'retry' | 'free';
}

const GOOD: Verdict = { health: 'good', again: 'no' };

/** @param query the command changes nothing: it may be asked twice */
export function verdictOf(sent: Sent, query: boolean): Verdict {
  if (!sent.ok) return ofFailure(sent, query);
  const { status, headers } = sent.response;
  if (status < 500 && status !== 401) return GOOD;
  const outcome = headers['x-epp-outcome'];
  // not an adapter, or one that failed in an unforeseen way
  const bad = status === 500 || (status >= 500 && outcome === undefined);
  // it does not know the gateway: no caller can do anything about it
  const stranger = status === 401;
  const health = bad || stranger ? 'bad' : 'good';
  if (stranger) return { health, again: 'retry' };
  const unsent = outcome === 'not-sent' && status === 503 && mayHelp(sent.response);
  return {
    health,
    again: unsent || (query && outcome !== 'done' && outcome !== 'not-sent') ? 'retry' : 'no',
  };
}

function ofFailure({ failure, written }: Extract<Sent, { ok: false }>, query: boolean): Verdict {
  switch (failure) {
    case 'refused':
      return { health: 'unreachable', again: 'free' };
    case 'cancelled':
      return { health: undefined, again: 'no' };
    case 'late':
      return { health: 'bad', again: 'no' };
    default:
      return { health: 'bad', again: query || !written ? 'retry' : 'no' };
  }
}

/** Whether asking another instance may help: the problem says so. */
function mayHelp({ body }: UpstreamResponse): boolean {
  const retry = memberOf(body, 'retry');
  return retry === 'after' || retry === 'elsewhere';
}

/** Of a problem; undefined where it is none. */
function memberOf(body: Buffer, member: string): unknown {
  try {
    return (JSON.parse(body.toString()) as Record<string, unknown> | null)?.[member];
  } catch {
    return undefined;
  }
}

/** The registry's word that the account asked has not got the object, or may not touch it: nothing was changed by it. */
export function isAnothers({ status, headers, body }: GatewayAnswer): boolean {
  if ((status !== 403 && status !== 404) || headers['x-epp-outcome'] !== 'done') return false;
  const type = memberOf(body, 'type');
  return type === '/problems/epp-2201' || type === '/problems/epp-2303';
}
