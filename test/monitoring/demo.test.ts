/** A real Prometheus scrapes a real demo: its rules and the dashboards' queries find what they are about. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dashboardFiles } from '../../scripts/dashboards.ts';
import { metricNames } from '../../scripts/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { ask, type Demo, startDemo } from './demo.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import { allRules, nameOf, renderedRules } from './rules.ts';

let demo: Demo;
let prometheus: Prometheus;
const stop = new AbortController();
let asking: Promise<void>;

beforeAll(async () => {
  demo = await startDemo();
  prometheus = await startPrometheus(demo.targets, renderedRules());
  asking = ask(demo.cluster, stop.signal);
}, 300_000);
afterAll(async () => {
  stop.abort();
  await asking;
  await prometheus?.close();
  await demo?.close();
}, 60_000);

interface Target {
  expr: string;
  legendFormat: string;
}
interface Panel {
  title: string;
  targets?: Target[];
}

/** Of a demo that is well, and of a gateway of the plainest kind: they may find nothing. */
const MAY_BE_EMPTY: Readonly<Record<string, readonly string[]>> = {
  'nobody fell silent': ['Connections that went into quarantine', 'Events of the allocator'],
  'all objects are as they should be': ['Objects that are not as they should be'],
  'an embedded operator is alone, and asks a store in memory': [
    'Who leads',
    'Requests to the Kubernetes API',
  ],
  'connections are opened, and kept': ['Connections that were opened, could not be, or were lost'],
  'every set is there': ['Fail-over', 'Further attempts', 'Instances taken out for a while'],
  'nothing is short': ['Shed, limited, answered from earlier answers'],
  'there is no rollout': ['Copied reads'],
};

const queries = [...dashboardFiles()].flatMap(([file, text]) =>
  (JSON.parse(text) as { panels: Panel[] }).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ file, title, legendFormat, query: substituted(expr) })),
  ),
);

/** As Grafana does, with everything chosen. */
function substituted(expr: string): string {
  return expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(namespace|registry|set|gateway)\b/g, '.*');
}

/** For a machine that has other things to do; it takes some five seconds. */
const PATIENTLY = { timeoutMs: 90_000, everyMs: 250 };

it('every query of every panel runs, and finds something where there is something', async () => {
  expect(queries.length).toBeGreaterThan(40);
  const excused = Object.values(MAY_BE_EMPTY).flat();
  expect(queries.map(({ title }) => title)).toEqual(expect.arrayContaining(excused));
  await eventually(async () => {
    const found = await Promise.all(queries.map(({ query }) => prometheus.query(query)));
    const empty = queries.filter(({ title }, at) => found[at]?.length === 0 && !excused.includes(title));
    expect(empty.map(({ file, title, legendFormat }) => `${file}: ${title}: ${legendFormat}`)).toEqual([]);
  }, PATIENTLY);
}, 100_000);

interface RuleState {
  name: string;
  health: string;
  lastError?: string;
  state?: string;
}

it('every rule runs, and no alert fires of a demo that is well', async () => {
  const rules = async () => {
    const { groups } = await prometheus.get<{ groups: { rules: RuleState[] }[] }>('rules');
    return groups.flatMap((group) => group.rules);
  };
  // A rule that has never run is of unknown health
  await eventually(async () => (await rules()).every(({ health }) => health !== 'unknown'), PATIENTLY);
  const found = await rules();
  expect(found.map(({ name }) => name).sort()).toEqual(allRules().map(nameOf).sort());
  expect(found.filter(({ health }) => health !== 'ok')).toEqual([]);
  expect(found.filter(({ state }) => state === 'firing')).toEqual([]);
}, 100_000);

/** Metrics of an operator that has more than the embedded one. */
const ELSEWHERE = [
  // It is alone, and asks a store in memory
  /^(leader_election|rest_client)_/,
  // Nobody told it of one
  /^eppset_polaris_/,
];

it('the operator has exactly the metrics of docs/metrics.md', async () => {
  const registered = demo.metrics.getMetricsAsArray().map(({ name }) => name);
  const documented = await metricNames('operator');
  expect(registered.filter((name) => !documented.includes(name))).toEqual([]);
  const missing = documented.filter((name) => !registered.includes(name));
  expect(missing.filter((name) => !ELSEWHERE.some((each) => each.test(name)))).toEqual([]);
});
