/** What the demo sees of the budget while it runs: every stored ledger version, and the registries' own counters. */
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { EPP_CONNECTION_LEDGER, type EppConnectionLedger } from '../src/api/v1alpha1/connection-ledger.ts';
import type { KubeClient } from '../src/kube/interfaces.ts';
import { NAMESPACE } from './place.ts';

export interface LedgerFigures {
  /** Ledger versions that were checked. */
  versions: number;
  /** One sentence for each version whose charges were above its limit. */
  violations: string[];
}

export function chargesOf(ledger: EppConnectionLedger): number {
  return Object.values(ledger.spec.entries).reduce((sum, entry) => sum + entry.charge, 0);
}

/** Checks sum of charges ≤ limit in every ledger version that the watch brings, until aborted. */
export async function watchLedgers(
  client: KubeClient,
  limits: ReadonlyMap<string, number>,
  figures: LedgerFigures,
  signal: AbortSignal,
): Promise<void> {
  const check = (ledger: EppConnectionLedger): void => {
    const { name, resourceVersion } = ledger.metadata;
    const charged = chargesOf(ledger);
    const limit = Math.min(ledger.spec.effectiveLimit, limits.get(name) ?? Number.POSITIVE_INFINITY);
    figures.versions++;
    if (charged > limit)
      figures.violations.push(`ledger ${name}@${resourceVersion}: charges ${charged} over limit ${limit}`);
  };
  while (!signal.aborted) {
    try {
      const list = await client.list(EPP_CONNECTION_LEDGER, { namespace: NAMESPACE }, signal);
      list.items.forEach(check);
      const options = { namespace: NAMESPACE, resourceVersion: list.resourceVersion };
      for await (const event of client.watch(EPP_CONNECTION_LEDGER, options, signal)) {
        if (event.type === 'ADDED' || event.type === 'MODIFIED') check(event.object);
      }
    } catch {
      await delay(200, undefined, { signal }).catch(() => {});
    }
  }
}

/** What a simulated registry says of its one account. */
export interface RegistryFigures {
  limit: number;
  sessions: number;
  highestSessions: number;
  refusals: number;
}

export async function registryFigures(url: string): Promise<RegistryFigures> {
  const { statusCode, body } = await request(`${url}/stats`, { headersTimeout: 5_000 });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`GET ${url}/stats answered ${statusCode}: ${text.slice(0, 200)}`);
  const { accounts } = JSON.parse(text) as { accounts: Record<string, RegistryFigures> | RegistryFigures[] };
  const account = Object.values(accounts)[0];
  if (!account) throw new Error(`GET ${url}/stats names no account`);
  const { limit, sessions, highestSessions, refusals } = account;
  return { limit, sessions, highestSessions, refusals };
}
