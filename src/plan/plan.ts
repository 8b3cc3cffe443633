/** What applying manifests would bring about. Pure: what a cluster knows comes in. */
import { parseGateway, parseRegistry, parseSet } from '../api/parse.ts';
import { transitionProblems } from '../api/transitions.ts';
import { GATEWAY_KIND, REGISTRY_KIND, SET_KIND } from '../api/v1alpha1/kinds.ts';
import type { EppSet } from '../api/v1alpha1/set.ts';
import { DEPLOYMENT, type Deployment } from '../kube/builtin.ts';
import type { KubeObject } from '../kube/objects.ts';
import { setObjectNames } from '../operator/specs/names.ts';
import type { SetObjectsOptions } from '../operator/specs/set-objects.ts';
import {
  type LiveObjects,
  madeOf,
  named,
  type ObjectChange,
  type OwnedChange,
  ownedChanges,
} from './changes.ts';
import { type AccountChange, accountChanges, type PodsOf } from './connections.ts';
import { differences } from './fields.ts';
import { type Intention, intentions, type Surroundings } from './intents.ts';
import { type PodChange, podChange } from './pods.ts';
import { objectsOf, refOf, type State } from './state.ts';
import { type Warning, warningsOf } from './warnings.ts';

/** What the operator would not do: all of that set or gateway stays as it is. */
export interface Refusal {
  kind: string;
  namespace: string;
  name: string;
  /** As the condition Degraded would have it. */
  reason: string;
  message: string;
  /** It comes with the change; false: it is so already. */
  isNew: boolean;
}

/** The form of `--output json`: fields may be added, none changes its meaning. */
export interface Plan {
  result: 'NoChanges' | 'Changes' | 'Refused';
  /** Custom resources that the manifests change. */
  resources: ObjectChange[];
  /** What the operator then does, in its order. */
  objects: (ObjectChange & { owner: string })[];
  pods: PodChange[];
  accounts: AccountChange[];
  refusals: Refusal[];
  warnings: Warning[];
}

export interface PlanInput {
  before: State;
  after: State;
  /** Undefined without a cluster: then the operator has made what `before` asks for. */
  live?: LiveObjects;
  pods: SetObjectsOptions;
  /** What is wrong with Secrets, by `refOf` of the EppRegistry or EppGateway. */
  secretProblems?: { before: ReadonlyMap<string, string>; after: ReadonlyMap<string, string> };
  now: Date;
}

/** What is planned, and each object as it would be written. */
export interface FullPlan extends Plan {
  writes: OwnedChange[];
}

export function planOf(input: PlanInput): FullPlan {
  const { before, after, secretProblems, now, pods } = input;
  const surroundings = (side: 'before' | 'after', live: Surroundings['live']): Surroundings => ({
    pods,
    secretProblems: secretProblems?.[side] ?? new Map(),
    live,
    now,
  });
  const known = input.live;
  const was = intentions(
    before,
    surroundings('before', (object) => known?.get(object)),
  );
  const live = known ?? madeOf(was.values());
  const is = intentions(after, surroundings('after', live.get));
  const perOwner = [...new Set([...is.keys(), ...was.keys()])].map((ref) => ({
    ref,
    owner: (is.get(ref) ?? was.get(ref)) as Intention,
    was: was.get(ref),
    is: is.get(ref),
    ...ownedChanges(was.get(ref), is.get(ref), live),
  }));
  const accounts = accountChanges(before, after, {
    before: podsBy(was, live),
    after: podsBy(is, live),
  });
  const resources = resourceChanges(before, after);
  const writes = perOwner.flatMap(({ changes }) => changes);
  const refusals = perOwner.flatMap((one) => refusalOf(one));
  return {
    result: resultOf(resources.length + writes.length, refusals),
    resources,
    objects: perOwner.flatMap(({ ref, changes }) =>
      changes.map(({ action, kind, namespace, name, fields }) => ({
        action,
        kind,
        namespace,
        name,
        owner: ref,
        fields,
      })),
    ),
    pods: perOwner.flatMap(({ owner: { owner }, was: old, changes }) =>
      changes.flatMap((change) => podChange(named(owner), change, deploymentOf(old)) ?? []),
    ),
    accounts,
    refusals,
    warnings: warningsOf(after, accounts),
    writes,
  };
}

