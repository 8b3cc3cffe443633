/**
 * Writes charts/eppset/dashboards/*.json: dashboards for Grafana, from the few words that each of their panels needs.
 *
 *   node scripts/dashboards.ts
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { accounts } from './dashboards/accounts.ts';
import { adapters } from './dashboards/adapters.ts';
import { dashboardJson } from './dashboards/dashboard.ts';
import { gateways } from './dashboards/gateways.ts';

export const DASHBOARDS_FOLDER = fileURLToPath(new URL('../charts/eppset/dashboards/', import.meta.url));

/** Text by the name of the file. */
export function dashboardFiles(): Map<string, string> {
  return new Map([accounts, adapters, gateways].map((each) => [`${each.name}.json`, dashboardJson(each)]));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, text] of dashboardFiles()) await writeFile(DASHBOARDS_FOLDER + name, text);
