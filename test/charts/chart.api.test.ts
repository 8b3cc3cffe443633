/** What the chart renders: the same as manifests/install.yaml, accepted by a real API server, and by the restricted Pod Security Standard. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { operatorCommand } from '../../src/commands/operator.ts';
import { egressObjects } from '../../src/operator/specs/egress/objects.ts';
import { gatewayFile } from '../../src/operator/specs/gateway/file.ts';
import { gatewayObjects } from '../../src/operator/specs/gateway/objects.ts';
import { setObjects } from '../../src/operator/specs/set-objects.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { aGateway, aRegistry, aSet, byName } from '../operator/samples.ts';
import { eventually } from '../support/eventually.ts';
import { ALL_ON, CHART, type RenderedObject, useHelm } from './helm.ts';
import { monitoringCrds } from './monitoring-crds.ts';

const { api, namespace } = useApiServer({ prefix: 'chart' });
const helm = useHelm();
const nameOf = ({ kind, metadata }: RenderedObject) => `${kind} ${metadata.name}`;

it('has nothing that helm lint would complain about', async () => {
  for (const values of [{}, ALL_ON]) {
    const { code, stdout } = await helm()(['lint', '--strict', CHART], values);
    expect(code, stdout).toBe(0);
  }
});

describe('wrong values', () => {
  /** All at once: helm tells of each. */
  const WRONG = {
    replica: 1,
    replicas: 100,
    image: { tag: 'eppset:1', digest: 'latest', pullPolicy: 'Sometimes' },
    logLevel: 'loud',
    watchNamespace: 'Shop',
    commonLabels: { 'app.kubernetes.io/name': 'x' },
    podLabels: { team: 'a b' },
    extraArgs: ['--console', 1],
    extraEnv: [{ name: 'POD_NAME', value: 'x' }],
    resources: { limits: { memory: '1 GB' } },
    nodeSelector: { zone: 1 },
    tolerations: [{ effect: 'Never' }],
    networkPolicies: { enabled: 'yes' },
    crds: { install: true },
  };
  let told = '';

  beforeAll(async () => {
    told = await helm()
      .template(WRONG)
      .then(
        () => 'accepted',
        (error: Error) => error.message,
      );
  });

  it.each<[string, RegExp]>([
    ['a value of another name', /additional properties 'replica' not allowed/],
    ['too many operators', /'\/replicas': maximum: got 100, want 5/],
    ['a tag with a colon', /'\/image\/tag': 'eppset:1' does not match pattern/],
    ['a digest that is none', /'\/image\/digest': 'latest' does not match pattern/],
    ['a pull policy that there is not', /'\/image\/pullPolicy': value must be one of/],
    ['a log level that there is not', /'\/logLevel': value must be one of/],
    ['a namespace in capitals', /'\/watchNamespace': 'Shop' does not match pattern/],
    ['a label of ours', /'\/commonLabels'[\s\S]*invalid propertyName 'app.kubernetes.io\/name'/],
    ['a label that is none', /'\/podLabels'[\s\S]*'a b' does not match pattern/],
    ['an argument that is no text', /'\/extraArgs\/1': got number, want string/],
    ['a variable of ours', /'\/extraEnv\/0\/name': 'not' failed/],
    ['an amount that is none', /'\/resources\/limits\/memory'[\s\S]*'1 GB' does not match pattern/],
    ['a selector of numbers', /'\/nodeSelector\/zone': got number, want string/],
    ['an effect that there is not', /'\/tolerations\/0\/effect': value must be one of/],
    ['a switch in words', /'\/networkPolicies\/enabled': got string, want boolean/],
    ['a switch of another name', /'\/crds': additional properties 'install' not allowed/],
  ])('such as %s are refused, and where', (_what, message) => {
    expect(told).toMatch(message);
  });
});

describe('with default values', () => {
  const OF_THE_RELEASE = [
    'app.kubernetes.io/instance',
    'app.kubernetes.io/managed-by',
    'app.kubernetes.io/version',
    'helm.sh/chart',
    'helm.sh/resource-policy',
  ];

  /** Without what only a release has, and without what is empty: an API server leaves that out. */
  function bare(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(bare);
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value)
      .filter(([key]) => !OF_THE_RELEASE.includes(key))
      .map(([key, field]): [string, unknown] => [key, bare(field)])
      .filter(([, field]) => field !== '' && !(field instanceof Object && Object.keys(field).length === 0));
    return Object.fromEntries(kept);
  }

  it('is what manifests/install.yaml installs, but for the namespace', async () => {
    const text = await readFile(new URL('../../manifests/install.yaml', import.meta.url), 'utf8');
    const installed = parseAllDocuments(text)
      .map((document) => document.toJS() as RenderedObject)
      .filter(({ kind }) => kind !== 'Namespace');
    const rendered = await helm().template({}, ['--no-hooks']);
    expect(rendered.map(nameOf).sort()).toEqual(installed.map(nameOf).sort());
    const byObject = new Map(rendered.map((object) => [nameOf(object), bare(object)]));
    for (const object of installed) expect(byObject.get(nameOf(object))).toEqual(bare(object));
  });
});

describe('the definitions', () => {
  const crds = async (values: object) =>
    (await helm().template(values, ['--show-only', 'templates/crds.yaml'])).filter(
      ({ kind }) => kind === 'CustomResourceDefinition',
    );
  const policies = (objects: RenderedObject[]) =>
    objects.map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy']);

  it('stay when the chart goes, unless that is wanted', async () => {
    expect(policies(await crds({}))).toEqual(Array(5).fill('keep'));
    expect(policies(await crds({ crds: { keep: false } }))).toEqual(Array(5).fill(undefined));
  });

  it('are left out where somebody else installs them', async () => {
    const objects = await helm().template({ crds: { enabled: false } });
    expect(objects.map(({ kind }) => kind)).not.toContain('CustomResourceDefinition');
  });
});

