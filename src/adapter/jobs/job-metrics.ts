/**
 * What the periodic jobs tell Prometheus. Only the process that runs a job shows its gauges. The label of a job is `task`: `job` is
 * Prometheus' own.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Balance } from './balance.ts';
import type { CredentialsAge } from './credentials-age.ts';

export interface JobMetrics {
  run(registry: string, task: string, result: 'success' | 'failure', seconds: number): void;
  missed(registry: string, task: string, runs: number): void;
  /** Whether this process runs the account's jobs. */
  leads(registry: string, leads: boolean): void;
  message(registry: string, result: 'delivered' | 'set-aside'): void;
  /** @param oldest when the registry put the first of them there, where it told */
  waiting(registry: string, count: number, oldest?: Date): void;
  balance(registry: string, balance: Balance): void;
  canary(registry: string, seconds: number): void;
  credentials(registry: string, age: CredentialsAge): void;
}

export function jobMetrics(register: Registry, owner: { set: string; business: string }): JobMetrics {
  const registers = [register];
  const ofRegistry = ['set', 'business', 'registry'] as const;
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ofRegistry, registers });
  const counter = (name: string, help: string, more: readonly string[]) =>
    new Counter({ name, help, labelNames: [...ofRegistry, ...more], registers });
  const runs = counter('epp_job_runs_total', 'Runs of periodic jobs.', ['task', 'result']);
  const missed = counter('epp_job_missed_runs_total', 'Runs that a longer one before them left out.', [
    'task',
  ]);
  const lastSuccess = new Gauge({
    name: 'epp_job_last_success_timestamp_seconds',
    help: 'When the job last succeeded.',
    labelNames: [...ofRegistry, 'task'],
    registers,
  });
  const durations = new Histogram({
    name: 'epp_job_duration_seconds',
    help: 'How long a run took.',
    labelNames: [...ofRegistry, 'task'],
    buckets: [0.05, 0.1, 0.5, 1, 5, 30, 120, 600],
    registers,
  });
  const leads = gauge('epp_job_leader', '1 in the process that runs the jobs of the account.');
  const messages = counter('epp_poll_messages_total', 'Poll messages by what became of them.', ['result']);
  const waiting = gauge('epp_poll_queue_size', 'Poll messages that wait at the registry.');
  const oldest = gauge(
    'epp_poll_oldest_message_timestamp_seconds',
    'When the registry queued the poll message that is first in its queue. Absent while none waits, or it does not say.',
  );
  const balance = gauge('epp_account_balance', 'Balance of the account, in the currency of the registry.');
  const credit = gauge('epp_account_available_credit', 'What may still be spent.');
  const creditLimit = gauge('epp_account_credit_limit', 'Credit limit of the account.');
  const canary = gauge('epp_canary_duration_seconds', 'How long the last canary check took.');
  const expiry = gauge(
    'epp_credentials_certificate_expiry_timestamp_seconds',
    'When the client certificate in the Secret ends.',
  );
  const password = gauge('epp_credentials_password_changed_timestamp_seconds', 'When the password was set.');
  const seconds = (date: Date) => date.getTime() / 1_000;

  return {
    run(registry, task, result, took) {
      const labels = { ...owner, registry, task };
      runs.inc({ ...labels, result });
      durations.observe(labels, took);
      if (result === 'success') lastSuccess.set(labels, Date.now() / 1_000);
    },
    missed: (registry, task, count) => missed.inc({ ...owner, registry, task }, count),
    leads(registry, value) {
      const labels = { ...owner, registry };
      leads.set(labels, value ? 1 : 0);
      if (value) return;
      // What the one after this process sees may be another thing.
      waiting.remove(labels);
      oldest.remove(labels);
    },
    message: (registry, result) => messages.inc({ ...owner, registry, result }),
    waiting(registry, count, date) {
      const labels = { ...owner, registry };
      waiting.set(labels, count);
      if (date === undefined) oldest.remove(labels);
      else oldest.set(labels, seconds(date));
    },
    balance(registry, told) {
      const labels = { ...owner, registry };
      balance.set(labels, told.balance);
      if (told.availableCredit !== undefined) credit.set(labels, told.availableCredit);
      if (told.creditLimit !== undefined) creditLimit.set(labels, told.creditLimit);
    },
    canary: (registry, took) => canary.set({ ...owner, registry }, took),
    credentials(registry, { certificateExpiry, passwordChangedAt }) {
      const labels = { ...owner, registry };
      if (certificateExpiry) expiry.set(labels, seconds(certificateExpiry));
      if (passwordChangedAt) password.set(labels, seconds(passwordChangedAt));
    },
  };
}
