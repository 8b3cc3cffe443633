import { ANNOTATION, FIELD_MANAGER, LABEL } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import { type KubeObject, type ObjectMeta, ownerReference } from '../../kube/objects.ts';
import { parseSetName, regionLabel } from '../../routing/set-name.ts';
import { isLabelValue } from './names.ts';

export const COMPONENT_ADAPTER = 'adapter';
export const COMPONENT_GATEWAY = 'gateway';
export const COMPONENT_EGRESS = 'egress';

/** Selects whatever the operator created for any set, gateway or account. */
export const MANAGED_SELECTOR = `${LABEL.managedBy}=${FIELD_MANAGER.objects},${LABEL.component} in (${COMPONENT_ADAPTER},${COMPONENT_EGRESS},${COMPONENT_GATEWAY})`;

/** What never changes in the life of an EppSet: a Deployment's selector is immutable. */
export function podSelector(set: EppSet): Record<string, string> {
  return {
    [LABEL.component]: COMPONENT_ADAPTER,
    [LABEL.setObject]: set.metadata.name,
  };
}

/** A selector as `status.selector` of the scale subresource wants it. */
export function selectorText(selector: Record<string, string>): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** On everything that belongs to a set. */
export function setLabels(set: EppSet): Record<string, string> {
  const name = parseSetName(set.spec.set);
  if (!name) throw new Error(`EppSet ${set.metadata.name}: ${set.spec.set} is no set name`);
  return {
    ...podSelector(set),
    [LABEL.name]: 'eppset-adapter',
    [LABEL.instance]: set.metadata.name,
    [LABEL.partOf]: 'eppset',
    [LABEL.managedBy]: FIELD_MANAGER.objects,
    [LABEL.setPrefix]: name.prefix,
    [LABEL.setBusiness]: name.business,
    [LABEL.setRegion]: regionLabel(name.region),
    [LABEL.class]: set.spec.class,
  };
}

/** On its pods besides: what SET-aware service meshes look for. */
export function podLabels(set: EppSet): Record<string, string> {
  return {
    ...setLabels(set),
    [LABEL.enableSet]: 'Y',
    ...(isLabelValue(set.spec.set) && { [LABEL.setName]: set.spec.set }),
  };
}

/** Metadata of an object that the set owns. */
export function ownedMeta(set: EppSet, name: string): ObjectMeta {
  return { ...metaOf(set, name, setLabels(set)), annotations: { [ANNOTATION.set]: set.spec.set } };
}

/** Of an object that a custom resource owns. */
export function metaOf(owner: KubeObject, name: string, labels: Record<string, string>): ObjectMeta {
  const { namespace } = owner.metadata;
  if (namespace === undefined) throw new Error(`${owner.kind} ${owner.metadata.name} has no namespace`);
  return { name, namespace, labels, ownerReferences: [ownerReference(owner)] };
}
