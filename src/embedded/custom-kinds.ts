/** The project's custom resources as the embedded API serves them: everything about them comes from the schemas that their CRDs come from. */
import { customResourceDefinition } from '../api/crd/definition.ts';
import type { StructuralSchema } from '../api/crd/structural.ts';
import { door } from '../api/parse.ts';
import { transitionProblems } from '../api/transitions.ts';
import { KINDS, type Kind } from '../api/v1alpha1/kinds.ts';
import { METADATA } from './builtin-shapes.ts';
import { type ServedKind, selectable } from './served-kinds.ts';
import { ATOMIC, fields, listBy, SET, type Shape } from './shape.ts';

export function customKinds(): ServedKind[] {
  return KINDS.map(customKind);
}

function customKind(kind: Kind): ServedKind {
  // The API server refuses every status that does not fit, whoever reads it later.
  const parse = door({ ...kind, statusBy: 'holder' });
  return {
    resource: kind.resource,
    hasStatus: kind.status !== undefined,
    hasGeneration: true,
    shape: rootShape(kind),
    selectable: selectable(),
    prepare(object, previous) {
      const withStatus =
        kind.statusBy === 'operator' ? { status: { observedGeneration: -1 }, ...object } : object;
      const parsed = parse(withStatus);
      const problems = parsed.ok
        ? previous === undefined
          ? []
          : transitionProblems(kind, parsed.value, previous)
        : parsed.problems;
      return {
        object: parsed.ok ? parsed.value : object,
        faults: problems.map(({ path, message }) => `${path}: Invalid value: ${message}`),
      };
    },
  };
}

function rootShape(kind: Kind): Shape {
  const [version] = customResourceDefinition(kind).spec.versions;
  const { spec, status } = version?.schema.openAPIV3Schema.properties ?? {};
  return fields({
    metadata: METADATA,
    ...(spec && { spec: shapeOf(spec) }),
    ...(status && { status: shapeOf(status) }),
  });
}

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy */
function shapeOf(schema: StructuralSchema): Shape {
  if (schema.type === 'array') {
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    if (schema['x-kubernetes-list-type'] === 'map')
      return listBy(keys, schema.items && shapeOf(schema.items));
    return schema['x-kubernetes-list-type'] === 'set' ? SET : ATOMIC;
  }
  if (schema.type !== 'object') return ATOMIC;
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => [name, shapeOf(member)]);
  return {
    kind: 'map',
    fields: Object.fromEntries(members) as Record<string, Shape>,
    values: schema.additionalProperties && shapeOf(schema.additionalProperties),
  };
}
