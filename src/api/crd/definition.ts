/** The CustomResourceDefinition of a kind. Its rules need Kubernetes 1.29 or later: `fieldPath` came with 1.28, `quantity()` with 1.29. */

import { OWNER_NAME_RULE } from '../schema/object-name.ts';
import { GROUP, VERSION } from '../v1alpha1/group.ts';
import { FRESH_STATUS, type Kind, type PrinterColumn } from '../v1alpha1/kinds.ts';
import { type StructuralSchema, structuralSchema } from './structural.ts';

export interface CustomResourceDefinition {
  apiVersion: 'apiextensions.k8s.io/v1';
  kind: 'CustomResourceDefinition';
  metadata: { name: string; labels: Record<string, string> };
  spec: {
    group: string;
    scope: 'Namespaced' | 'Cluster';
    names: {
      kind: string;
      listKind: string;
      plural: string;
      singular: string;
      shortNames?: string[];
      categories?: string[];
    };
    versions: CrdVersion[];
  };
}

interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema: { openAPIV3Schema: StructuralSchema };
  subresources?: { status?: object; scale?: object };
  additionalPrinterColumns: PrinterColumn[];
}

export function customResourceDefinition(kind: Kind): CustomResourceDefinition {
  const { kind: name, plural, namespaced } = kind.resource;
  const { shortNames, categories } = kind;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}`, labels: { 'app.kubernetes.io/part-of': 'eppset' } },
    spec: {
      group: GROUP,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind: name,
        listKind: `${name}List`,
        plural,
        singular: name.toLowerCase(),
        ...(shortNames.length > 0 ? { shortNames: [...shortNames] } : {}),
        ...(categories.length > 0 ? { categories: [...categories] } : {}),
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(kind) },
          ...subresources(kind),
          additionalPrinterColumns: [...kind.columns],
        },
      ],
    },
  };
}

function rootSchema(kind: Kind): StructuralSchema {
  const where = kind.resource.kind;
  const properties: Record<string, StructuralSchema> = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: structuralSchema(kind.spec, `${where}.spec`),
  };
  if (kind.status) {
    properties.status = {
      ...structuralSchema(kind.status, `${where}.status`),
      ...(kind.statusBy === 'operator' ? { default: { ...FRESH_STATUS } } : {}),
    };
  }
  return {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties,
    ...(kind.namesOthers ? { 'x-kubernetes-validations': [OWNER_NAME_RULE.validation] } : {}),
  };
}

function subresources(kind: Kind): Pick<CrdVersion, 'subresources'> {
  if (!kind.status) return {};
  const scale = {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  };
  return { subresources: { status: {}, ...(kind.scale ? { scale } : {}) } };
}
