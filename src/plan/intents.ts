/** What the operator would make of custom resources: the same judgements and builders, without a cluster. */
import { parseGateway, parseRegistry, parseSet } from '../api/parse.ts';
import { describeProblems } from '../api/problems.ts';
import type { EppGateway } from '../api/v1alpha1/gateway.ts';
import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import type { EppSet } from '../api/v1alpha1/set.ts';
import { registryFact, setFact } from '../budget/kube/views.ts';
import { type Admission, admitMinimums } from '../budget/minimums.ts';
import { DEPLOYMENT, type Deployment } from '../kube/builtin.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Desired } from '../operator/apply/owned-objects.ts';
import { accountsPooled } from '../operator/gateway-controller/pooled.ts';
import { resolveRoutes, unreadable } from '../operator/gateway-controller/resolve.ts';
import { planOf, rolloutNow, stateOf as rolloutStateOf } from '../operator/gateway-controller/rollout.ts';
import { autoscaled } from '../operator/set-controller/autoscaled-replicas.ts';
import { resolveSet } from '../operator/set-controller/resolve.ts';
import { egressObjects, NGINX_IMAGE } from '../operator/specs/egress/objects.ts';
import { gatewayFile } from '../operator/specs/gateway/file.ts';
import { gatewayObjects } from '../operator/specs/gateway/objects.ts';
import { type SetObjectsOptions, setObjects } from '../operator/specs/set-objects.ts';
import { progressOf } from '../routing/rollout-progress.ts';
import { refOf, type State } from './state.ts';

/** What is known besides the custom resources. */
export interface Surroundings {
  /** What the operator gives all pods. */
  pods: SetObjectsOptions;
  /** What is wrong with the Secrets of an EppRegistry or EppGateway, by `refOf`; those that are not named are taken as good. */
  secretProblems: ReadonlyMap<string, string>;
  /** The live object of this kind and key, where there is a cluster. */
  live(object: KubeObject): KubeObject | undefined;
  /** Of rollouts by steps. */
  now: Date;
}

/** What the operator would do for one account, set or gateway. */
export type Intention = { owner: EppRegistry | EppSet | EppGateway } & (
  | { state: 'resolved'; desired: Desired[] }
  /** All stays as it is. */
  | { state: 'refused'; reason: string; message: string }
  | { state: 'paused' }
);

/** By `refOf` of the owner. */
export function intentions(state: State, surroundings: Surroundings): Map<string, Intention> {
  const found = [
    ...kept(state.registries).map((registry) => intentionOfRegistry(registry, surroundings)),
    ...kept(state.sets).map((set) => intentionOfSet(set, state, surroundings)),
    ...kept(state.gateways).map((gateway) => intentionOfGateway(gateway, state, surroundings)),
  ];
  return new Map(found.map((intention) => [refOf(intention.owner), intention]));
}

