/**
 * Writes docs/metrics.md: every metric of operator, adapter and gateway, with its type, its labels and its meaning, as the code
 * registers them.
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
import { allocatorMetrics } from '../src/budget/kube/allocator-metrics.ts';
import { controllerMetrics, leaderGauge, queueMetrics, requestCounter } from '../src/kube/metrics.ts';
import { buildInfo } from '../src/lib/build-info.ts';
import { accountMetrics } from '../src/operator/account-metrics.ts';
import { conditionMetrics } from '../src/operator/condition-metrics.ts';
import { polarisMetrics } from '../src/polaris/polaris.ts';
import { registerGatewayMetrics } from './metrics/gateway.ts';

export const METRICS_DOCUMENT = fileURLToPath(new URL('../docs/metrics.md', import.meta.url));

const INTRODUCTION = `# Metrics

Made by \`node scripts/metrics.ts\` from the code that registers them; do not edit by hand.

\`GET /metrics\` of operator (port 8081), adapters and gateways (port 8080) shows them in Prometheus' text format, without a token, beside
those of the process (\`process_…\`, \`nodejs_…\`). Times are seconds, counters end in \`_total\`, histograms have \`_bucket\`, \`_sum\` and
\`_count\`. No secret and no name of an object at a registry stands in any of them.

The chart has Prometheus scrape them with \`monitoring.enabled=true\`: a ServiceMonitor for the operator, with \`honorLabels\` since its series
have a \`namespace\` of their own, and a PodMonitor each for adapters and gateways. What the alerts mean stands in [alerts.md](alerts.md).

Four names are of adapters and of gateways: \`epp_request_total\`, \`epp_request_outcomes_total\`, \`epp_request_duration_seconds\` and
\`epp_commands_in_flight\`. Those of adapters have the label \`registry\`, those of gateways \`path\` (but for the last).
`;

const none = () => 0;
const OWNER = { set: 'epp.core.bj', business: 'core' };

/** Whose `/metrics` shows them. */
export type Component = 'operator' | 'adapter' | 'gateway';

interface Section {
  of: Component;
  title: string;
  text?: string;
  register(registry: Registry): unknown;
}

const SECTIONS: readonly Section[] = [
  {
    of: 'operator',
    title: 'Operator',
    text: 'Accounts, sets and conditions are told by the leader alone; `eppset_polaris_…` are there where Polaris is told of sets. The others have the names that controller-runtime and client-go gave them, so that\nstock dashboards work.\n',
    register(registry) {
      buildInfo(registry, 'operator');
      accountMetrics(registry);
      conditionMetrics(registry);
      allocatorMetrics(registry);
      polarisMetrics(registry);
      leaderGauge(registry);
      requestCounter(registry);
      controllerMetrics(registry, 'set', 1);
      queueMetrics(registry, 'set', { depth: none, unfinishedSeconds: none, longestRunningSeconds: none });
    },
  },
  {
    of: 'adapter',
    title: 'Adapter: requests, connections, commands',
    text: `Each metric of an adapter, but for \`eppset_build_info\`, has the labels \`set\` and \`business\`, and those that are about a registry account also \`registry\`, its name.

What to look at first:

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
  {
    of: 'adapter',
    title: 'Adapter: kept answers of checks',
    register: (registry) => checkMetrics(registry, OWNER),
  },
  {
    of: 'adapter',
    title: 'Adapter: idempotency keys',
    register: (registry) => idempotencyMetrics(registry, OWNER),
  },
  {
    of: 'adapter',
    title: 'Adapter: periodic jobs',
    text: "The label of a job is `task`: `job` is Prometheus' own.\n",
    register: (registry) => jobMetrics(registry, OWNER),
  },
  {
    of: 'gateway',
    title: 'Gateway',
    text: `\`status\` is the HTTP status of what was handed on, or the code of a problem of the gateway's own. \`set\` and \`level\` are those that were asked
last, \`none\` where nobody was; \`operation\` is \`other\` for what nobody has heard of. Some are there only where the gateway's file asks for it:
\`epp_authentication_total\`, \`epp_trace_spans_total\`, and with discovery in a cluster \`epp_discovery_last_sync_timestamp_seconds\`.
`,
    register: registerGatewayMetrics,
  },
];

/** Names of the page's metrics that a component has. */
export async function metricNames(component: Component): Promise<string[]> {
  const lists = await Promise.all(SECTIONS.filter(({ of }) => of === component).map(metricsOf));
  return lists.flat().map(({ name }) => name);
}

export async function metricsDocument(): Promise<string> {
  const sections = await Promise.all(
    SECTIONS.map(async (section) => {
      const rows = (await metricsOf(section)).map(
        ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
      );
      const { of, title, text } = section;
      const head = of === 'adapter' ? 'further labels' : 'labels';
      const table = [`| metric | type | ${head} | meaning |`, '| --- | --- | --- | --- |', ...rows];
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

async function metricsOf({ of, register }: Section): Promise<Described[]> {
  const registry = new Registry();
  await register(registry);
  const metrics = (await registry.getMetricsAsJSON()) as MetricObjectWithValues<MetricValue<string>>[];
  return metrics
    .map(({ name, type, help }) => ({
      name,
      type: String(type),
      help,
      labels: labelsOf(registry, name).filter((label) => of !== 'adapter' || !OF_ADAPTER.has(label)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Said once for all of them. */
const OF_ADAPTER: ReadonlySet<string> = new Set(['set', 'business', 'registry']);

function labelsOf(registry: Registry, name: string): string[] {
  const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: readonly string[] };
  return labelNames.filter((label) => label !== 'le');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(METRICS_DOCUMENT, await metricsDocument());
}
