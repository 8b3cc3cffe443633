/** The CRDs as people meet them: installed without a murmur, explained, printed, scaled, diffed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRegistry, parseSet } from '../../src/api/parse.ts';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { type ApiServer, startApiServer } from '../cluster/api.ts';
import { ALL_EXAMPLES } from './examples/all.ts';
import { changed } from './examples/example.ts';
import { gatewayExamples } from './examples/gateway.ts';
import { leaseExamples, leaseStatus } from './examples/lease.ts';
import { registryExamples } from './examples/registry.ts';
import { setExamples } from './examples/set.ts';
import { type HttpApi, httpApi } from './http-api.ts';
import { installCrds } from './installed-crds.ts';

let server: ApiServer;
let call: HttpApi;
let close: () => void;
let installed: Awaited<ReturnType<typeof installCrds>>;

const BASE = '/apis/eppset.io/v1alpha1/namespaces/default';

/** kubectl's standard output; throws with what it says when it fails. */
async function run(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await server.kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}
const kubectl = (...args: string[]) => run(args);
const apply = (...objects: unknown[]) =>
  run(
    ['apply', '--validate=strict', '-f', '-'],
    objects.map((object) => JSON.stringify(object)).join('\n---\n'),
  );

beforeAll(async () => {
  server = await startApiServer();
  ({ call, close } = httpApi(server));
  installed = await installCrds(call);
  await apply(...ALL_EXAMPLES.map(({ base }) => base));
});

afterAll(async () => {
  close?.();
  await server?.stop();
});

/** What kubectl prints in a table, by the heading of the column. */
async function printed(...args: string[]): Promise<Record<string, string>> {
  const [heading = '', row = ''] = (await kubectl('get', ...args)).split('\n');
  const starts = [...heading.matchAll(/\S+/g)].map(({ index, 0: name }) => ({ index, name }));
  return Object.fromEntries(
    starts.map(({ index, name }, n) => [name, row.slice(index, starts[n + 1]?.index).trim()]),
  );
}

async function report(plural: string, name: string, status: object): Promise<void> {
  const { body } = await call('GET', `${BASE}/${plural}/${name}`);
  const answer = await call('PUT', `${BASE}/${plural}/${name}/status`, { ...body, status });
  expect(answer, answer.body.message).toMatchObject({ code: 200 });
}

const READY = [
  {
    type: 'Ready',
    status: 'True',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-31T12:00:00Z',
    reason: 'PodsReady',
    message: '4 of 4 pods are ready',
  },
];

