import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { structuralSchema } from '../../../src/api/crd/structural.ts';
import { atomicList, listMap, listSet, mapOf } from '../../../src/api/schema/collections.ts';
import { quantity } from '../../../src/api/schema/quantity.ts';
import { immutable, rule } from '../../../src/api/schema/rule.ts';

const text = () => z.string().max(9);
const field = (schema: z.ZodType) => structuralSchema(z.strictObject({ a: schema }), 'X.spec').properties?.a;

describe('what a structural schema can say', () => {
  it.each<[string, z.ZodType, object]>([
    [
      'a string',
      z.string().min(1).max(9).describe('d'),
      { type: 'string', minLength: 1, maxLength: 9, description: 'd' },
    ],
    ['a pattern', text().regex(/^a$/), { type: 'string', maxLength: 9, pattern: '^a$' }],
    ['an enum', z.enum(['a', 'b']), { type: 'string', enum: ['a', 'b'] }],
    ['a literal', z.literal('a'), { type: 'string', enum: ['a'] }],
    ['a small integer', z.int().min(0).max(7), { type: 'integer', format: 'int32', minimum: 0, maximum: 7 }],
    ['an integer of any size', z.int(), { type: 'integer', format: 'int64' }],
    ['an integer of 32 bits', z.int32(), { type: 'integer', format: 'int32' }],
    [
      'an integer with a bound of its own',
      z.int().max(1e12),
      { type: 'integer', format: 'int64', maximum: 1e12 },
    ],
    ['a number', z.number().min(1).lt(2), { type: 'number', minimum: 1, maximum: 2, exclusiveMaximum: true }],
    ['a switch with a default', z.boolean().default(true), { type: 'boolean', default: true }],
    [
      'int or string',
      quantity(),
      { 'x-kubernetes-int-or-string': true, minimum: 0, maximum: 1_000_000_000_000 },
    ],
    [
      'a default of parts with their own',
      z.strictObject({ b: z.int().min(0).max(3).default(2) }).prefault({}),
      {
        type: 'object',
        default: { b: 2 },
        properties: { b: { type: 'integer', format: 'int32', minimum: 0, maximum: 3, default: 2 } },
      },
    ],
    [
      'a list',
      atomicList(z.boolean(), { max: 2 }),
      { type: 'array', maxItems: 2, 'x-kubernetes-list-type': 'atomic', items: { type: 'boolean' } },
    ],
    ['a set', listSet(text(), { min: 1, max: 2 }), { minItems: 1, 'x-kubernetes-list-type': 'set' }],
    [
      'a map',
      mapOf(z.boolean(), { max: 2, key: 'a', keyIs: 'a' }),
      {
        type: 'object',
        maxProperties: 2,
        additionalProperties: { type: 'boolean' },
        'x-kubernetes-validations': [
          { rule: "self.all(k, k.matches('^(a)$'))", message: 'has a key that is not a' },
        ],
      },
    ],
  ])('%s', (_, schema, expected) => {
    expect(field(schema)).toMatchObject(expected);
    expect(field(schema.optional())).toEqual(field(schema));
  });

  it('says which fields must be there: neither optional ones nor those with a default', () => {
    const schema = z.strictObject({ a: text(), b: text().optional(), c: text().default('c') });
    expect(structuralSchema(schema, 'X.spec').required).toEqual(['a']);
  });

  it('does not say readOnly, deprecated, examples or title', () => {
    const schema = text()
      .meta({ deprecated: true, examples: ['x'], title: 't' })
      .readonly();
    expect(field(schema)).toEqual({ type: 'string', maxLength: 9 });
  });

  it('keeps the rules of a schema that was described afterwards', () => {
    const schema = rule(text(), {
      cel: "self != 'x'",
      holds: (value) => value !== 'x',
      message: 'm',
    }).describe('d');
    expect(field(schema)).toMatchObject({
      description: 'd',
      'x-kubernetes-validations': [{ rule: "self != 'x'", message: 'm' }],
    });
  });
});

