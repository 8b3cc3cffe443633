import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { jobMetrics } from '../../../src/adapter/jobs/job-metrics.ts';

it('tells how old the first poll message is, while it runs the jobs and as long as one waits', async () => {
  const registry = new Registry();
  const metrics = jobMetrics(registry, { set: 'epp.core.bj', business: 'core' });
  const shown = async (name: string) =>
    (await registry.getSingleMetric(name)?.get())?.values.map(({ value }) => value);
  const oldest = () => shown('epp_poll_oldest_message_timestamp_seconds');

  metrics.leads('verisign', true);
  expect(await oldest()).toEqual([]);
  metrics.waiting('verisign', 2, new Date('2026-01-01T00:00:00Z'));
  expect(await oldest()).toEqual([1_767_225_600]);
  metrics.waiting('verisign', 0);
  expect(await oldest()).toEqual([]);
  expect(await shown('epp_poll_queue_size')).toEqual([0]);

  metrics.waiting('verisign', 1, new Date('2026-01-01T00:00:00Z'));
  metrics.leads('verisign', false);
  expect(await oldest()).toEqual([]);
  expect(await shown('epp_poll_queue_size')).toEqual([]);
  expect(await shown('epp_job_leader')).toEqual([0]);
});
