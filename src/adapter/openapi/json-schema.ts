/** JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) of the zod schemas that requests are checked by. */
import { z } from 'zod';

export type Json = { [key: string]: unknown };

/** What a caller may write: defaults are not required. Refinements have no JSON Schema: it lets more through than the adapter does. */
export function jsonSchemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
  }) as Json;
  return json;
}

/** The schema of an object with one more property; of a choice between objects, each of them. */
export function withProperty(schema: Json, name: string, property: Json): Json {
  for (const choice of ['anyOf', 'oneOf']) {
    const branches = schema[choice];
    if (Array.isArray(branches)) {
      return { ...schema, [choice]: branches.map((branch: Json) => withProperty(branch, name, property)) };
    }
  }
  return { ...schema, properties: { ...(schema.properties as Json | undefined), [name]: property } };
}

export function schemaRef(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** `domain:create` as `DomainCreate`. */
export function pascal(name: string): string {
  return name.replaceAll(/(?:^|[:-])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
