/** Rules and dashboards ask for nothing that is not there: what a query misspells finds nothing, silently. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DASHBOARDS_FOLDER, dashboardFiles } from '../../scripts/dashboards.ts';
import { METRICS_DOCUMENT } from '../../scripts/metrics.ts';
import { allRules, nameOf } from './rules.ts';

/** Labels by metric, out of docs/metrics.md. Those of requests are of adapters and of gateways. */
const labels = new Map<string, Set<string>>();
for (const [, name = '', type, of = ''] of readFileSync(METRICS_DOCUMENT, 'utf8').matchAll(
  /^\| `(\w+)` \| (\w+) \| ([^|]*) \|/gm,
))
  for (const series of type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name])
    labels.set(series, new Set([...(labels.get(series) ?? []), ...of.split(', ')]));

/** An adapter's own, and what Prometheus or the chart's monitors add. */
const ALWAYS = ['set', 'business', 'registry', 'le', 'namespace', 'pod', 'gateway', 'job', ''];

const panels = [...dashboardFiles()].flatMap(([file, text]) =>
  (JSON.parse(text) as { panels: { title: string; targets?: { expr: string }[] }[] }).panels.flatMap(
    ({ title, targets = [] }) => targets.map(({ expr }): [string, string] => [`${file}: ${title}`, expr]),
  ),
);
const queries: [string, string][] = [
  ...allRules().map((rule): [string, string] => [nameOf(rule), rule.expr]),
  ...panels,
];
const recorded = new Set(allRules().flatMap((rule) => ('record' in rule ? [rule.record] : [])));

it.each(queries)('%s', (_where, query) => {
  const bare = query.replaceAll(/"[^"]*"/g, '""');
  const series = [
    ...bare.matchAll(
      /(?<![\w:])((?:eppset|epp|leader_election|controller_runtime|workqueue|rest_client)_\w+)(?:\{([^}]*)\})?/g,
    ),
  ];
  const records = [...bare.matchAll(/\b(?:set|pool|gateway):[\w:]+/g)].map(([name]) => name);
  expect(series.length + records.length).toBeGreaterThan(0);
  for (const name of records) expect(recorded).toContain(name);
  const known = new Set(ALWAYS);
  for (const [, name = '', matchers = ''] of series) {
    expect([name, labels.has(name)]).toEqual([name, true]);
    const own = labels.get(name) ?? new Set();
    for (const label of own) known.add(label);
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*[=!]/g))
      expect([name, label, own.has(label) || ALWAYS.includes(label)]).toEqual([name, label, true]);
  }
  for (const [, list = ''] of bare.matchAll(/\b(?:by|on) \(([^)]*)\)/g))
    for (const label of list.split(', ')) expect(known).toContain(label);
});

it('every dashboard is what its script writes; else run `node scripts/dashboards.ts`', () => {
  for (const [name, text] of dashboardFiles())
    expect(readFileSync(join(DASHBOARDS_FOLDER, name), 'utf8')).toBe(text);
});
