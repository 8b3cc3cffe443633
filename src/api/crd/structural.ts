/**
 * zod to the structural schema of a CRD. A whitelist: whatever the API server would refuse, ignore or understand otherwise than zod
 * throws with its path. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
import { z } from 'zod';
import { portableRegex } from '../schema/portable-regex.ts';
import { type CelValidation, constraintsOf } from '../schema/rule.ts';

/** A JSONSchemaProps of apiextensions.k8s.io/v1, as far as we use it. */
export interface StructuralSchema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  default?: unknown;
  format?: string;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  properties?: Record<string, StructuralSchema>;
  required?: string[];
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: CelValidation[];
}

type Json = Record<string, unknown>;

/** The structural schema of `schema`, which stands at `where` (for errors). Throws where there is none. */
export function structuralSchema(schema: z.ZodType, where: string): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    override: ({ zodSchema, jsonSchema, path }) =>
      annotate(zodSchema, jsonSchema as Json, fieldPath(where, path)),
  });
  return convert(json as Json, where, false);
}

/** `properties`, `a`, `items` … as `where.a[]`. */
function fieldPath(where: string, path: readonly (string | number)[]): string {
  let text = where;
  for (let index = 0; index < path.length; index++) {
    if (path[index] === 'properties') text += `.${path[++index]}`;
    else if (path[index] === 'items') text += '[]';
    else if (path[index] === 'additionalProperties') text += '[*]';
  }
  return text;
}

const ZOD_TYPES = new Set([
  'string',
  'number',
  'boolean',
  'enum',
  'literal',
  'array',
  'object',
  'record',
  'union',
  'optional',
  'default',
  'prefault',
  'pipe',
  'readonly',
  // Stands for the `String` behind an int-or-string; a pipe from anything else is refused.
  'transform',
]);
const WRAPPERS = new Set(['optional', 'default', 'prefault', 'readonly', 'pipe']);

/** Adds what zod's own JSON Schema leaves out, and refuses what it would drop without a word. */
function annotate(schema: z.core.$ZodType, json: Json, path: string): void {
  const def = schema._zod.def as z.core.$ZodTypeDef & Record<string, unknown>;
  if (!ZOD_TYPES.has(def.type)) throw refusal(path, `zod's ${def.type} has no counterpart in a CRD`);
  if (def.coerce === true) throw refusal(path, 'coercion happens in JavaScript alone');
  if (def.type === 'record') requirePlainKeys(def.keyType as z.core.$ZodType, path);
  if (def.type === 'pipe') requireIntOrStringAsText(def, path);
  if (def.type === 'prefault') json.default = fullDefault(schema, path);
  requirePortable(schema, path);
  const constraints = located(path, () => constraintsOf(schema));
  if (constraints.length === 0) return;
  if (WRAPPERS.has(def.type))
    throw refusal(path, 'a rule stands on what may be absent: put it inside optional()');
  for (const { keywords } of constraints) Object.assign(json, keywords);
  const validations = constraints.flatMap(({ validation }) => (validation ? [validation] : []));
  if (validations.length > 0) json['x-kubernetes-validations'] = validations;
}

/** The default with the defaults inside it: the API server runs the rules on a default as it stands. */
function fullDefault(schema: z.core.$ZodType, path: string): unknown {
  const parsed = z.safeParse(schema, undefined);
  if (!parsed.success) throw refusal(path, `its default does not fit: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function requirePlainKeys(keys: z.core.$ZodType, path: string): void {
  if (keys._zod.def.type === 'string' && (keys._zod.def.checks ?? []).length === 0) return;
  throw refusal(path, 'rules on the keys of a record are lost: use mapOf()');
}

function requireIntOrStringAsText(def: Record<string, unknown>, path: string): void {
  const from = (def.in as z.core.$ZodType)._zod.def.type;
  const to = (def.out as z.core.$ZodType)._zod.def as { type: string; transform?: unknown };
  if (from === 'union' && to.type === 'transform' && to.transform !== undefined) return;
  throw refusal(path, 'only an int-or-string may be transformed');
}

/** zod writes a pattern's source alone: flags are lost, engines differ, and formats check more than their pattern says. */
function requirePortable(schema: z.core.$ZodType, path: string): void {
  // A format such as z.ipv6() is a check itself.
  for (const { _zod } of [schema, ...(schema._zod.def.checks ?? [])]) {
    const def = _zod.def as { check?: string; format?: string; pattern?: RegExp };
    if (def.check !== 'string_format') continue;
    if (def.format !== 'regex') throw refusal(path, `zod's ${def.format} is its own: use matching()`);
    const { source = '', flags = '' } = def.pattern ?? {};
    if (flags !== '') throw refusal(path, `the flags of ${def.pattern} are lost: spell both cases out`);
    located(path, () => portableRegex(source));
  }
}

