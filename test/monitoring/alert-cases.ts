/** For each alert: time series on which it fires, and those on which it stays silent. */

/** Values by series, in the notation of promtool, a minute apart. */
export type Series = Readonly<Record<string, string>>;

export interface FiringCase {
  alert: string;
  series: Series;
  /** In minutes. */
  at: number;
  /** Of the alert, but for `severity`. */
  labels: Readonly<Record<string, string>>;
  /** As its texts show `$value`. */
  value?: string;
}

export interface SilentCase {
  alert: string;
  why: string;
  series: Series;
  at: number;
}

const NS = 'namespace="shop"';
const ACCOUNT = `${NS},registry="verisign"`;
const CORE = `${ACCOUNT},set="epp.core.bj",business="core"`;
const QUERY = `${ACCOUNT},set="epp.query.bj",business="query"`;

/** Connections of one pod, and what the operator says of its set. */
function pool(labels: string, figures: { active: number; limit: number; max: number; free: number }): Series {
  const set = labels.replace(/,business="[a-z]+"/, '');
  return {
    [`epp_connection_active{${labels},pod="a"}`]: `${figures.active}x60`,
    [`epp_connection_limit{${labels},pod="a"}`]: `${figures.limit}x60`,
    [`eppset_set_connections{${set},state="max"}`]: `${figures.max}x60`,
    [`eppset_set_connections{${set},state="granted"}`]: `${figures.limit}x60`,
    [`eppset_account_connections{${ACCOUNT},state="free"}`]: `${figures.free}x60`,
  };
}

/** Requests a minute of an adapter, by status. */
const requests = (labels: string, byStatus: Readonly<Record<string, number>>): Series =>
  Object.fromEntries(
    Object.entries(byStatus).map(([status, perMinute]) => [
      `epp_request_total{${labels},operation="domain:create",status="${status}"}`,
      `0+${perMinute}x60`,
    ]),
  );

const GATEWAY = `${NS},gateway="epp-bj",business="query",set="epp.query.bj",level="own",path="sets"`;
const poolLabels = (set: string, business: string) => ({
  namespace: 'shop',
  registry: 'verisign',
  set,
  business,
});
const account = { namespace: 'shop', registry: 'verisign' };
const DAY = 86_400;
const certificate = (days: number): Series => ({
  [`epp_certificate_expiry_timestamp_seconds{${CORE},side="client",pod="a"}`]: `${days * DAY}x60`,
  [`epp_certificate_expiry_timestamp_seconds{${CORE},side="client",pod="b"}`]: `${(days + 9) * DAY}x60`,
});
const pollRuns = (result: string) => `epp_job_runs_total{${CORE},task="poll",result="${result}",pod="a"}`;
const POLL_SUCCESS = `epp_job_last_success_timestamp_seconds{${CORE},task="poll",pod="a"}`;
const condition = (kind: string, name: string, type: string) =>
  `eppset_condition{${NS},kind="${kind}",name="${name}",type="${type}",pod="operator-1"}`;

