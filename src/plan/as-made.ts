/** What an operator was started with, read off what it has made. */

import type { V1NetworkPolicyPeer } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { FIELD_MANAGER, LABEL } from '../api/v1alpha1/labels.ts';
import {
  CONFIG_MAP,
  type ConfigMap,
  DEPLOYMENT,
  type Deployment,
  NETWORK_POLICY,
  type NetworkPolicy,
} from '../kube/builtin.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Desired } from '../operator/apply/owned-objects.ts';
import { CONFIG_FILE } from '../operator/specs/adapter-file.ts';
import { COMPONENT_ADAPTER, COMPONENT_EGRESS } from '../operator/specs/labels.ts';
import type { NetworkPolicySettings } from '../operator/specs/network-policy.ts';
import type { SetObjectsOptions } from '../operator/specs/set-objects.ts';

/** What it gives all pods; undefined where there are none. */
export function podsAsMade(owned: readonly Desired[]): SetObjectsOptions | undefined {
  const deployments = owned.flatMap(({ resource, object }) =>
    resource === DEPLOYMENT && !isOf(object, COMPONENT_EGRESS) ? [object as Deployment] : [],
  );
  const images = Map.groupBy(deployments, (one) => containerOf(one)?.image ?? '');
  images.delete('');
  // Sets that are paused may be behind.
  const [image, models = []] = [...images].sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
  const [model] = models;
  if (image === undefined || model === undefined) return undefined;
  const policy = containerOf(model)?.imagePullPolicy as SetObjectsOptions['imagePullPolicy'];
  const policies = policiesAsMade(owned);
  return {
    image,
    ...(ownsPullPolicy(model) && policy !== undefined && { imagePullPolicy: policy }),
    ...(policies && { networkPolicies: policies }),
    timeScale: timeScaleOf(owned),
  };
}

const containerOf = ({ spec }: Deployment) => spec?.template.spec?.containers[0];

/** The operator says it only where its own pod, or an option, does. */
function ownsPullPolicy({ metadata }: Deployment): boolean {
  const { managedFields = [] } = metadata as {
    managedFields?: { manager?: string; operation?: string; fieldsV1?: unknown }[];
  };
  return managedFields.some(
    ({ manager, operation, fieldsV1 }) =>
      manager === FIELD_MANAGER.objects &&
      operation === 'Apply' &&
      JSON.stringify(fieldsV1).includes('"f:imagePullPolicy"'),
  );
}

function timeScaleOf(owned: readonly Desired[]): number {
  for (const { resource, object } of owned) {
    const text = resource === CONFIG_MAP ? (object as ConfigMap).data?.[CONFIG_FILE] : undefined;
    if (text === undefined) continue;
    const file = parse(text) as { budget?: { timeScale?: number } } | null;
    if (file?.budget?.timeScale !== undefined) return file.budget.timeScale;
  }
  return 1;
}

/** Undefined where no pod has one. */
function policiesAsMade(owned: readonly Desired[]): NetworkPolicySettings | undefined {
  const policies = owned.flatMap(({ resource, object }) =>
    resource === NETWORK_POLICY ? [object as NetworkPolicy] : [],
  );
  if (policies.length === 0) return undefined;
  const peers = policies
    .filter((policy) => isOf(policy, COMPONENT_ADAPTER))
    .flatMap(({ spec }) => spec?.ingress?.flatMap(({ from }) => from ?? []) ?? []);
  // Only who reads metrics comes from other namespaces.
  const scraper = peers.find(({ namespaceSelector }: V1NetworkPolicyPeer) => namespaceSelector !== undefined);
  if (scraper === undefined) return {};
  const { namespaceSelector, podSelector } = scraper;
  return {
    monitoring: { namespaces: namespaceSelector?.matchLabels ?? {}, pods: podSelector?.matchLabels ?? {} },
  };
}

function isOf({ metadata }: KubeObject, component: string): boolean {
  return metadata.labels?.[LABEL.component] === component;
}
