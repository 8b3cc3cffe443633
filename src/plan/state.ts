import type { EppGateway } from '../api/v1alpha1/gateway.ts';
import { EPP_GATEWAY } from '../api/v1alpha1/gateway.ts';
import { EPP_REGISTRY, type EppRegistry } from '../api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet } from '../api/v1alpha1/set.ts';
import { type KubeObject, keyOf, keyString, type Resource } from '../kube/objects.ts';

/** The kinds that people write. */
export const PLANNED_KINDS: readonly Resource<EppRegistry | EppSet | EppGateway>[] = [
  EPP_REGISTRY,
  EPP_SET,
  EPP_GATEWAY,
];

/** The custom resources at one point in time, by `namespace/name`; not checked. */
export interface State {
  registries: ReadonlyMap<string, EppRegistry>;
  sets: ReadonlyMap<string, EppSet>;
  gateways: ReadonlyMap<string, EppGateway>;
}

/** The custom resources among these objects; all need a namespace. */
export function stateOf(objects: readonly KubeObject[]): State {
  const ofKind = <T extends KubeObject>({ kind, apiVersion }: Resource<T>): Map<string, T> => {
    const own = objects.filter((object) => object.kind === kind && object.apiVersion === apiVersion);
    return new Map(own.map((object) => [keyString(keyOf(object)), object as T]));
  };
  return { registries: ofKind(EPP_REGISTRY), sets: ofKind(EPP_SET), gateways: ofKind(EPP_GATEWAY) };
}

/** Accounts first, then what uses them. */
export function objectsOf({ registries, sets, gateways }: State): (EppRegistry | EppSet | EppGateway)[] {
  return [...registries.values(), ...sets.values(), ...gateways.values()];
}

/** `EppSet shop/core`: tells objects of all kinds apart. */
export function refOf(object: KubeObject): string {
  return `${object.kind} ${keyString(keyOf(object))}`;
}
