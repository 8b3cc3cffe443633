import type { Dashboard } from './dashboard.ts';

const OF = 'namespace=~"$namespace",gateway=~"$gateway"';
/** Requests of gateways: those of adapters have the same name. */
const REQUESTS = `${OF},path!=""`;

export const gateways: Dashboard = {
  name: 'gateways',
  title: 'Gateways',
  variables: { namespace: 'epp_discovery_instances', gateway: 'epp_discovery_instances' },
  rows: {
    Requests: [
      {
        title: 'Requests by business and set',
        unit: 'reqps',
        stacked: true,
        queries: {
          '{{business}} {{set}} {{level}}': `sum by (business, set, level) (rate(epp_request_total{${REQUESTS}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Requests that fail for no fault of their callers',
        unit: 'percentunit',
        queries: { '{{gateway}} {{business}}': `gateway:epp_request_failures:ratio_rate5m{${OF}}` },
      },
      {
        title: 'Time of requests',
        unit: 's',
        queries: {
          '{{business}} p50': `histogram_quantile(0.5, sum by (business, le) (rate(epp_request_duration_seconds_bucket{${REQUESTS}}[$__rate_interval])))`,
          '{{business}} p99': `histogram_quantile(0.99, sum by (business, le) (rate(epp_request_duration_seconds_bucket{${REQUESTS}}[$__rate_interval])))`,
        },
      },
      {
        title: 'Answers by status',
        unit: 'reqps',
        queries: {
          '{{business}} {{status}}': `sum by (business, status) (rate(epp_request_total{${REQUESTS}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Requests under way',
        queries: { '{{pod}}': `sum by (pod) (epp_commands_in_flight{${OF},registry=""})` },
      },
    ],
    Sets: [
      {
        title: 'Instances by state',
        queries: { '{{set}} {{state}}': `max by (set, state) (epp_discovery_instances{${OF}})` },
      },
      {
        title: 'Fail-over',
        description: 'Requests that went from their own set to the fallback set.',
        unit: 'reqps',
        queries: {
          '{{from}} to {{to}}': `sum by (from, to) (rate(epp_failover_total{${OF}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Further attempts',
        unit: 'reqps',
        queries: {
          '{{business}} {{kind}}': `sum by (business, kind) (rate(epp_gateway_retries_total{${OF}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Instances taken out for a while',
        queries: {
          '{{set}}': `sum by (set) (increase(epp_gateway_ejections_total{${OF}}[$__rate_interval]))`,
        },
      },
    ],
    'What gives way': [
      {
        title: 'Shed, limited, answered from earlier answers',
        unit: 'reqps',
        queries: {
          '{{business}} shed': `sum by (business) (rate(epp_shed_total{${OF}}[$__rate_interval]))`,
          '{{business}} over the {{limit}} of its {{scope}}': `sum by (business, scope, limit) (rate(epp_limited_total{${OF}}[$__rate_interval]))`,
          '{{business}} stale': `sum by (business) (rate(epp_stale_answers_total{${OF}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Others give way',
        description: '1 while the watched business is short of connections.',
        queries: { '{{gateway}}': `max by (gateway) (epp_degradation_active{${OF}})` },
      },
    ],
    Rollout: [
      {
        title: 'Share that the sets serve',
        unit: 'percent',
        queries: {
          '{{gateway}}': `min by (gateway) (epp_rollout_percent{${OF}})`,
          '{{gateway}} went back': `max by (gateway) (epp_rollout_tripped{${OF}}) * 100`,
        },
      },
      {
        title: 'Requests by path',
        unit: 'reqps',
        stacked: true,
        queries: {
          '{{path}} {{result}}': `sum by (path, result) (rate(epp_path_requests_total{${OF}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Copied reads',
        unit: 'reqps',
        queries: {
          '{{operation}} {{result}}': `sum by (operation, result) (rate(epp_shadow_total{${OF}}[$__rate_interval]))`,
        },
      },
    ],
  },
};