const ANNOTATIONS = ['description', 'default', 'x-kubernetes-validations'];
/** Of no meaning to the API server. */
const DROPPED = new Set(['readOnly', 'deprecated', 'examples', 'title']);
const KEPT: Readonly<Record<string, readonly string[]>> = {
  string: ['enum', 'pattern', 'minLength', 'maxLength'],
  integer: ['enum', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  number: ['enum', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  boolean: ['enum'],
  array: ['minItems', 'maxItems', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys'],
  object: ['required', 'maxProperties', 'minProperties'],
};

/** `inside`: below a list or a map. */
function convert(json: Json, path: string, inside: boolean): StructuralSchema {
  if (inside && 'default' in json) {
    throw refusal(path, 'a default inside a list or map is never in sync with Git: default it in code');
  }
  const rules = json['x-kubernetes-validations'] as CelValidation[] | undefined;
  if (inside && rules?.some((entry) => /\boldSelf\b/.test(entry.rule))) {
    throw refusal(path, 'a transition rule inside a list or map: put it on the list or map');
  }
  if ('anyOf' in json) return intOrString(json, path);
  const type = json.type as StructuralSchema['type'];
  const kept = KEPT[type ?? ''];
  if (type === undefined || kept === undefined)
    throw refusal(path, `no type: ${Object.keys(json).join(', ') || 'any'}`);
  const { out, rest } = take(json, [...ANNOTATIONS, ...kept, 'type']);
  const schema = out as StructuralSchema;
  const left = convertParts(type, rest, schema, path, inside);
  const unknown = Object.keys(left).filter((key) => !DROPPED.has(key));
  if (unknown.length > 0) throw refusal(path, `${unknown.join(', ')} is not allowed in a structural schema`);
  return schema;
}

/** Converts what needs more than copying and gives back what nobody wanted. */
function convertParts(
  type: string,
  rest: Json,
  schema: StructuralSchema,
  path: string,
  inside: boolean,
): Json {
  switch (type) {
    case 'object':
      return objectParts(rest, schema, path, inside);
    case 'array':
      return arrayParts(rest, schema, path);
    case 'string': {
      const { format, ...left } = rest;
      // The API server ignores formats that it does not know.
      if (format === 'date-time') schema.format = format;
      else if (schema.maxLength === undefined && schema.enum === undefined) {
        throw refusal(path, 'a string without a maximum length makes every rule over it too expensive');
      }
      return left;
    }
    case 'integer': {
      const { format: _, ...left } = rest;
      integerFormat(schema);
      return left;
    }
    default:
      return rest;
  }
}

function objectParts(rest: Json, schema: StructuralSchema, path: string, inside: boolean): Json {
  const { properties, additionalProperties, ...left } = rest;
  if (properties !== undefined) {
    if (additionalProperties === undefined)
      throw refusal(path, 'use z.strictObject: unknown fields would pass here');
    if (additionalProperties !== false) throw refusal(path, 'additionalProperties beside properties');
    schema.properties = Object.fromEntries(
      Object.entries(properties as Record<string, Json>).map(([name, property]) => [
        name,
        convert(property, `${path}.${name}`, inside),
      ]),
    );
    return left;
  }
  if (typeof additionalProperties !== 'object') throw refusal(path, 'an object without properties');
  if (schema.maxProperties === undefined) throw refusal(path, 'a map without a bound: use mapOf()');
  schema.additionalProperties = convert(additionalProperties as Json, `${path}[*]`, true);
  return left;
}

function arrayParts(rest: Json, schema: StructuralSchema, path: string): Json {
  const { items, ...left } = rest;
  if (schema.maxItems === undefined) throw refusal(path, 'a list without a maximum');
  if (schema['x-kubernetes-list-type'] === undefined) {
    throw refusal(path, 'how do changes to this list merge? Use atomicList(), listSet() or listMap()');
  }
  schema.items = convert(items as Json, `${path}[]`, true);
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    if (!schema.items.required?.includes(key))
      throw refusal(path, `the key ${key} of its items must be required`);
  }
  return left;
}

const INT32 = { least: -(2 ** 31), most: 2 ** 31 - 1 };

/** zod writes the bounds of its own integers; they say nothing to the API server, which wants a format. */
function integerFormat(schema: StructuralSchema): void {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  schema.format = minimum >= INT32.least && maximum <= INT32.most ? 'int32' : 'int64';
  if (minimum === INT32.least || minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (maximum === INT32.most || maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** The one union that a structural schema knows. */
function intOrString(json: Json, path: string): StructuralSchema {
  const { out, rest } = take(json, ANNOTATIONS);
  const { anyOf, ...left } = rest;
  const options = anyOf as Json[];
  const integer = options.find((option) => option.type === 'integer');
  const text = options.find((option) => option.type === 'string');
  const unknown = Object.keys(left).filter((key) => !DROPPED.has(key));
  if (!integer || !text || options.length !== 2 || unknown.length > 0) {
    throw refusal(path, 'a union other than integer or string');
  }
  const { minimum, maximum } = convert(integer, path, true);
  const { pattern, minLength, maxLength } = convert(text, path, true);
  const parts = { minimum, maximum, pattern, minLength, maxLength };
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  return { ...(out as StructuralSchema), ...given, 'x-kubernetes-int-or-string': true };
}

function take(json: Json, keys: readonly string[]): { out: Json; rest: Json } {
  const out: Json = {};
  const rest: Json = {};
  for (const [key, value] of Object.entries(json)) (keys.includes(key) ? out : rest)[key] = value;
  return { out, rest };
}

function refusal(path: string, why: string): Error {
  return new Error(`${path}: ${why}`);
}

function located<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refusal(path, error instanceof Error ? error.message : String(error));
  }
}
