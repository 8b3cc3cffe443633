import { describe, expect, it } from 'vitest';
import { connectionLeaseStatus } from '../../src/api/v1alpha1/connection-lease.ts';
import { type Jobs, jobsWith } from '../../src/budget/holder-jobs.ts';
import { report } from './builders.ts';

const THEN = '2026-01-01T00:00:00Z';
const NOW = '2026-01-02T00:00:00Z';
const ok = { state: 'Ok', message: '' } as const;
const failing = { state: 'Failing', message: 'no answer' } as const;

describe('the jobs that a process tells of', () => {
  it('change with what is reported, and not with what is known', () => {
    const jobs = jobsWith({}, 'poll', ok, THEN);
    expect(jobs).toEqual({ poll: { ...ok, since: THEN } });
    expect(jobsWith(jobs, 'poll', { ...ok }, NOW)).toBe(jobs);
    expect(jobsWith(jobs, 'balance', undefined, NOW)).toBe(jobs);
    expect(jobsWith(jobs, 'poll', undefined, NOW)).toEqual({});
  });

  it('keep the time when their state began', () => {
    const jobs = jobsWith({}, 'poll', failing, THEN);
    const worse = jobsWith(jobs, 'poll', { ...failing, message: 'refused' }, NOW);
    expect(worse).toEqual({ poll: { state: 'Failing', message: 'refused', since: THEN } });
    expect(jobsWith(worse, 'poll', ok, NOW)).toEqual({ poll: { ...ok, since: NOW } });
  });

  it.each(['x'.repeat(300), '𝒳'.repeat(300), `${'x'.repeat(254)}𝒳𝒳`])(
    'are cut to what a status takes',
    (message) => {
      const jobs = jobsWith({}, 'poll', { state: 'Failing', message }, NOW);
      const told = jobs.poll?.message ?? '';
      expect(told).toMatch(/^.{100,255}…$/u);
      expect(told.isWellFormed()).toBe(true);
      expect(connectionLeaseStatus.safeParse({ accounts: { reg: report({ jobs }) } }).success).toBe(true);
    },
  );

  it.each(['Poll', 'poll_all', '', '-poll', 'x'.repeat(64)])(
    'have names that the API takes, unlike %j',
    (name) => {
      expect(jobsWith({}, name, ok, NOW)).toEqual({});
    },
  );

  it('are no more than a status takes', () => {
    let jobs: Jobs = {};
    for (let n = 0; n < 20; n += 1) jobs = jobsWith(jobs, `job-${n}`, ok, NOW);
    expect(Object.keys(jobs)).toHaveLength(16);
    expect(jobsWith(jobs, 'job-3', failing, NOW)['job-3']?.state).toBe('Failing');
    expect(connectionLeaseStatus.safeParse({ accounts: { reg: report({ jobs }) } }).success).toBe(true);
  });
});