/** What is on its way out goes by itself. */
function kept<T extends KubeObject>(objects: ReadonlyMap<string, T>): T[] {
  return [...objects.values()].filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Which minimums an account guarantees. Undefined when the account is not valid. */
export function admissionAt(registry: EppRegistry, state: State): Admission | undefined {
  const parsed = parseRegistry(registry);
  if (!parsed.ok) return undefined;
  return admitMinimums(registryFact(parsed.value), setsIn(registry.metadata.namespace, state).map(setFact));
}

/** The valid sets of a namespace. */
export function setsIn(namespace: string | undefined, state: State): EppSet[] {
  return [...state.sets.values()].flatMap((raw) => {
    if (raw.metadata.namespace !== namespace) return [];
    const parsed = parseSet(raw);
    return parsed.ok ? [parsed.value] : [];
  });
}

/** Why a gateway would find no connections; undefined when it does. */
export function poolWarning(raw: EppGateway, state: State): string | undefined {
  const parsed = parseGateway(raw);
  if (!parsed.ok) return undefined;
  const pooled = accountsPooled(parsed.value, setsIn(raw.metadata.namespace, state));
  return pooled.status === 'False' ? pooled.message : undefined;
}

/** Its egress proxies. When they go they wait for adapters to leave them, as adapters wait for them to come. */
function intentionOfRegistry(raw: EppRegistry, { pods }: Surroundings): Intention {
  const parsed = parseRegistry(raw);
  if (!parsed.ok) {
    const message = `the spec is not valid: ${describeProblems(parsed.problems)}`;
    return { owner: raw, state: 'refused', reason: 'InvalidSpec', message };
  }
  const { egressImage = NGINX_IMAGE } = pods;
  const isProxied = parsed.value.spec.egress.mode === 'nginx' && egressImage !== false;
  const desired = isProxied ? egressObjects(parsed.value, egressImage, pods) : [];
  return { owner: raw, state: 'resolved', desired };
}

function intentionOfSet(raw: EppSet, state: State, surroundings: Surroundings): Intention {
  const parsed = parseSet(raw);
  if (!parsed.ok) {
    const message = `the spec is not valid: ${describeProblems(parsed.problems)}`;
    return { owner: raw, state: 'refused', reason: 'InvalidSpec', message };
  }
  const set = parsed.value;
  if (set.spec.paused) return { owner: raw, state: 'paused' };
  const { judgement, registries } = resolveSet(set, {
    registry: (name) => registryOf(set, name, state, surroundings),
    parsedRegistry: (registry) => parseRegistry(registry),
    // Sets wait for egress proxies: a plan looks at the end.
    alwaysDirect: true,
    minimumRefusal: (registry) =>
      admissionAt(registry, state)?.refused.find((refusal) => refusal.set === set.metadata.name)?.message,
  });
  if (judgement.state === 'refused') return { owner: raw, state: 'refused', ...judgement.refusal };
  if (registries === undefined) throw new Error(`${refOf(set)}: judged ${judgement.state} without a cluster`);
  const desired = setObjects(set, registries, surroundings.pods).map((item) => {
    if (item.resource !== DEPLOYMENT) return item;
    const intent = item.object as Deployment;
    const live = surroundings.live(intent) as Deployment | undefined;
    return { ...item, object: autoscaled(intent, live, set.spec).intent };
  });
  return { owner: raw, state: 'resolved', desired };
}

function intentionOfGateway(raw: EppGateway, state: State, surroundings: Surroundings): Intention {
  const refused = (reason: string, message: string): Intention => ({
    owner: raw,
    state: 'refused',
    reason,
    message,
  });
  const parsed = parseGateway(raw);
  if (!parsed.ok)
    return refused('InvalidSpec', `the spec is not valid: ${describeProblems(parsed.problems)}`);
  const gateway = parsed.value;
  if (gateway.spec.paused) return { owner: raw, state: 'paused' };
  const routes = resolveRoutes(gateway, {
    registry: (name) => state.registries.get(`${gateway.metadata.namespace}/${name}`),
    parsedRegistry: (registry) => parseRegistry(registry),
  });
  if ('reason' in routes) return refused(routes.reason, routes.message);
  const problem = surroundings.secretProblems.get(refOf(raw));
  if (problem !== undefined) return refused('SecretMissing', problem);
  const file = gatewayFile(gateway, routes, rolloutOf(gateway, surroundings.now));
  const unread = unreadable(file);
  if (unread !== undefined) {
    return refused('InvalidSpec', `no gateway could read what the spec asks for: ${unread}`);
  }
  return { owner: raw, state: 'resolved', desired: gatewayObjects(gateway, file, surroundings.pods) };
}

/** Where the steps of a rollout are, or begin: they go on only with what gateways report. */
function rolloutOf({ spec, status }: EppGateway, now: Date) {
  const plan = planOf(spec.rollout);
  const state = plan && progressOf(rolloutStateOf(status?.rollout), plan, [], now.getTime()).state;
  return rolloutNow(spec.rollout, state);
}

/** An account as if its Secrets had just been looked at. */
function registryOf(
  { metadata: { namespace } }: EppSet,
  name: string,
  { registries }: State,
  { secretProblems, now }: Surroundings,
): EppRegistry | undefined {
  const registry = registries.get(`${namespace}/${name}`);
  if (registry === undefined) return undefined;
  const problem = secretProblems.get(refOf(registry));
  const observedGeneration = registry.metadata.generation ?? 0;
  const looked = {
    type: 'CredentialsAvailable',
    status: problem === undefined ? ('True' as const) : ('False' as const),
    observedGeneration,
    lastTransitionTime: now.toISOString(),
    reason: 'Planned',
    message: problem ?? '',
  };
  return {
    ...registry,
    metadata: { ...registry.metadata, generation: observedGeneration },
    status: { ...registry.status, conditions: [looked] },
  };
}
