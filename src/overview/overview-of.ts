import type { EppConnectionLease } from '../api/v1alpha1/connection-lease.ts';
import type { EppGateway } from '../api/v1alpha1/gateway.ts';
import type { EppSet } from '../api/v1alpha1/set.ts';
import { planOf, rolloutNow, stateOf } from '../operator/gateway-controller/rollout.ts';
import { accountOverview } from './account-overview.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { invalid, judged } from './health.ts';
import type { GatewayOverview, LeaseOverview, Overview, SetOverview } from './overview.ts';
import { byNamespace, type Checked, namespaceOf } from './parsed-objects.ts';

/**
 * What people are shown of these objects. Never throws: what cannot be read is shown as degraded, with what is wrong with it.
 * @param at RFC 3339, when they were looked at
 */
export function overviewOf(objects: ClusterObjects, at: string): Overview {
  const namespaces = byNamespace(objects);
  return {
    at,
    accounts: namespaces.flatMap((all) => all.registries.map((one) => accountOverview(one, all))),
    sets: namespaces.flatMap(({ sets, leases }) => {
      const bySet = leases && Map.groupBy(leases, ({ raw }) => setNamed(raw));
      return sets.map((set) => setOverview(set, bySet && (bySet.get(set.raw.metadata.name) ?? [])));
    }),
    gateways: namespaces.flatMap(({ gateways }) => gateways.map(gatewayOverview)),
  };
}

/** Of a lease that may not be valid. */
function setNamed({ spec }: EppConnectionLease): unknown {
  return (spec as EppConnectionLease['spec'] | undefined)?.set;
}

function setOverview(
  { raw, parsed }: Checked<EppSet>,
  held: readonly Checked<EppConnectionLease>[] | undefined,
): SetOverview {
  const leases = (held ?? []).map(leaseOverview).sort((a, b) => (a.pod < b.pod ? -1 : 1));
  const accounts = leases.flatMap((lease) => lease.accounts);
  const sum = (field: 'granted' | 'open' | 'waiting') =>
    held === undefined
      ? (parsed.ok && parsed.value.status?.connections?.[field]) || 0
      : accounts.reduce((total, figures) => total + figures[field], 0);
  const common = {
    namespace: namespaceOf(raw),
    name: raw.metadata.name,
    granted: sum('granted'),
    open: sum('open'),
    waiting: sum('waiting'),
    leases,
  };
  if (!parsed.ok) {
    const figures = { set: '', class: '', paused: false, replicas: 0, readyReplicas: 0 };
    return { ...common, ...figures, ...invalid(parsed.problems) };
  }
  const { spec, status } = parsed.value;
  return {
    ...common,
    set: spec.set,
    class: spec.class,
    ...judged(parsed.value),
    paused: spec.paused,
    // Of a set that scales by itself only 0 is an order.
    replicas: spec.autoscaling === undefined || spec.replicas === 0 ? spec.replicas : (status?.replicas ?? 0),
    readyReplicas: status?.readyReplicas ?? 0,
  };
}

function leaseOverview({ raw, parsed }: Checked<EppConnectionLease>): LeaseOverview {
  if (!parsed.ok) return { pod: raw.metadata.name, state: 'Invalid', accounts: [] };
  const { spec, status } = parsed.value;
  const reported = status?.accounts ?? {};
  const names = [...new Set([...Object.keys(spec.grants), ...Object.keys(reported)])].sort();
  return {
    pod: spec.pod,
    state: leaseState(parsed.value),
    accounts: names.map((registry) => ({
      registry,
      granted: spec.grants[registry]?.slots ?? 0,
      open: reported[registry]?.open ?? 0,
      waiting: reported[registry]?.waiting ?? 0,
    })),
  };
}

/** The pod's deletion deletes its lease, and a finalizer keeps that until no ledger charges it any more. */
function leaseState({ metadata, spec, status }: EppConnectionLease): string {
  if (metadata.deletionTimestamp !== undefined) return 'Gone';
  const isHeard = spec.state === 'Bound' && spec.incarnation === status?.incarnation;
  return (isHeard && status?.phase) || spec.state;
}

function gatewayOverview({ raw, parsed }: Checked<EppGateway>): GatewayOverview {
  const common = { namespace: namespaceOf(raw), name: raw.metadata.name };
  if (!parsed.ok) {
    const rest = { prefix: '', region: '', replicas: 0, readyReplicas: 0, switchedOff: [], paused: false };
    return { ...common, ...rest, ...invalid(parsed.problems) };
  }
  const { spec, status } = parsed.value;
  const percent = percentOf(parsed.value);
  const phase = spec.rollout?.steps && status?.rollout?.phase;
  return {
    ...common,
    prefix: spec.prefix,
    region: spec.region,
    ...judged(parsed.value),
    replicas: spec.replicas,
    readyReplicas: status?.readyReplicas ?? 0,
    ...(percent !== undefined && { percent }),
    ...(phase !== undefined && { phase }),
    paused: spec.paused,
    switchedOff: Object.entries(spec.switches ?? {})
      .filter(([, isOn]) => !isOn)
      .map(([business]) => business)
      .sort(),
  };
}

function percentOf({ spec, status }: EppGateway): number | undefined {
  if (spec.rollout?.legacy === undefined) return undefined;
  if (planOf(spec.rollout) === undefined) return rolloutNow(spec.rollout, undefined)?.percent;
  const state = stateOf(status?.rollout);
  // Until the first step is stored everything takes the older path.
  return state === undefined ? 0 : rolloutNow(spec.rollout, state)?.percent;
}