describe('what it cannot say is refused with its path', () => {
  const item = (schema: z.ZodType) => atomicList(z.strictObject({ b: schema }), { max: 2 });

  it.each<[string, z.ZodType, string]>([
    ['a bare refine', text().refine(() => true), 'X.spec.a: a custom check is unknown to the API server'],
    ['trim', text().trim(), 'X.spec.a: a overwrite check'],
    [
      'a transform',
      text().transform((value) => value.length),
      'X.spec.a: only an int-or-string may be transformed',
    ],
    ['coercion', z.coerce.string().max(3), 'X.spec.a: coercion'],
    ['catch', text().catch('x'), "X.spec.a: zod's catch"],
    ['any', z.any(), "X.spec.a: zod's any"],
    ['unknown', z.unknown(), "X.spec.a: zod's unknown"],
    ['null', text().nullable(), "X.spec.a: zod's nullable"],
    ['a format', z.ipv6().max(99), "X.spec.a: zod's ipv6 is its own"],
    ['a prefix', text().startsWith('x'), "X.spec.a: zod's starts_with is its own"],
    ['a tuple', z.tuple([text()]), "X.spec.a: zod's tuple"],
    [
      'an intersection',
      z.intersection(z.strictObject({}), z.strictObject({})),
      "X.spec.a: zod's intersection",
    ],
    [
      'a union of objects',
      z.union([z.strictObject({ b: text() }), z.strictObject({ c: text() })]),
      'X.spec.a: a union other than',
    ],
    ['a discriminated union', z.discriminatedUnion('k', [z.strictObject({ k: z.literal('x') })]), 'X.spec.a'],
    ['flags', text().regex(/a/i), 'X.spec.a: the flags of /a/i are lost'],
    ['look-ahead', text().regex(/^(?=a)/), 'X.spec.a: the pattern ^(?=a) has look-ahead'],
    ['two patterns', text().regex(/^a/).regex(/b$/), 'X.spec.a: allOf is not allowed'],
    [
      'an open object',
      z.object({ b: text() }).catchall(text()),
      'X.spec.a: additionalProperties beside properties',
    ],
    ['a stripping object', z.object({ b: text() }), 'X.spec.a: use z.strictObject'],
    ['a record without a bound', z.record(z.string(), text()), 'X.spec.a: a map without a bound'],
    ['a record with rules on its keys', z.record(z.string().max(3), text()), 'X.spec.a: rules on the keys'],
    ['a record of an enum', z.record(z.enum(['a']), text()), 'X.spec.a: rules on the keys'],
    ['a string without an end', z.string(), 'X.spec.a: a string without a maximum length'],
    ['a list without an end', z.array(text()), 'X.spec.a: a list without a maximum'],
    ['a list that does not say how it merges', z.array(text()).max(2), 'X.spec.a: how do changes'],
    [
      'a map list with an optional key',
      listMap(z.strictObject({ b: text().optional() }), ['b'], { max: 1 }),
      'X.spec.a: the key b',
    ],
    ['a default in a list', item(text().default('x')), 'X.spec.a[].b: a default inside a list or map'],
    [
      'a default in a map',
      mapOf(z.strictObject({ b: text().default('x') }), { max: 1, key: 'a', keyIs: 'a' }),
      'X.spec.a[*].b: a default',
    ],
    ['a transition in a list', item(immutable(text(), 'x')), 'X.spec.a[].b: a transition rule inside a list'],
    [
      'a rule on what may be absent',
      rule(text().optional(), { cel: 'true', holds: () => true, message: '' }),
      'X.spec.a: a rule stands on what may be absent',
    ],
    [
      'a default that does not fit',
      z.strictObject({ b: text() }).prefault({} as never),
      'X.spec.a: its default does not fit',
    ],
  ])('%s', (_, schema, message) => {
    expect(() => field(schema)).toThrow(message);
  });

  it('a schema that holds itself', () => {
    const tree: z.ZodType = z.strictObject({
      get inner() {
        return tree.optional();
      },
    });
    expect(() => field(tree)).toThrow();
  });
});
