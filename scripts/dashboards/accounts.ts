import type { Dashboard } from './dashboard.ts';

const OF = 'namespace=~"$namespace",registry=~"$registry"';

/** What other operators in the cluster tell by the same names is not ours. */
const OPERATOR = 'job="eppset-operator"';

export const accounts: Dashboard = {
  name: 'accounts',
  title: 'Accounts and sets',
  variables: { namespace: 'eppset_account_connections', registry: 'eppset_account_connections' },
  rows: {
    'Registry accounts': [
      {
        title: 'Connections of the accounts',
        description: 'Open, in quarantine and free are at most the limit: nothing is ever opened beyond it.',
        stacked: true,
        queries: {
          '{{registry}} {{state}}': `sum by (registry, state) (eppset_account_connections{${OF},state=~"open|quarantined|free"})`,
        },
      },
      {
        title: 'Limit, granted, cut off',
        description: 'Cut: taken off the limit because the registry refused sessions below it.',
        queries: {
          '{{registry}} {{state}}': `sum by (registry, state) (eppset_account_connections{${OF},state=~"limit|granted|cut"})`,
        },
      },
      {
        title: 'Credentials',
        description: '1 for what is known of them: Unproven, Proven, Refused.',
        queries: {
          '{{registry}} {{state}}': `max by (registry, state) (eppset_account_login_state{${OF}}) == 1`,
        },
      },
      {
        title: 'Certificates end in',
        unit: 's',
        queries: {
          '{{registry}} {{side}}': `min by (registry, side) (epp_certificate_expiry_timestamp_seconds{${OF}}) - time()`,
        },
      },
    ],
    Sets: [
      {
        title: 'Granted',
        stacked: true,
        queries: {
          '{{registry}} {{set}}': `sum by (registry, set) (eppset_set_connections{${OF},state="granted"})`,
        },
      },
      {
        title: 'Open',
        stacked: true,
        queries: {
          '{{registry}} {{set}}': `sum by (registry, set) (eppset_set_connections{${OF},state="open"})`,
        },
      },
      {
        title: 'Share of the connections at work',
        unit: 'percentunit',
        queries: { '{{registry}} {{set}}': `pool:epp_connection:utilization{${OF}}` },
      },
      {
        title: 'Requests without a connection',
        queries: {
          '{{registry}} {{set}}': `sum by (registry, set) (eppset_set_connections{${OF},state="waiting"})`,
        },
      },
    ],
    'What happened': [
      {
        title: 'Connections that went into quarantine',
        queries: {
          '{{registry}} {{set_object}}': `sum by (registry, set_object) (increase(eppset_quarantined_connections_total{${OF}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Events of the allocator',
        queries: {
          '{{reason}}':
            'sum by (reason) (increase(eppset_allocator_events_total{namespace=~"$namespace"}[$__rate_interval]))',
        },
      },
      {
        title: 'Objects that are not as they should be',
        wide: true,
        queries: {
          '{{kind}} {{namespace}}/{{name}}: not {{type}}':
            'count by (kind, namespace, name, type) (eppset_condition{namespace=~"$namespace",type=~"Ready|BudgetSatisfied|CredentialsAccepted|AccountsPooled"} == 0)',
        },
      },
    ],
    Operator: [
      {
        title: 'Who leads',
        queries: { '{{pod}}': 'max by (pod) (leader_election_master_status{name="eppset-operator"})' },
      },
      {
        title: 'Reconciliations',
        unit: 'ops',
        queries: {
          '{{controller}} {{result}}': `sum by (controller, result) (rate(controller_runtime_reconcile_total{${OPERATOR}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Keys that wait',
        queries: { '{{name}}': `sum by (name) (workqueue_depth{${OPERATOR}})` },
      },
      {
        title: 'Requests to the Kubernetes API',
        unit: 'reqps',
        queries: {
          '{{method}} {{code}}': `sum by (method, code) (rate(rest_client_requests_total{${OPERATOR}}[$__rate_interval]))`,
        },
      },
    ],
  },
};
