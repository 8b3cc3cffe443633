/** The third judge of the examples: a real API server with the generated CRDs must say what our door says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { door } from '../../src/api/parse.ts';
import type { Kind } from '../../src/api/v1alpha1/kinds.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { ALL_EXAMPLES } from './examples/all.ts';
import { changed } from './examples/example.ts';
import { badReports, leaseExamples, leaseStatus } from './examples/lease.ts';
import { badStatuses, registryExamples } from './examples/registry.ts';
import { type ApiAnswer, type HttpApi, httpApi } from './http-api.ts';
import { installCrds } from './installed-crds.ts';

const { api, namespace } = useApiServer({ prefix: 'crds' });
let call: HttpApi;
let close: () => void;

beforeAll(async () => {
  ({ call, close } = httpApi(api()));
  await installCrds(call);
});

afterAll(() => close?.());

const pathOf = (kind: Kind, name?: string) =>
  `/apis/eppset.io/v1alpha1/namespaces/${namespace()}/${kind.resource.plural}${name === undefined ? '' : `/${name}`}`;
const DRY_RUN = '?dryRun=All&fieldValidation=Strict';

/** Below maps the API server writes `map.key` where the schema speaks and `map[key]` where a rule does. */
const fieldsOf = (answer: ApiAnswer) =>
  (answer.body.details?.causes ?? []).map(({ field = '' }) => field.replace(/\[([a-z][\w-]*)\]/g, '.$1'));
const nameOf = (object: Record<string, unknown>) => (object.metadata as { name: string }).name;

/** Our door makes a text of an int-or-string. */
const asText = (spec: unknown): unknown =>
  JSON.parse(JSON.stringify(spec), (key, value: unknown) =>
    ['cpu', 'memory'].includes(key) ? String(value) : value,
  );

/** Creates the object for good and gives it as the server keeps it. */
async function create(kind: Kind, object: Record<string, unknown>): Promise<Record<string, unknown>> {
  const created = await call('POST', pathOf(kind), object);
  expect(created, created.body.message).toMatchObject({ code: 201 });
  return created.body;
}

const remove = (kind: Kind, object: Record<string, unknown>) => call('DELETE', pathOf(kind, nameOf(object)));

describe.each(ALL_EXAMPLES)('$kind.resource.kind', ({ kind, base, good, bad, ...transitions }) => {
  it.each(good)('takes $name', async ({ changes }) => {
    const object = changed(base, changes);
    const answer = await call('POST', pathOf(kind) + DRY_RUN, object);
    expect(answer, answer.body.message).toMatchObject({ code: 201, warnings: [] });
    const parsed = door(kind)(object);
    expect(asText(answer.body.spec)).toEqual(
      parsed.ok && (parsed.value as unknown as { spec: unknown }).spec,
    );
  });

  it.each(bad)('refuses $name', async ({ changes, path, says, by }) => {
    const answer = await call('POST', pathOf(kind) + DRY_RUN, changed(base, changes));
    expect(answer).toMatchObject({ code: 422 });
    // A rule on the object as a whole has no path there; its message names the field.
    const expected = path === 'metadata.name' ? '<nil>' : path;
    expect(fieldsOf(answer)).toContain(expected);
    if (by === 'rule' && !says.includes('twice')) {
      const inCel = says.replace(/: rename .*$/, '');
      expect(answer.body.message).toContain(inCel);
    }
  });

  it('judges changes', async () => {
    const before = await create(kind, base);
    try {
      const put = (changes: Record<string, unknown>) =>
        call('PUT', pathOf(kind, nameOf(base)) + DRY_RUN, changed(before, changes));
      for (const { name, changes } of transitions.goodTransitions ?? []) {
        const answer = await put(changes);
        expect(answer, `${name}: ${answer.body.message}`).toMatchObject({ code: 200 });
      }
      for (const { name, changes, path, says } of transitions.badTransitions ?? []) {
        const answer = await put(changes);
        expect(answer, name).toMatchObject({ code: 422 });
        expect(fieldsOf(answer), name).toEqual([path]);
        expect(answer.body.message).toContain(says);
      }
    } finally {
      await remove(kind, base);
    }
  });
});

describe('status', () => {
  it("refuses an operator's status that does not fit", async () => {
    const { kind, base } = registryExamples;
    const before = await create(kind, base);
    try {
      for (const { name, changes, path, says, by } of badStatuses) {
        const url = `${pathOf(kind, nameOf(base))}/status${DRY_RUN}`;
        const answer = await call('PUT', url, changed(before, changes));
        expect(answer, name).toMatchObject({ code: 422 });
        expect(fieldsOf(answer), name).toContain(path);
        if (by === 'rule') expect(answer.body.message).toContain(says);
      }
    } finally {
      await remove(kind, base);
    }
  });

  it("takes a pod's report and refuses one that does not fit", async () => {
    const { kind, base } = leaseExamples;
    const before = { ...(await create(kind, base)), status: leaseStatus };
    try {
      const url = `${pathOf(kind, nameOf(base))}/status${DRY_RUN}`;
      expect(await call('PUT', url, before)).toMatchObject({ code: 200, body: { status: leaseStatus } });
      for (const { name, changes, path } of badReports) {
        const answer = await call('PUT', url, changed(before, changes));
        expect(answer, name).toMatchObject({ code: 422 });
        expect(fieldsOf(answer), name).toContain(path);
      }
    } finally {
      await remove(kind, base);
    }
  });
});
