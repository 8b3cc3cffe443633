import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { customResourceDefinition } from '../../src/api/crd/definition.ts';
import { door } from '../../src/api/parse.ts';
import { transitionProblems } from '../../src/api/transitions.ts';
import type { Kind } from '../../src/api/v1alpha1/kinds.ts';
import { ALL_EXAMPLES } from './examples/all.ts';
import { changed } from './examples/example.ts';

/** The plain part of a CRD as ajv judges and defaults it: no CEL, no list types. */
function structural(kind: Kind): (object: unknown) => boolean {
  const ajv = new Ajv({ strict: false, useDefaults: true, unicodeRegExp: true });
  for (const format of ['int32', 'int64']) ajv.addFormat(format, true);
  ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/);
  ajv.addKeyword({
    keyword: 'x-kubernetes-int-or-string',
    validate: (_: true, value: unknown) => Number.isInteger(value) || typeof value === 'string',
  });
  const schema = customResourceDefinition(kind).spec.versions[0]?.schema.openAPIV3Schema;
  return ajv.compile(schema ?? {});
}

/** As the API server keeps an int-or-string; our door makes it a text. */
const asText = (spec: unknown): unknown =>
  JSON.parse(JSON.stringify(spec), (key, value: unknown) =>
    ['cpu', 'memory'].includes(key) ? String(value) : value,
  );

describe.each(ALL_EXAMPLES)('$kind.resource.kind', ({ kind, base, good, bad, ...transitions }) => {
  const parse = door(kind);
  const fits = structural(kind);

  it.each(good)('takes $name', ({ changes }) => {
    const object = changed(base, changes);
    const parsed = parse(object);
    expect(parsed).toMatchObject({ ok: true });

    expect(fits(object)).toBe(true);
    // ajv has filled in the CRD's defaults by now: the same as ours.
    expect(parsed).toMatchObject({ value: { spec: asText(object.spec) } });
    expect(asText(object.spec)).toEqual(parsed.ok && (parsed.value as unknown as { spec: unknown }).spec);
  });

  it.each(bad)('refuses $name', ({ changes, path, says, by }) => {
    const object = changed(base, changes);
    const parsed = parse(object);
    const problems = parsed.ok ? [] : parsed.problems;
    expect(problems.map((problem) => problem.path)).toContain(path);
    expect(problems.find((problem) => problem.path === path)?.message).toContain(says);

    expect(fits(object)).toBe(by === 'rule');
  });

  it.each(transitions.goodTransitions ?? [])('may become $name', ({ changes }) => {
    const after = changed(base, changes);
    expect(parse(after)).toMatchObject({ ok: true });
    expect(transitionProblems(kind, after, base)).toEqual([]);
  });

  it.each(transitions.badTransitions ?? [])('must not become $name', ({ changes, path, says }) => {
    const after = changed(base, changes);
    expect(parse(after)).toMatchObject({ ok: true });
    const problems = transitionProblems(kind, after, base);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]?.message).toContain(says);
    expect(transitionProblems(kind, base, base)).toEqual([]);
  });
});