/** What the API would not let become of live objects, one sentence each. */
export function forbiddenChanges(before: State, after: State): string[] {
  const old = new Map(objectsOf(before).map((object) => [refOf(object), object]));
  return objectsOf(after).flatMap((object) => {
    const kind = [REGISTRY_KIND, SET_KIND, GATEWAY_KIND].find(
      ({ resource }) => resource.kind === object.kind,
    );
    const [was, is] = [specOf(old.get(refOf(object))), specOf(object)];
    if (kind === undefined || was === undefined || is === undefined) return [];
    return transitionProblems(kind, { spec: is }, { spec: was }).map(
      ({ path, message }) => `${refOf(object)}: ${path} ${message}`,
    );
  });
}

function resultOf(changes: number, refusals: readonly Refusal[]): Plan['result'] {
  if (refusals.some(({ isNew }) => isNew)) return 'Refused';
  return changes > 0 ? 'Changes' : 'NoChanges';
}

function resourceChanges(before: State, after: State): ObjectChange[] {
  const old = new Map(objectsOf(before).map((object) => [refOf(object), object]));
  const present = new Set(objectsOf(after).map(refOf));
  const gone = [...old.values()].filter((object) => !present.has(refOf(object)));
  return [
    ...objectsOf(after).flatMap((object): ObjectChange[] => {
      const was = old.get(refOf(object));
      if (was === undefined) return [{ ...named(object), action: 'create', fields: [] }];
      const fields = differences(bare(was), bare(object));
      return fields.length === 0 ? [] : [{ ...named(object), action: 'change', fields }];
    }),
    ...gone.map((object): ObjectChange => ({ ...named(object), action: 'delete', fields: [] })),
  ];
}

/** What people write, with the defaults. */
function bare(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = object;
  const spec = specOf(object) ?? (object as { spec?: unknown }).spec;
  return { apiVersion, kind, metadata: { name: metadata.name }, spec } as KubeObject;
}

function specOf(object: KubeObject | undefined): object | undefined {
  const parse = { EppRegistry: parseRegistry, EppSet: parseSet, EppGateway: parseGateway }[
    object?.kind ?? ''
  ];
  const parsed = parse?.(object);
  return parsed?.ok ? parsed.value.spec : undefined;
}

function refusalOf({
  owner: { owner },
  was,
  is,
  taken,
}: {
  owner: Intention;
  was: Intention | undefined;
  is: Intention | undefined;
  taken?: string;
}): Refusal[] {
  if (is?.state === 'refused') {
    const { reason, message } = is;
    const isNew = was?.state !== 'refused' || was.reason !== reason;
    return [{ ...named(owner), reason, message, isNew }];
  }
  if (taken === undefined) return [];
  const message = `${taken} exists and is somebody else's: rename this, or remove that object`;
  return [{ ...named(owner), reason: 'NameTaken', message, isNew: true }];
}

/** Pods of a set: those that are meant to be there, or are where the operator leaves them alone. */
function podsBy(all: ReadonlyMap<string, Intention>, live: LiveObjects): PodsOf {
  return (set) => {
    const intended = deploymentOf(all.get(refOf(set)));
    const found = live.get(intended ?? deploymentKey(set)) as Deployment | undefined;
    return intended?.spec?.replicas ?? found?.spec?.replicas ?? set.spec.replicas;
  };
}

function deploymentKey({ metadata: { name, namespace } }: EppSet): KubeObject {
  const { apiVersion, kind } = DEPLOYMENT;
  const metadata = { name: setObjectNames(name).adapter, ...(namespace !== undefined && { namespace }) };
  return { apiVersion, kind, metadata };
}

function deploymentOf(intention: Intention | undefined): Deployment | undefined {
  if (intention?.state !== 'resolved') return undefined;
  return intention.desired.find(({ resource }) => resource === DEPLOYMENT)?.object as Deployment | undefined;
}