describe('installed', () => {
  it('without warnings', () => {
    expect(installed.warnings).toEqual([]);
    expect(installed.crds).toHaveLength(KINDS.length);
  });

  it('and structural, so that unknown fields are pruned', async () => {
    const { body } = await call('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
    const items = body.items as { status: { conditions: { type: string }[] } }[];
    const types = items.flatMap(({ status }) => status.conditions.map(({ type }) => type));
    expect(types).not.toContain('NonStructuralSchema');
  });

  it('with a description for kubectl explain at every kind', async () => {
    for (const { resource, description } of KINDS) {
      const text = await kubectl('explain', resource.plural);
      expect(text.replace(/\s+/g, ' ')).toContain(description);
    }
    const pools = await kubectl('explain', 'eppset.spec.pools');
    expect(pools).toContain('-required-');
    expect(pools).toContain('Connections that this set is guaranteed');
  });
});

describe('names', () => {
  it('short and singular ones work', async () => {
    for (const name of ['eppset', 'eppreg', 'eppgw', 'eppledger', 'epplease']) {
      expect(await kubectl('get', name, '-o', 'name')).toMatch(/^epp\w+\.eppset\.io\/\S+\n$/);
    }
  });

  it('the internal kinds are not among all', async () => {
    const all = await kubectl('get', 'all', '-o', 'name');
    expect(all).toContain('eppset.eppset.io/epp-core-bj');
    expect(all).toContain('eppregistry.eppset.io/verisign-dnspod');
    expect(all).not.toContain('eppconnection');
    const internal = await kubectl('get', 'epp-internal', '-o', 'name');
    expect(internal.trim().split('\n')).toHaveLength(2);
  });
});

describe('a fresh object', () => {
  it('has not been observed, so that nobody calls it ready', async () => {
    for (const { kind, base } of ALL_EXAMPLES) {
      const name = (base.metadata as { name: string }).name;
      const { body } = await call('GET', `${BASE}/${kind.resource.plural}/${name}`);
      expect(body.status).toEqual(kind.statusBy === 'operator' ? { observedGeneration: -1 } : undefined);
    }
  });

  it('is the same for our door as the manifest it was made of', async () => {
    const { body } = await call('GET', `${BASE}/eppsets/epp-core-bj`);
    const [stored, written] = [parseSet(body), parseSet(setExamples.base)];
    expect(written).toMatchObject({ ok: true });
    expect(stored.ok && stored.value.spec).toEqual(written.ok && written.value.spec);
  });

  it('does not differ from its manifest, by either kind of apply', async () => {
    const everything = [registryExamples, setExamples, gatewayExamples].map(({ base, good }) => {
      const example = good.find(({ name }) => name === 'everything');
      return changed(base, { ...example?.changes, 'metadata.name': 'everything' });
    });
    for (const object of everything) {
      const text = JSON.stringify(object);
      await run(['apply', '-f', '-'], text);
      expect(await run(['diff', '-f', '-'], text)).toBe('');
      expect(await run(['apply', '-f', '-'], text)).toMatch(/ unchanged\n$/);
      await run(['apply', '--server-side', '--force-conflicts', '-f', '-'], text);
      expect(await run(['diff', '--server-side', '--force-conflicts', '-f', '-'], text)).toBe('');
    }
  });
});

describe('what our door leaves out', () => {
  it.each<[string, Record<string, unknown>]>([
    ['unknown fields', { 'spec.brandNew': 1, 'spec.endpoint.brandNew': { a: [] } }],
    [
      'nulls where a default is',
      { 'spec.poll': null, 'spec.profile': null, 'spec.connections.opensPerSecond': null },
    ],
    ['nulls where none is', { 'spec.tls': { secretName: null }, 'spec.poll': { sink: null } }],
  ])('the API server leaves out as well: %s', async (_, changes) => {
    const object = changed(registryExamples.base, { ...changes, 'metadata.name': 'left-out' });
    const answer = await call('POST', `${BASE}/eppregistries?dryRun=All`, object);
    const parsed = parseRegistry(object);
    expect(answer.code).toBe(201);
    expect(parsed.ok && parsed.value.spec).toEqual(answer.body.spec);
  });

  it('and what our door refuses in a manifest, strict validation refuses', async () => {
    const object = changed(registryExamples.base, { 'spec.brandNew': 1, 'metadata.name': 'left-out' });
    const answer = await call('POST', `${BASE}/eppregistries?dryRun=All&fieldValidation=Strict`, object);
    expect(answer).toMatchObject({ code: 400 });
    expect(parseRegistry(object, { unknownFields: 'refuse' })).toMatchObject({
      ok: false,
      problems: [{ path: 'spec.brandNew' }],
    });
  });
});

describe('kubectl get', () => {
  it('shows a set', async () => {
    await report('eppsets', 'epp-core-bj', {
      observedGeneration: 1,
      replicas: 4,
      readyReplicas: 4,
      selector: 'eppset.io/set-object=epp-core-bj',
      connections: { granted: 60, open: 58, waiting: 2 },
      conditions: READY,
    });
    expect(await printed('eppset', 'epp-core-bj')).toEqual({
      NAME: 'epp-core-bj',
      SET: 'epp.core.bj',
      CLASS: 'core',
      DESIRED: '1',
      PODS: '4',
      GRANTED: '60',
      OPEN: '58',
      WAITING: '2',
      READY: 'True',
      AGE: expect.stringMatching(/^\d+[ms]/),
    });
    expect(await printed('eppset', 'epp-core-bj', '-o', 'wide')).toMatchObject({
      REASON: 'PodsReady',
      PAUSED: 'false',
    });
  });

  it('shows a registry account', async () => {
    await report('eppregistries', 'verisign-dnspod', {
      observedGeneration: 1,
      connections: { limit: 490, granted: 278, open: 270, quarantined: 46, free: 166 },
      conditions: READY,
    });
    expect(await printed('eppreg', 'verisign-dnspod')).toMatchObject({
      ACCREDITATION: 'dnspod',
      LIMIT: '500',
      GRANTED: '278',
      OPEN: '270',
      QUARANTINED: '46',
      FREE: '166',
      READY: 'True',
    });
  });

  it('shows a gateway, a ledger and a lease', async () => {
    expect(await printed('eppgw', 'epp-bj')).toMatchObject({ PREFIX: 'epp', REGION: 'bj', DESIRED: '2' });
    expect(await printed('eppledger')).toMatchObject({ LIMIT: '100', CUT: '0', LEARNING: 'false' });
    await report('eppconnectionleases', (leaseExamples.base.metadata as { name: string }).name, leaseStatus);
    expect(await printed('epplease')).toMatchObject({
      POD: 'epp-core-bj-7c9f-abcde',
      SET: 'epp-core-bj',
      STATE: 'Bound',
      PHASE: 'Active',
    });
  });
});

describe('kubectl scale', () => {
  it.each(['eppset/epp-core-bj', 'eppgateway/epp-bj'])('scales %s', async (name) => {
    await kubectl('scale', name, '--replicas=7');
    expect(await kubectl('get', name, '-o', 'jsonpath={.spec.replicas}')).toBe('7');
    const answer = kubectl('scale', name, '--current-replicas=6', '--replicas=8');
    await expect(answer).rejects.toThrow('Expected replicas to be 6, was 7');
  });

  it('tells an autoscaler how many pods there are and which', async () => {
    await report('eppsets', 'epp-core-bj', { observedGeneration: 1, replicas: 4, selector: 'a=b' });
    const { body } = await call('GET', `${BASE}/eppsets/epp-core-bj/scale`);
    expect(body.status).toEqual({ replicas: 4, selector: 'a=b' });
  });
});

describe('kubectl wait', () => {
  it('knows our conditions', async () => {
    await report('eppregistries', 'verisign-dnspod', { observedGeneration: 1, conditions: READY });
    const answer = await kubectl('wait', '--for=condition=Ready', 'eppreg/verisign-dnspod', '--timeout=10s');
    expect(answer).toContain('condition met');
  });
});
