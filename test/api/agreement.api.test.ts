/** Our door and a real API server judge random damage to good objects alike, and fill in the same defaults. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { door } from '../../src/api/parse.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { ALL_EXAMPLES } from './examples/all.ts';
import { changed } from './examples/example.ts';
import { type HttpApi, httpApi } from './http-api.ts';
import { installCrds } from './installed-crds.ts';

const { api, namespace } = useApiServer({ prefix: 'crds' });
let call: HttpApi;
let close: () => void;

beforeAll(async () => {
  ({ call, close } = httpApi(api()));
  await installCrds(call);
});

afterAll(() => close?.());

/** What tends to be taken differently by two programs. */
const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    ' ',
    '*',
    'a',
    'any',
    'A',
    'a.b',
    'a.b.c',
    'a.b.*',
    'a\n',
    'é',
    '-a',
    '0s',
    '1h1m',
    '1.5h',
    '1us',
    '999999h',
    '10',
    '1e3',
    '1Gi',
    'https://a',
    'http://[::1]:80',
    'domain:check',
    'core',
    'query',
    'True',
    0,
    -1,
    1,
    0.5,
    101,
    10_001,
    2 ** 31,
    // Whole numbers beyond this are the one known difference: a double cannot tell them apart, so only our door refuses them.
    2 ** 53 - 1,
    1e300,
    [],
    [null],
    ['a', 'a'],
    {},
    { a: null },
    { name: 'query' },
    { 'a b': 1 },
  ),
  fc.integer({ min: -5, max: 100_000 }),
  fc.string({ maxLength: 8 }),
  fc.stringMatching(/^[a-z0-9.*:/-]{0,12}$/),
);

/** Every path below `spec` of a tree, inner nodes included. */
function pathsOf(tree: unknown, path: string): string[] {
  if (typeof tree !== 'object' || tree === null) return [path];
  // Keys with dots cannot be told in a path of ours.
  const keys = Object.keys(tree).filter((key) => !key.includes('.'));
  return [path, ...keys.flatMap((key) => pathsOf((tree as Record<string, unknown>)[key], `${path}.${key}`))];
}

const asText = (spec: unknown): unknown =>
  JSON.parse(JSON.stringify(spec), (key, value: unknown) =>
    ['cpu', 'memory'].includes(key) ? String(value) : value,
  );

describe.each(ALL_EXAMPLES)('$kind.resource.kind', ({ kind, base, good }) => {
  const bases = good.map(({ changes }) => changed(base, changes));
  const damaged = fc
    .constantFrom(...bases)
    .chain((object) =>
      fc
        .dictionary(fc.constantFrom(...pathsOf(object.spec, 'spec')), fc.option(nasty, { nil: undefined }), {
          minKeys: 1,
          maxKeys: 2,
        })
        .map((changes) => ({ object, changes })),
    )
    .filter(({ changes }) => {
      const paths = Object.keys(changes).sort();
      return !paths.some((path, index) => paths[index + 1]?.startsWith(`${path}.`));
    });

  it('is judged alike', async () => {
    const url = `/apis/eppset.io/v1alpha1/namespaces/${namespace()}/${kind.resource.plural}?dryRun=All`;
    await fc.assert(
      fc.asyncProperty(damaged, async ({ object, changes }) => {
        const input = changed(object, changes);
        const answer = await call('POST', url, input);
        const parsed = door(kind)(input);
        const verdicts = { ours: parsed.ok, theirs: answer.code === 201 };
        const why = parsed.ok ? answer.body.message : JSON.stringify(parsed.problems);
        expect(verdicts.ours, `ours ${verdicts.ours}, theirs ${answer.code}: ${why}`).toBe(verdicts.theirs);
        if (parsed.ok) {
          expect(asText(answer.body.spec)).toEqual((parsed.value as unknown as { spec: unknown }).spec);
        }
      }),
      { numRuns: Number(process.env.AGREEMENT_RUNS ?? 200) },
    );
  });
});
