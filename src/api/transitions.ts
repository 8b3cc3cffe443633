/** Rules on how an object may change. The API server runs them on updates; this is for a store that stands in its place. */
import type { z } from 'zod';
import { formatPath, type Problem } from './problems.ts';
import { constraintsOf } from './schema/rule.ts';
import type { Kind } from './v1alpha1/kinds.ts';

/** What forbids that `old` becomes `object`. Both must have passed the door. */
export function transitionProblems(kind: Kind, object: object, old: object): Problem[] {
  const parts = { spec: kind.spec, status: kind.status };
  return Object.entries(parts).flatMap(([part, schema]) =>
    schema ? changes(schema, field(object, part), field(old, part), [part]) : [],
  );
}

function changes(schema: z.core.$ZodType, value: unknown, old: unknown, path: readonly string[]): Problem[] {
  // As in the API server: only what is there before and after is compared.
  if (value === undefined || old === undefined) return [];
  const def = schema._zod.def as z.core.$ZodTypeDef & {
    shape?: Record<string, z.core.$ZodType>;
    innerType?: z.core.$ZodType;
  };
  if (def.innerType) return changes(def.innerType, value, old, path);
  const here = constraintsOf(schema).flatMap(({ transition }) =>
    !transition || transition.holds(value, old)
      ? []
      : [{ path: formatPath([...path, ...transition.path]), message: transition.message }],
  );
  const below = Object.entries(def.shape ?? {}).flatMap(([key, inner]) =>
    changes(inner, field(value, key), field(old, key), [...path, key]),
  );
  return [...here, ...below];
}

function field(object: unknown, key: string): unknown {
  return (object as Record<string, unknown>)[key];
}
