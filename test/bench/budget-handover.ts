/**
 * How long a core pod waits for one more session when query has all that are left, and needs few of them: from the request that makes the
 * demand to the login that was answered. Everything is real but the registry, and so is the time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { eventually } from '../support/eventually.ts';
import { BenchPod, sessionsOf, startSmallRegistry } from './budget-adapters.ts';
import type { BudgetStage } from './budget-stage.ts';
import { quantile } from './load.ts';

export interface HandOvers {
  count: number;
  p50Ms: number;
  p95Ms: number;
  worstMs: number;
  /** Sessions that query had before and has after. */
  query: { before: number; after: number };
  /** Its own count; of the last two there must be none. */
  registry: { highestSessions: number; refusals: number; overLimitAccepts: number };
  times: number[];
}

const LIMIT = 72;
const CORE = 4;
const QUERY = 2;
const FILL = 40;
/** Peak of 10 s, decay of 30 s, and a report to tell it. */
const DECAY_MS = 50_000;
/** Anywhere between two renewals of the pod. */
const PAUSE_MS = 9_000;
const GIVEN_UP_MS = 30_000;

export async function measureHandOvers(
  stage: BudgetStage,
  { rounds }: { rounds: number },
): Promise<HandOvers> {
  const account = { name: 'registry', limit: LIMIT, idleTimeoutSeconds: 600 };
  const registry = await startSmallRegistry(LIMIT);
  const fleet = await stage.fleet(
    'hand-over',
    [account],
    [
      { class: 'core', pods: CORE, min: CORE },
      { class: 'query', pods: QUERY, min: QUERY },
    ],
  );
  const started: BenchPod[] = [];
  const start = async (setClass: 'core' | 'query') => {
    const pods = fleet.pods.get(setClass) ?? [];
    const options = { client: stage.client, class: setClass, account, registry };
    const all = await Promise.all(pods.map((pod) => BenchPod.start({ ...options, pod })));
    started.push(...all);
    return all;
  };
  try {
    const core = await start('core');
    const query = await start('query');
    const held = () => query.reduce((sum, { word }) => sum + word.cap, 0);
    for (const pod of query) pod.addCallers(FILL);
    const free = () => freeConnections(stage, fleet.namespace, account.name);
    // A slot that is granted and not open would be given back without a logout.
    const full = async () => sessionsOf(registry).sessions === LIMIT && (await free()) === 0;
    await eventually(full, { timeoutMs: 120_000, everyMs: 500, what: 'query has all that is left' });
    await Promise.all(query.map((pod) => pod.stopCallers()));
    await delay(DECAY_MS);
    const before = held();
    const lanes = core.map((pod) => lane(pod, rounds, free));
    const times = (await Promise.all(lanes)).flat().sort((a, b) => a - b);
    const { highestSessions, refusals, overLimitAccepts } = sessionsOf(registry);
    return {
      count: times.length,
      p50Ms: quantile(times, 0.5),
      p95Ms: quantile(times, 0.95),
      worstMs: times.at(-1) ?? 0,
      query: { before, after: held() },
      registry: { highestSessions, refusals, overLimitAccepts },
      times,
    };
  } finally {
    await Promise.all(started.map((pod) => pod.stop()));
    await fleet.stop();
    await registry.close();
  }
}

async function freeConnections(stage: BudgetStage, namespace: string, name: string): Promise<number> {
  const ledger = await stage.client.get(EPP_CONNECTION_LEDGER, { namespace, name });
  const charges = Object.values(ledger?.spec.entries ?? {}).map(({ charge }) => charge);
  return (ledger?.spec.effectiveLimit ?? Number.NaN) - charges.reduce((sum, charge) => sum + charge, 0);
}

/** One pod that needs one more session again and again, each time after a while. */
async function lane(pod: BenchPod, rounds: number, free: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  while (times.length < rounds) {
    await delay(Math.random() * PAUSE_MS);
    const notHandedOver = (await free()) > 0;
    const { cap, occupied } = pod.word;
    const askedMs = performance.now();
    pod.addCallers(1);
    const loggedInMs = await pod.loginAfter(askedMs, GIVEN_UP_MS);
    // It had one to open at once, or there was one that nobody had.
    if (occupied < cap || notHandedOver) continue;
    times.push((loggedInMs ?? askedMs + GIVEN_UP_MS) - askedMs);
  }
  return times;
}
