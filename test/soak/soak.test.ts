import { expect, it } from 'vitest';
import { runSoak } from './soak.ts';

it('tells the truth while everything goes wrong', async () => {
  const report = await runSoak({ seconds: 12, seed: 20, rate: 0.05, callers: 12, tell: () => {} });
  expect(report.wrong).toEqual([]);
  expect(report.highestSessions).toBeLessThanOrEqual(report.cap);
  expect(report.outcomes.done).toBeGreaterThan(50);
  expect(report.outcomes.unknown).toBeGreaterThan(0);
  expect(report.executed).toBeGreaterThan(50);
}, 120_000);
