import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { METRICS_DOCUMENT, metricNames, metricsDocument } from '../../scripts/metrics.ts';
import { start } from '../adapter/harness.ts';

it('docs/metrics.md is what the code registers; else run `node scripts/metrics.ts`', async () => {
  expect(readFileSync(METRICS_DOCUMENT, 'utf8')).toBe(await metricsDocument());
});

it('an adapter with everything switched on has exactly the metrics of docs/metrics.md', async () => {
  const h = await start({ unready: true, file: { checks: { cacheFor: '1s' } } });
  try {
    const registered = h.metrics.getMetricsAsArray().map(({ name }) => name);
    expect(registered.sort()).toEqual((await metricNames('adapter')).sort());
  } finally {
    await h.stop();
  }
});

it('names follow the conventions of Prometheus', async () => {
  for (const of of ['adapter', 'gateway'] as const)
    for (const name of await metricNames(of)) expect(name).toMatch(/^epp(set)?_[a-z]+(?:_[a-z]+)*$/);
  for (const name of await metricNames('operator'))
    expect(name).toMatch(
      /^(eppset|controller_runtime|workqueue|rest_client|leader_election)_[a-z]+(?:_[a-z]+)*$/,
    );
});