export const FIRING: readonly FiringCase[] = [
  {
    alert: 'EppsetCorePoolNearlyUsed',
    series: pool(CORE, { active: 9, limit: 10, max: 10, free: 5 }),
    at: 6,
    labels: poolLabels('epp.core.bj', 'core'),
    value: '90%',
  },
  {
    alert: 'EppsetQueryPoolNearlyUsed',
    series: pool(QUERY, { active: 19, limit: 20, max: 60, free: 0 }),
    at: 11,
    labels: poolLabels('epp.query.bj', 'query'),
    value: '95%',
  },
  {
    alert: 'EppsetPoolExhausted',
    series: {
      ...pool(CORE, { active: 10, limit: 10, max: 10, free: 0 }),
      [`epp_request_queue_size{${CORE},pod="a"}`]: '3x60',
    },
    at: 3,
    labels: poolLabels('epp.core.bj', 'core'),
    value: '3',
  },
  {
    alert: 'EppsetPoolExhausted',
    series: {
      ...pool(CORE, { active: 1, limit: 2, max: 10, free: 0 }),
      ...requests(CORE, { 'no-connection': 20 }),
    },
    at: 4,
    labels: poolLabels('epp.core.bj', 'core'),
    value: '30',
  },
  {
    alert: 'EppsetBudgetUnsatisfied',
    series: { [condition('EppSet', 'core', 'BudgetSatisfied')]: '0x60' },
    at: 6,
    labels: { namespace: 'shop', kind: 'EppSet', name: 'core' },
  },
  {
    alert: 'EppsetQuarantine',
    series: {
      [`eppset_account_connections{${ACCOUNT},state="quarantined"}`]: '3x60',
      [`eppset_account_connections{${ACCOUNT},state="limit"}`]: '20x60',
    },
    at: 3,
    labels: account,
    value: '15%',
  },
  {
    alert: 'EppsetSessionsRefused',
    series: { [`eppset_account_connections{${ACCOUNT},state="cut"}`]: '1x60' },
    at: 1,
    labels: account,
  },
  {
    alert: 'EppsetSessionsRefused',
    series: { [`epp_connection_open_failures_total{${CORE},reason="limit"}`]: '0 0 1x60' },
    at: 4,
    labels: account,
  },
  {
    alert: 'EppsetAllocatorAlarm',
    series: { [`eppset_allocator_alarms_total{${NS}}`]: '1x60' },
    at: 1,
    labels: { namespace: 'shop' },
  },
  {
    alert: 'EppsetCoreFailing',
    series: requests(CORE, { '1000': 98, timeout: 2 }),
    at: 12,
    labels: { namespace: 'shop', set: 'epp.core.bj', business: 'core' },
    value: '2%',
  },
  {
    alert: 'EppsetErrorRateHigh',
    series: requests(GATEWAY, { '200': 90, 'no-route': 10 }),
    at: 12,
    labels: { namespace: 'shop', gateway: 'epp-bj', business: 'query' },
    value: '10%',
  },
  {
    alert: 'EppsetErrorRateHigh',
    series: requests(QUERY, { '1000': 90, '2400': 10 }),
    at: 12,
    labels: { namespace: 'shop', set: 'epp.query.bj', business: 'query' },
    value: '10%',
  },
  {
    alert: 'EppsetSetFailover',
    series: { [`epp_failover_total{${NS},from="epp.core.bj",to="epp.core.*",pod="a"}`]: '0+1x60' },
    at: 10,
    labels: { namespace: 'shop', from: 'epp.core.bj', to: 'epp.core.*' },
    value: '5',
  },
  {
    alert: 'EppsetIdempotencyStoreDown',
    series: {
      [`epp_idempotency_store_up{${NS},set="epp.core.bj",business="core",pod="a"}`]: '0x60',
      [`epp_idempotency_store_up{${NS},set="epp.core.bj",business="core",pod="b"}`]: '1x60',
    },
    at: 3,
    labels: { namespace: 'shop', set: 'epp.core.bj' },
  },
  {
    alert: 'EppsetCredentialsRefused',
    series: { [`eppset_account_login_state{${ACCOUNT},state="Refused"}`]: '1x60' },
    at: 1,
    labels: account,
  },
  {
    alert: 'EppsetCertificateExpiry',
    series: certificate(20),
    at: 11,
    labels: { ...account, side: 'client' },
    value: '19d 23h 49m 0s',
  },
  {
    alert: 'EppsetCertificateExpiryNear',
    series: {
      [`epp_credentials_certificate_expiry_timestamp_seconds{${CORE},pod="a"}`]: `${3 * DAY}x60`,
    },
    at: 11,
    labels: { ...account, side: 'client' },
    value: '2d 23h 49m 0s',
  },
  {
    alert: 'EppsetPollLag',
    series: { [`epp_poll_oldest_message_timestamp_seconds{${CORE},pod="a"}`]: '0x100' },
    at: 70,
    labels: account,
  },
  { alert: 'EppsetPollLag', series: { [POLL_SUCCESS]: '0x60' }, at: 25, labels: account },
  {
    alert: 'EppsetPollLag',
    series: { [pollRuns('failure')]: '0+1x60', [pollRuns('success')]: '4x60' },
    at: 10,
    labels: account,
  },
  {
    alert: 'EppsetNoLeader',
    series: {
      'leader_election_master_status{name="eppset-operator",pod="a"}': '0x60',
      'leader_election_master_status{name="eppset-operator",pod="b"}': '1 0x60',
    },
    at: 4,
    labels: {},
  },
  { alert: 'EppsetOperatorAbsent', series: {}, at: 6, labels: { component: 'operator' } },
  {
    alert: 'EppsetAdaptersAbsent',
    series: {
      [condition('EppSet', 'core', 'Ready')]: '1x60',
      [condition('EppSet', 'query', 'Ready')]: '1x60',
      'eppset_build_info{namespace="another",component="adapter",version="1"}': '1x60',
    },
    at: 11,
    labels: { namespace: 'shop' },
    value: '2',
  },
  {
    alert: 'EppsetGatewaysAbsent',
    series: { [condition('EppGateway', 'epp-bj', 'Ready')]: '1x60' },
    at: 11,
    labels: { namespace: 'shop' },
    value: '1',
  },
  {
    alert: 'EppsetNotReady',
    series: { [condition('EppGateway', 'epp-bj', 'Ready')]: '0x60' },
    at: 16,
    labels: { namespace: 'shop', kind: 'EppGateway', name: 'epp-bj' },
  },
  {
    alert: 'EppsetGatewayConfigInvalid',
    series: { [`epp_gateway_config_valid{${NS},gateway="epp-bj",pod="a"}`]: '0x60' },
    at: 6,
    labels: { namespace: 'shop', gateway: 'epp-bj' },
  },
  {
    alert: 'EppsetRolloutTripped',
    series: { [`epp_rollout_tripped{${NS},gateway="epp-bj",pod="a"}`]: '1x60' },
    at: 1,
    labels: { namespace: 'shop', gateway: 'epp-bj' },
  },
];

