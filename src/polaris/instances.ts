/** From what Kubernetes knows of the pods of sets to instances as Polaris has them. Pure. */
import { LABEL } from '../api/v1alpha1/labels.ts';
import type { EndpointSlice } from '../kube/builtin.ts';
import { formatSetName, WILDCARD_LABEL } from '../routing/set-name.ts';
import type { PolarisOptions } from './options.ts';

export interface PolarisInstance {
  service: string;
  host: string;
  port: number;
  set: string;
  /** There, but not for callers: it is not ready. */
  isolate: boolean;
}

export const keyOfInstance = ({ service, host, port }: PolarisInstance): string =>
  `${service} ${host} ${port}`;

/** One an address: a set has two Services, and an address may stand in several slices while they change. */
export function instancesOf(
  slices: readonly EndpointSlice[],
  { service }: Pick<PolarisOptions, 'service'>,
): PolarisInstance[] {
  const found = new Map<string, PolarisInstance>();
  for (const { metadata, endpoints = [], ports } of slices) {
    const name = setNameOf(metadata.labels ?? {});
    const port = ports?.find((one) => one.name === 'http')?.port;
    if (metadata.deletionTimestamp !== undefined || name === undefined || port === undefined) continue;
    for (const { addresses, conditions } of endpoints) {
      const [host] = addresses;
      if (host === undefined) continue;
      const isolate = conditions?.ready === false || conditions?.terminating === true;
      const instance = { service: service ?? name.prefix, host, port, set: formatSetName(name), isolate };
      const key = keyOfInstance(instance);
      // The one that says it is not ready is as new as the other, or newer: better no caller than a wrong one
      if (!found.get(key)?.isolate) found.set(key, instance);
    }
  }
  return [...found.values()].sort((a, b) => (keyOfInstance(a) < keyOfInstance(b) ? -1 : 1));
}

function setNameOf(labels: Record<string, string>) {
  const [prefix, business, region] = [LABEL.setPrefix, LABEL.setBusiness, LABEL.setRegion].map(
    (name) => labels[name],
  );
  if (!prefix || !business || !region) return undefined;
  return { prefix, business, region: region === WILDCARD_LABEL ? '*' : region };
}
