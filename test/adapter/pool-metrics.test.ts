import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { AccountPool } from '../../src/adapter/account-pool.ts';
import { adapterMetrics } from '../../src/adapter/adapter-metrics.ts';
import { ScriptedBudget } from './scripted-budget.ts';

const LABELS = 'set="epp.core.bj",business="core",registry="a"';

function setUp() {
  const registry = new Registry();
  const metrics = adapterMetrics(registry, { set: 'epp.core.bj', business: 'core' });
  const budget = new ScriptedBudget(7);
  budget.commands = { perSecond: 3 };
  const state = { rationedMs: 1_500, commands: 12 };
  const pool = {
    account: 'a',
    waiting: 5,
    waitingOf: (priority: string) => (priority === 'transform' ? 1 : 2),
    get rationedMs() {
      return state.rationedMs;
    },
    connections: {
      inFlight: 4,
      get commands() {
        return state.commands;
      },
      certificates: { server: { notAfter: new Date(1_800_000_000_000) } },
    },
    counts: () => ({ preparing: 1, opening: 1, idle: 2, busy: 3, closing: 0 }),
  } as unknown as AccountPool;
  metrics.watch(pool, () => budget.account());
  return { registry, metrics, state, budget };
}

describe('metrics of the pools', () => {
  it('show figures when they are scraped', async () => {
    const { registry, state, budget } = setUp();
    const text = await registry.metrics();
    for (const line of [
      `epp_connection_total{${LABELS}} 6`,
      `epp_connection_state{${LABELS},state="preparing"} 1`,
      `epp_connection_limit{${LABELS}} 7`,
      `epp_request_queue_class_size{${LABELS},class="transform"} 1`,
      `epp_commands_in_flight{${LABELS}} 4`,
      `epp_command_limit{${LABELS},span="second"} 3`,
      `epp_commands_total{${LABELS}} 12`,
      `epp_rate_limited_seconds_total{${LABELS}} 1.5`,
      `epp_certificate_expiry_timestamp_seconds{${LABELS},side="server"} 1800000000`,
    ]) {
      expect(text).toContain(line);
    }
    expect(text).not.toContain('span="minute"');
    // a counter that is scraped twice counts once, and a limit that is gone is gone
    state.commands = 13;
    budget.commands = {};
    const again = await registry.metrics();
    expect(again).toContain(`epp_commands_total{${LABELS}} 13`);
    expect(again).not.toContain('epp_command_limit{');
  });

  it('count waits by class, and names by command', async () => {
    const { registry, metrics } = setUp();
    const commands = metrics.commands('a');
    commands.waited('transform', 3);
    commands.waited('query', 40);
    commands.checked(20);
    const text = await registry.metrics();
    expect(text).toMatch(
      new RegExp(`epp_request_queue_seconds_bucket{le="0.005",${LABELS},class="transform"} 1`),
    );
    expect(text).toContain(`epp_request_queue_seconds_sum{${LABELS},class="query"} 0.04`);
    expect(text).toContain(`epp_check_names_sum{${LABELS}} 20`);
  });

  it('count requests by outcome, and refused logins by code', async () => {
    const { registry, metrics } = setUp();
    const request = { registry: 'a', operation: 'domain:create', seconds: 0.1 };
    metrics.request({ ...request, status: '1000', outcome: 'done' });
    metrics.request({ ...request, status: 'timeout', outcome: 'unknown' });
    metrics.request({ ...request, status: 'timeout', outcome: 'not-sent' });
    metrics.connectionEvents('a').loginRefused(2200);
    metrics.connectionEvents('a').loginRefused(undefined);
    const text = await registry.metrics();
    for (const outcome of ['done', 'unknown', 'not-sent']) {
      expect(text).toContain(
        `epp_request_outcomes_total{${LABELS},operation="domain:create",outcome="${outcome}"} 1`,
      );
    }
    expect(text).toContain(`epp_request_total{${LABELS},operation="domain:create",status="timeout"} 2`);
    expect(text).toContain(`epp_login_refusals_total{${LABELS},code="2200"} 1`);
    expect(text).toContain(`epp_login_refusals_total{${LABELS},code="none"} 1`);
  });
});
