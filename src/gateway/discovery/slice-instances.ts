/**
 * EndpointSlices as instances. Pure. The same pod stands in the slices of several Services, and in one for each address family; for a
 * moment also twice in the slices of one Service: it is taken once.
 */
import { isIPv6 } from 'node:net';
import type { V1Endpoint } from '@kubernetes/client-node';
import { ANNOTATION, LABEL } from '../../api/v1alpha1/labels.ts';
import type { EndpointSlice } from '../../kube/builtin.ts';
import { formatSetName, parseSetName, WILDCARD_LABEL } from '../../routing/set-name.ts';
import type { Instance, InstanceState } from '../instance.ts';

/** Value of `app.kubernetes.io/managed-by` on what gateways register. */
export const GATEWAY_MANAGER = 'eppset-gateway';
/** The share of one that says nothing. */
export const DEFAULT_WEIGHT = 100;
/** On slices of headless Services, by the EndpointSlice controller. */
const HEADLESS = 'service.kubernetes.io/headless';

/** As it stands in a URL. */
export function endpointId(address: string, port: number): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

export function isRegistered(slice: EndpointSlice): boolean {
  return slice.metadata.labels?.[LABEL.managedBy] === GATEWAY_MANAGER;
}

/** All instances of the slices, sorted by id. @param registered the state of those of a registered slice, by its name; undefined leaves them out */
export function instancesOf(
  slices: readonly EndpointSlice[],
  registered: (name: string) => InstanceState | undefined = () => undefined,
): Instance[] {
  const taken = new Set<string>();
  const instances: Instance[] = [];
  for (const { key, instance } of slices.flatMap((slice) => candidatesOf(slice, registered)).sort(byRank)) {
    if (taken.has(key) || taken.has(instance.id)) continue;
    taken.add(key).add(instance.id);
    instances.push(instance);
  }
  return instances.sort((a, b) => (a.id < b.id ? -1 : 1));
}

interface Candidate {
  /** The same for all that are one pod. */
  readonly key: string;
  /** Which of several is taken: the least. */
  readonly rank: readonly [source: number, family: number, state: number];
  readonly instance: Instance;
}

/** Of several slices that do not agree, since one is late. */
const STATE_RANK: Readonly<Record<InstanceState, number>> = { ready: 0, draining: 1, dead: 2 };

function byRank(a: Candidate, b: Candidate): number {
  const at = a.rank.findIndex((rank, index) => rank !== b.rank[index]);
  if (at >= 0) return (a.rank[at] as number) - (b.rank[at] as number);
  const [left, right] = [`${a.instance.id} ${a.key}`, `${b.instance.id} ${b.key}`];
  return left < right ? -1 : Number(left > right);
}

function candidatesOf(
  slice: EndpointSlice,
  registered: (name: string) => InstanceState | undefined,
): Candidate[] {
  const port = portOf(slice);
  if (port === undefined || slice.addressType === 'FQDN') return [];
  const own = isRegistered(slice);
  const state = own ? registered(slice.metadata.name) : undefined;
  if (own && state === undefined) return [];
  const set = setOf(slice);
  const weight = weightOf(slice);
  const source = own ? 2 : slice.metadata.labels?.[HEADLESS] === undefined ? 1 : 0;
  const candidates: Candidate[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    // Kubernetes fills in one address an endpoint and calls more of them the same endpoint
    const address = endpoint.addresses[0];
    if (address === undefined) continue;
    const id = endpointId(address, port);
    const instance: Instance = {
      id,
      origin: `http://${id}`,
      set,
      state: state ?? stateOf(endpoint),
      weight,
      source: own ? 'registered' : 'slice',
    };
    const pod = endpoint.targetRef;
    const key = pod?.kind === 'Pod' ? `pod/${pod.uid ?? pod.name}/${port}` : id;
    candidates.push({ key, rank: [source, isIPv6(address) ? 1 : 0, STATE_RANK[instance.state]], instance });
  }
  return candidates;
}

/** The API says of conditions that are absent: `ready` counts as true, `terminating` as false. */
function stateOf({ conditions }: V1Endpoint): InstanceState {
  if (conditions?.terminating) return 'draining';
  return (conditions?.ready ?? true) ? 'ready' : 'dead';
}

/** The port named http; the only one where there is one alone. */
function portOf({ ports }: EndpointSlice): number | undefined {
  const named = ports?.find(({ name }) => name === 'http');
  return (named ?? (ports?.length === 1 ? ports[0] : undefined))?.port;
}

/** Undefined where the labels name no set. */
function setOf({ metadata: { labels } }: EndpointSlice): string | undefined {
  const region = labels?.[LABEL.setRegion] ?? '';
  const name = formatSetName({
    prefix: labels?.[LABEL.setPrefix] ?? '',
    business: labels?.[LABEL.setBusiness] ?? '',
    region: region === WILDCARD_LABEL ? '*' : region,
  });
  return parseSetName(name) && name;
}

function weightOf({ metadata: { annotations } }: EndpointSlice): number {
  const text = annotations?.[ANNOTATION.weight] ?? '';
  return /^\d{1,5}$/.test(text) ? Number(text) : DEFAULT_WEIGHT;
}
