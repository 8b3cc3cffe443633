/**
 * Writes docs/metrics.md: every metric of an adapter, with its type, its labels and its meaning, as the code registers them.
 *
 *   node scripts/metrics.ts
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import { adapterMetrics } from '../src/adapter/adapter-metrics.ts';
import { checkMetrics } from '../src/adapter/checks/metrics.ts';
import { idempotencyMetrics } from '../src/adapter/idempotency/metrics.ts';
import { jobMetrics } from '../src/adapter/jobs/job-metrics.ts';

export const METRICS_DOCUMENT = fileURLToPath(new URL('../docs/metrics.md', import.meta.url));

const INTRODUCTION = `# Metrics of an adapter

Made by \`node scripts/metrics.ts\` from the code that registers them; do not edit by hand.

\`GET /metrics\` shows them in Prometheus' text format, beside those of the process (\`process_…\`, \`nodejs_…\`). Each has the labels \`set\` and
\`business\`, and those that are about a registry account also \`registry\`, its name. Times are seconds, counters end in \`_total\`, histograms
have \`_bucket\`, \`_sum\` and \`_count\`. No secret and no name of an object stands in any of them.
`;

const OWNER = { set: 'epp.core.bj', business: 'core' };

interface Section {
  title: string;
  text?: string;
  register(registry: Registry): unknown;
}

const SECTIONS: readonly Section[] = [
  {
    title: 'Requests, connections, commands',
    text: `What to look at first:

| question | query |
| --- | --- |
| Do requests fail, and is anything unknown? | \`sum by (outcome) (rate(epp_request_outcomes_total[5m]))\` |
| Are there too few connections? | \`epp_request_queue_class_size\`, with \`epp_connection_active\` near \`epp_connection_limit\` |
| Does the account's rate of commands hold requests back? | \`rate(epp_rate_limited_seconds_total[5m])\`: 1 is all the time |
| How long do transforms wait? | \`histogram_quantile(0.99, rate(epp_request_queue_seconds_bucket{class="transform"}[5m]))\` |
| Do checks share commands? | \`rate(epp_check_names_sum[5m]) / rate(epp_check_names_count[5m])\`: names a command |
| Does a certificate end soon? | \`epp_certificate_expiry_timestamp_seconds - time() < 30 * 86400\` |
| Is a password wrong? | \`increase(epp_login_refusals_total[10m]) > 0\` |
`,
    register: (registry) => adapterMetrics(registry, OWNER),
  },
  { title: 'Kept answers of checks', register: (registry) => checkMetrics(registry, OWNER) },
  { title: 'Idempotency keys', register: (registry) => idempotencyMetrics(registry, OWNER) },
  { title: 'Periodic jobs', register: (registry) => jobMetrics(registry, OWNER) },
];

/** Names of all metrics of the page. */
export async function metricNames(): Promise<string[]> {
  const lists = await Promise.all(SECTIONS.map((section) => metricsOf(section)));
  return lists.flat().map(({ name }) => name);
}

export async function metricsDocument(): Promise<string> {
  const sections = await Promise.all(
    SECTIONS.map(async (section) => {
      const rows = (await metricsOf(section)).map(
        ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
      );
      const table = ['| metric | type | further labels | meaning |', '| --- | --- | --- | --- |', ...rows];
      const { title, text } = section;
      return [`## ${title}\n`, ...(text === undefined ? [] : [text]), `${table.join('\n')}\n`].join('\n');
    }),
  );
  return [INTRODUCTION, ...sections].join('\n');
}

interface Described {
  name: string;
  type: string;
  labels: string[];
  help: string;
}

async function metricsOf({ register }: Section): Promise<Described[]> {
  const registry = new Registry();
  register(registry);
  const metrics = (await registry.getMetricsAsJSON()) as MetricObjectWithValues<MetricValue<string>>[];
  return metrics
    .map(({ name, type, help }) => ({
      name,
      type: String(type),
      help,
      labels: furtherLabels(registry, name),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function furtherLabels(registry: Registry, name: string): string[] {
  const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: readonly string[] };
  return labelNames.filter((label) => !['set', 'business', 'registry', 'le'].includes(label));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(METRICS_DOCUMENT, await metricsDocument());
}
