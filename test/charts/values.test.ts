import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkout } from '../cluster/folders.ts';
import { ALL_ON } from './helm.ts';

const text = (file: string) => readFileSync(join(checkout, 'charts', 'eppset', file), 'utf8');

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
}

const fieldAt = (of: object, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], of);

/** Paths of all fields that a schema names. */
function named(schema: Schema, path = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) =>
    field.properties ? named(field, `${path}${key}.`) : [`${path}${key}`],
  );
}

describe('the schema of the values', () => {
  const schema = JSON.parse(text('values.schema.json')) as Schema;
  const values = parse(text('values.yaml')) as Record<string, unknown>;
  /** Kubernetes' own types, whose fields the API server knows better; and what Helm gives to every chart. */
  const PARTS_OF_OTHERS = /^(global|resources\.|affinity\.)/;

  it('knows nothing that values.yaml does not show', () => {
    const hidden = named(schema).filter(
      (path) => !PARTS_OF_OTHERS.test(path) && fieldAt(values, path) === undefined,
    );
    expect(hidden).toEqual([]);
  });

  it('lets no value of another name pass, wherever it names some', () => {
    const open = (at: Schema, path: string): string[] => [
      ...(at.properties && at.additionalProperties !== false ? [path] : []),
      ...Object.entries(at.properties ?? {}).flatMap(([key, field]) => open(field, `${path}.${key}`)),
    ];
    expect(open(schema, 'values')).toEqual([]);
  });
});

it('the values that turn all on leave no switch out', () => {
  const off = (at: Record<string, unknown>, path = ''): string[] =>
    Object.entries(at).flatMap(([key, value]) => {
      if (value === false && key === 'enabled') return [`${path}${key}`];
      const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isMap ? off(value as Record<string, unknown>, `${path}${key}.`) : [];
    });
  expect(off(parse(text('values.yaml'))).filter((path) => fieldAt(ALL_ON, path) !== true)).toEqual([]);
});