export const SILENT: readonly SilentCase[] = [
  {
    alert: 'EppsetCorePoolNearlyUsed',
    why: 'it can have more',
    series: pool(CORE, { active: 9, limit: 10, max: 20, free: 5 }),
    at: 6,
  },
  {
    alert: 'EppsetCorePoolNearlyUsed',
    why: 'not above the threshold',
    series: pool(CORE, { active: 8, limit: 10, max: 10, free: 0 }),
    at: 6,
  },
  {
    alert: 'EppsetQueryPoolNearlyUsed',
    why: 'not above its own threshold',
    series: pool(QUERY, { active: 18, limit: 20, max: 20, free: 0 }),
    at: 11,
  },
  {
    alert: 'EppsetPoolExhausted',
    why: 'requests were turned away once',
    series: {
      ...pool(CORE, { active: 9, limit: 10, max: 10, free: 0 }),
      [`epp_request_total{${CORE},operation="domain:create",status="no-connection"}`]: '0 9x60',
    },
    at: 4,
  },
  {
    alert: 'EppsetPoolExhausted',
    why: 'a connection is idle',
    series: {
      ...pool(CORE, { active: 9, limit: 10, max: 10, free: 0 }),
      [`epp_request_queue_size{${CORE},pod="a"}`]: '3x60',
    },
    at: 3,
  },
  {
    alert: 'EppsetBudgetUnsatisfied',
    why: 'satisfied',
    series: { [condition('EppSet', 'core', 'BudgetSatisfied')]: '1x60' },
    at: 6,
  },
  {
    alert: 'EppsetQuarantine',
    why: 'few are',
    series: {
      [`eppset_account_connections{${ACCOUNT},state="quarantined"}`]: '2x60',
      [`eppset_account_connections{${ACCOUNT},state="limit"}`]: '20x60',
    },
    at: 3,
  },
  {
    alert: 'EppsetSessionsRefused',
    why: 'another reason',
    series: {
      [`eppset_account_connections{${ACCOUNT},state="cut"}`]: '0x60',
      [`epp_connection_open_failures_total{${CORE},reason="connect"}`]: '0+1x60',
    },
    at: 12,
  },
  {
    alert: 'EppsetAllocatorAlarm',
    why: 'none',
    series: { [`eppset_allocator_alarms_total{${NS}}`]: '0x60' },
    at: 1,
  },
  {
    alert: 'EppsetCoreFailing',
    why: 'the registry says no to what is asked, and callers ask wrongly',
    series: requests(CORE, { '1000': 50, '2302': 40, 'invalid-request': 10 }),
    at: 12,
  },
  {
    alert: 'EppsetErrorRateHigh',
    why: 'a few fail, and many give way',
    series: requests(GATEWAY, { '200': 60, shed: 36, '503': 4 }),
    at: 12,
  },
  {
    alert: 'EppsetSetFailover',
    why: 'it is over',
    series: { [`epp_failover_total{${NS},from="epp.core.bj",to="epp.core.*",pod="a"}`]: '0+1x10 10x50' },
    at: 20,
  },
  {
    alert: 'EppsetIdempotencyStoreDown',
    why: 'it is up',
    series: { [`epp_idempotency_store_up{${NS},set="epp.core.bj",pod="a"}`]: '1x60' },
    at: 3,
  },
  {
    alert: 'EppsetCredentialsRefused',
    why: 'they are proven',
    series: {
      [`eppset_account_login_state{${ACCOUNT},state="Refused"}`]: '0x60',
      [`eppset_account_login_state{${ACCOUNT},state="Proven"}`]: '1x60',
    },
    at: 1,
  },
  { alert: 'EppsetCertificateExpiry', why: 'there is time', series: certificate(40), at: 11 },
  { alert: 'EppsetCertificateExpiryNear', why: 'there is time', series: certificate(20), at: 11 },
  {
    alert: 'EppsetPollLag',
    why: 'now and then a run fails',
    series: {
      [POLL_SUCCESS]: '0+60x60',
      [pollRuns('failure')]: '0+1x60',
      [pollRuns('success')]: '0+1x60',
      [`epp_poll_oldest_message_timestamp_seconds{${CORE},pod="a"}`]: '0+60x60',
    },
    at: 50,
  },
  {
    alert: 'EppsetNoLeader',
    why: 'one leads',
    series: {
      'leader_election_master_status{name="eppset-operator",pod="a"}': '0x60',
      'leader_election_master_status{name="eppset-operator",pod="b"}': '1x60',
    },
    at: 4,
  },
  {
    alert: 'EppsetOperatorAbsent',
    why: 'there is one',
    series: { 'eppset_build_info{component="operator",version="1",pod="a"}': '1x60' },
    at: 6,
  },
  {
    alert: 'EppsetAdaptersAbsent',
    why: 'there is one',
    series: {
      [condition('EppSet', 'core', 'Ready')]: '1x60',
      [`eppset_build_info{${NS},component="adapter",version="1",pod="a"}`]: '1x60',
    },
    at: 11,
  },
  {
    alert: 'EppsetGatewaysAbsent',
    why: 'there is one',
    series: {
      [condition('EppGateway', 'epp-bj', 'Ready')]: '1x60',
      [`eppset_build_info{${NS},component="gateway",version="1",pod="a"}`]: '1x60',
    },
    at: 11,
  },
  {
    alert: 'EppsetNotReady',
    why: 'not for long',
    series: { [condition('EppGateway', 'epp-bj', 'Ready')]: '0x10 1x50' },
    at: 20,
  },
  {
    alert: 'EppsetGatewayConfigInvalid',
    why: 'valid',
    series: { [`epp_gateway_config_valid{${NS},gateway="epp-bj",pod="a"}`]: '1x60' },
    at: 6,
  },
  {
    alert: 'EppsetRolloutTripped',
    why: 'it goes on',
    series: { [`epp_rollout_tripped{${NS},gateway="epp-bj",pod="a"}`]: '0x60' },
    at: 1,
  },
];
