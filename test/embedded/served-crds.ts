import { readdir, readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { eventually } from '../support/eventually.ts';

const CRD: Resource = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** Applies the generated CRDs and waits until their kinds are served. */
export async function serveCrds(client: KubeClient): Promise<void> {
  const folder = new URL('../../crds/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
  for (const file of files) {
    const crd = parse(await readFile(new URL(file, folder), 'utf8')) as KubeObject;
    await client.apply(CRD, crd);
  }
  for (const { resource } of KINDS)
    await eventually(() => client.list(resource), { timeoutMs: 90_000, what: `${resource.kind} is served` });
}
