import type { Dashboard } from './dashboard.ts';

const OF = 'namespace=~"$namespace",set=~"$set"';
/** Requests of adapters: those of gateways have the same name. */
const REQUESTS = `${OF},registry!=""`;

export const adapters: Dashboard = {
  name: 'adapters',
  title: 'Adapters',
  variables: { namespace: 'epp_connection_limit', set: 'epp_connection_limit' },
  rows: {
    Requests: [
      {
        title: 'Requests by outcome',
        unit: 'reqps',
        stacked: true,
        queries: {
          '{{set}} {{outcome}}': `sum by (set, outcome) (rate(epp_request_outcomes_total{${REQUESTS}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Requests that fail for no fault of their callers',
        unit: 'percentunit',
        queries: { '{{set}}': `set:epp_request_failures:ratio_rate5m{${OF}}` },
      },
      {
        title: 'Time of requests, waiting included',
        unit: 's',
        queries: {
          '{{set}} p50': `histogram_quantile(0.5, sum by (set, le) (rate(epp_request_duration_seconds_bucket{${REQUESTS}}[$__rate_interval])))`,
          '{{set}} p99': `histogram_quantile(0.99, sum by (set, le) (rate(epp_request_duration_seconds_bucket{${REQUESTS}}[$__rate_interval])))`,
        },
      },
      {
        title: 'Answers by code',
        unit: 'reqps',
        queries: {
          '{{operation}} {{status}}': `sum by (operation, status) (rate(epp_request_total{${REQUESTS}}[$__rate_interval]))`,
        },
      },
    ],
    'Connections and queue': [
      {
        title: 'Connections by state',
        stacked: true,
        queries: { '{{set}} {{state}}': `sum by (set, state) (epp_connection_state{${OF}})` },
      },
      {
        title: 'Share of the connections at work',
        unit: 'percentunit',
        queries: { '{{set}} {{registry}}': `pool:epp_connection:utilization{${OF}}` },
      },
      {
        title: 'Requests that wait',
        queries: { '{{set}} {{class}}': `sum by (set, class) (epp_request_queue_class_size{${OF}})` },
      },
      {
        title: 'Waiting time, p99',
        unit: 's',
        queries: {
          '{{set}} {{class}}': `histogram_quantile(0.99, sum by (set, class, le) (rate(epp_request_queue_seconds_bucket{${OF}}[$__rate_interval])))`,
        },
      },
      {
        title: 'Connections that were opened, could not be, or were lost',
        queries: {
          '{{set}} opened': `sum by (set) (increase(epp_connection_opens_total{${OF}}[$__rate_interval]))`,
          '{{set}} failed: {{reason}}': `sum by (set, reason) (increase(epp_connection_open_failures_total{${OF}}[$__rate_interval]))`,
          '{{set}} lost: {{reason}}': `sum by (set, reason) (increase(epp_connection_losses_total{${OF}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Commands at the registries',
        unit: 'ops',
        queries: {
          '{{registry}}': `sum by (registry) (rate(epp_commands_total{${OF}}[$__rate_interval]))`,
          '{{registry}} held back by the rate': `sum by (registry) (rate(epp_rate_limited_seconds_total{${OF}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Names in a check',
        queries: {
          '{{set}}': `sum by (set) (rate(epp_check_names_sum{${OF}}[$__rate_interval])) / sum by (set) (rate(epp_check_names_count{${OF}}[$__rate_interval]))`,
        },
      },
    ],
    'Periodic jobs': [
      {
        title: 'Since the last success',
        unit: 's',
        queries: {
          '{{registry}} {{task}}':
            'time() - max by (registry, task) (epp_job_last_success_timestamp_seconds{namespace=~"$namespace"})',
        },
      },
      {
        title: 'Poll messages that wait at the registry',
        queries: { '{{registry}}': 'max by (registry) (epp_poll_queue_size{namespace=~"$namespace"})' },
      },
    ],
  },
};