it('starts the operator with arguments that it knows', async () => {
  const operator = (await helm().template(ALL_ON)).find(({ kind }) => kind === 'Deployment');
  const { containers } = operator === undefined ? {} : (podSpecOf(operator)[0] ?? {});
  const [subcommand, ...args] = containers?.[0]?.args ?? [];
  const command = operatorCommand()
    .exitOverride()
    .action(() => undefined);
  command.parse(args, { from: 'user' });
  expect(subcommand).toBe('operator');
  expect(command.opts()).toMatchObject({
    logLevel: 'debug',
    timeScale: 0.5,
    networkPolicies: 'keep',
    monitoringNamespaces: { 'kubernetes.io/metadata.name': 'monitoring' },
    monitoringPods: { app: 'prometheus' },
    console: true,
  });
});

it.each([
  ['http://polaris.example:8090', 8090],
  ['https://polaris.example', 443],
  ['http://polaris.example/', 80],
])('lets the operator reach Polaris at %s', async (url, port) => {
  const values = { networkPolicies: { enabled: true }, polaris: { url } };
  const [policy] = await helm().template(values, ['--show-only', 'templates/network-policy.yaml']);
  const rule = { ports: [{ port, protocol: 'TCP' }] };
  expect(policy).toMatchObject({ spec: { egress: expect.arrayContaining([rule]) } });
});

describe('the operator’s rights', () => {
  interface Rule {
    resources: string[];
    verbs: string[];
  }
  const rules = async (values: object) =>
    (await helm().template(values)).find(
      ({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name === 'eppset-operator',
    )?.rules as Rule[];

  it('leave out NetworkPolicies where it neither keeps nor removes them', async () => {
    const touches = (all: Rule[]) => all.some(({ resources }) => resources.includes('networkpolicies'));
    expect(touches(await rules({}))).toBe(false);
    expect(touches(await rules({ networkPolicies: { enabled: true } }))).toBe(true);
    expect(touches(await rules({ networkPolicies: { remove: true } }))).toBe(true);
  });

  it('end with the namespace that it watches', async () => {
    const objects = await helm().template({ watchNamespace: 'shop' });
    const own = objects.filter(({ metadata }) => metadata.name === 'eppset-operator').map(nameOf);
    expect(own).not.toContain('ClusterRole eppset-operator');
    expect(own).not.toContain('ClusterRoleBinding eppset-operator');
    const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.name === 'eppset-operator');
    expect(role?.metadata.namespace).toBe('shop');
    expect(role?.rules).toEqual(await rules({}));
  });
});

describe('on an API server', () => {
  const RESTRICTED = () => `${namespace()}-restricted`;

  beforeAll(async () => {
    await api().kubectl(['apply', '--server-side', '-f', '-'], stringifyAll(monitoringCrds));
    await api().request('POST', '/api/v1/namespaces', {
      metadata: { name: RESTRICTED(), labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  });

  // Those of default values are installed by helm itself, in another test.
  it('every object is accepted, with all that there is switched on', async () => {
    const objects = await helm().template(ALL_ON, ['--namespace', namespace()]);
    const outcome = await eventually(async () => {
      const tried = await api().kubectl(
        ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'],
        stringifyAll(objects),
      );
      // The kinds of monitoring are served a moment after their definitions are there.
      if (/no matches for kind/.test(tried.stderr)) throw new Error(tried.stderr);
      return tried;
    });
    expect(outcome.stderr).toBe('');
    expect(outcome.stdout.trim().split('\n')).toHaveLength(objects.length);
  });

  it('every pod meets the restricted standard', async () => {
    const registry = aRegistry({ spec: { egress: { mode: 'nginx' } } });
    const gateway = aGateway();
    const file = gatewayFile(gateway, new Map([['verisign', 'shop']]), undefined);
    const made = [
      ...setObjects(aSet(), byName(registry), { image: 'x', timeScale: 1 }),
      ...gatewayObjects(gateway, file, { image: 'x' }),
      ...egressObjects(registry, 'nginx'),
    ].map(({ object }) => object as RenderedObject);
    const rendered = (await Promise.all([{}, ALL_ON].map((values) => helm().template(values)))).flat();
    const specs = [...made, ...rendered].flatMap(podSpecOf);
    expect(specs).toHaveLength(3 + 2 * 2);

    const accounts = new Set(specs.map(({ serviceAccountName = 'default' }) => serviceAccountName));
    for (const name of accounts) {
      await api().request('POST', `/api/v1/namespaces/${RESTRICTED()}/serviceaccounts`, {
        metadata: { name },
      });
    }
    for (const spec of specs) expect(await tryPod(spec)).toMatchObject({ status: 201 });
    const [first] = specs;
    expect(await tryPod({ ...first, hostNetwork: true })).toMatchObject({
      status: 403,
      body: expect.stringContaining('violates PodSecurity'),
    });
  });

  const tryPod = (spec: object) =>
    api().request('POST', `/api/v1/namespaces/${RESTRICTED()}/pods?dryRun=All`, {
      metadata: { generateName: 'tried-' },
      spec,
    });
});

interface PodSpec {
  containers?: { args?: string[] }[];
  serviceAccountName?: string;
}

function podSpecOf({ kind, spec }: RenderedObject): PodSpec[] {
  if (kind === 'Pod') return [spec as PodSpec];
  return kind === 'Deployment' ? [(spec as { template: { spec: PodSpec } }).template.spec] : [];
}

function stringifyAll(objects: readonly object[]): string {
  return objects.map((object) => stringify(object)).join('---\n');
}
