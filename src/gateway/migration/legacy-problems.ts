/** What goes wrong on the legacy path, as problems (RFC 9457) of the same shape as everywhere. Pure. */
import type { GatewayAnswer, Outcome } from '../request.ts';

export type LegacyFault = 'legacy-unreachable' | 'legacy-failed' | 'legacy-timeout';

interface FaultKind {
  title: string;
  /** For people: when it comes, and what helps. */
  text: string;
}

export const LEGACY_PROBLEMS: Readonly<Record<LegacyFault, FaultKind>> = {
  'legacy-unreachable': {
    title: 'Legacy system is away',
    text: 'No connection to the legacy system could be made, or none was free. Nothing was sent to it.',
  },
  'legacy-failed': {
    title: 'Legacy system gave no answer',
    text: 'The connection to the legacy system ended before its answer was there, or the answer cannot be passed on. It may have carried the request out.',
  },
  'legacy-timeout': {
    title: 'Legacy system is too slow',
    text: "The request's time passed before the legacy system answered.",
  },
};

export interface LegacyFailure {
  readonly fault: LegacyFault;
  readonly outcome: Exclude<Outcome, 'done'>;
  readonly detail: string;
}

/** @param transform whether the request changes something: it must be looked up then before it is asked again */
export function legacyProblem({ fault, outcome, detail }: LegacyFailure, transform: boolean): GatewayAnswer {
  const late = fault === 'legacy-timeout' ? 504 : 502;
  const status = outcome === 'not-sent' ? 503 : late;
  const retry = outcome === 'unknown' && transform ? 'reconcile' : 'after';
  const { title } = LEGACY_PROBLEMS[fault];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'x-epp-outcome': outcome,
      ...(retry === 'after' ? { 'retry-after': '1' } : {}),
    },
    body: Buffer.from(JSON.stringify({ type: `/problems/${fault}`, title, status, outcome, retry, detail })),
  };
}
