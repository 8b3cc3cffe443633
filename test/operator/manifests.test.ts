import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { staleManifests } from '../../scripts/manifests.ts';
import { parseGateway, parseRegistry, parseSet } from '../../src/api/parse.ts';
import { EPP_GATEWAY, type EppGateway } from '../../src/api/v1alpha1/gateway.ts';
import { EPP_REGISTRY, type EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET, type EppSet } from '../../src/api/v1alpha1/set.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { accountsPooled } from '../../src/operator/gateway-controller/pooled.ts';
import { resolveRoutes } from '../../src/operator/gateway-controller/resolve.ts';
import { gatewayFile } from '../../src/operator/specs/gateway/file.ts';
import { gatewayObjects } from '../../src/operator/specs/gateway/objects.ts';
import { gatewayRole } from '../../src/operator/specs/gateway/role.ts';
import { role } from '../../src/operator/specs/role.ts';
import { rolloutStrategy } from '../../src/operator/specs/rollout.ts';
import { setObjects } from '../../src/operator/specs/set-objects.ts';
import { aGateway, aRegistry, aSet, byName } from './samples.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(root + path, 'utf8');
const documents = (path: string) =>
  parseAllDocuments(text(path)).map((document) => document.toJS() as KubeObject & Record<string, unknown>);

it('the generated manifests are what their source says', async () => {
  expect(await staleManifests()).toEqual([]);
});

describe('the chart', () => {
  it('has the version of the package', () => {
    const { version } = JSON.parse(text('package.json')) as { version: string };
    expect(parse(text('charts/eppset/Chart.yaml'))).toMatchObject({ version, appVersion: version });
  });

  it('has values that its schema allows, and refuses others', () => {
    const schema = JSON.parse(text('charts/eppset/values.schema.json')) as object;
    const validate = new Ajv().compile(schema);
    const values = parse(text('charts/eppset/values.yaml')) as Record<string, unknown>;
    expect(validate(values), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...values, replica: 1 })).toBe(false);
    expect(validate({ ...values, image: { repository: 'x', pullPolicy: 'Sometimes' } })).toBe(false);
  });
});

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

describe('install.yaml', () => {
  const objects = documents('manifests/install.yaml');
  const find = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  const rules = find('ClusterRole', 'eppset-operator')?.rules as Rule[];
  const may = (group: string, resource: string, verb: string) =>
    rules.some(
      ({ apiGroups, resources, verbs }) =>
        apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
    );

  it('lets the operator write every kind that it creates', () => {
    const gateway = aGateway({ spec: { ingress: { host: 'epp.example' } } });
    const file = gatewayFile(gateway, new Map([['verisign', 'shop']]), undefined);
    for (const { resource } of [
      ...setObjects(aSet(), byName(aRegistry()), { image: 'x', timeScale: 1 }),
      ...gatewayObjects(gateway, file, { image: 'x' }),
    ]) {
      const group = resource.apiVersion.includes('/') ? (resource.apiVersion.split('/')[0] ?? '') : '';
      for (const verb of ['get', 'list', 'watch', 'create', 'patch', 'delete']) {
        expect(may(group, resource.plural, verb), `${verb} ${resource.plural}`).toBe(true);
      }
    }
  });

  it('lets the operator do all that it lets adapters and gateways do: nobody can give what he has not', () => {
    const busy = byName(aRegistry({ spec: { jobs: { canary: { enabled: true } } } }));
    const open = aGateway({ spec: { authentication: { apiKeys: { secretName: 'callers' } } } });
    const given = [...(role(aSet(), busy).rules ?? []), ...(gatewayRole(open).rules ?? [])];
    for (const { apiGroups, resources = [], verbs } of given) {
      for (const group of apiGroups ?? []) {
        for (const resource of resources) {
          for (const verb of verbs) expect(may(group, resource, verb), `${verb} ${resource}`).toBe(true);
        }
      }
    }
  });

  it('gives no wildcard, and of secrets only what is named', () => {
    expect(JSON.stringify(rules)).not.toContain('*');
    expect(rules.filter(({ resources }) => resources.includes('secrets'))).toEqual([
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['eppset-internal-token'],
        verbs: ['update'],
      },
    ]);
  });

  it('names the operator’s service account in the policy', () => {
    const policy = JSON.stringify(find('ValidatingAdmissionPolicy', 'eppset-budget-spec.eppset.io'));
    expect(policy).toContain('system:serviceaccount:eppset-system:eppset-operator');
    expect(find('ServiceAccount', 'eppset-operator')?.metadata.namespace).toBe('eppset-system');
  });
});

describe('the samples', () => {
  const objects = readdirSync(`${root}manifests/samples`)
    .sort()
    .flatMap((file) => documents(`manifests/samples/${file}`));
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
  const registries = ofKind(EPP_REGISTRY.kind).map((object) =>
    parseRegistry(object, { unknownFields: 'refuse' }),
  );
  const gateways = ofKind(EPP_GATEWAY.kind).map((object) =>
    parseGateway(object, { unknownFields: 'refuse' }),
  );
  const sets = ofKind(EPP_SET.kind).map((object) => parseSet(object, { unknownFields: 'refuse' }));
  const valid = <T>(parsed: { ok: boolean }[]): T[] =>
    parsed.map((one) => (one as unknown as { value: T }).value);

  it('are valid', () => {
    expect(registries.filter(({ ok }) => !ok)).toEqual([]);
    expect(sets.filter(({ ok }) => !ok)).toEqual([]);
    expect(gateways.filter(({ ok }) => !ok)).toEqual([]);
    expect([registries.length, sets.length, gateways.length]).toEqual([2, 3, 1]);
  });

  it('have a gateway whose accounts are there, each in a pool of a set of it', () => {
    const [gateway] = valid<EppGateway>(gateways);
    const accounts = byName(...valid<EppRegistry>(registries));
    const world = { registry: (name: string) => accounts.get(name), parsedRegistry: parseRegistry };
    expect(resolveRoutes(gateway as EppGateway, world)).toBeInstanceOf(Map);
    expect(accountsPooled(gateway as EppGateway, valid<EppSet>(sets)).status).toBe('True');
  });

  it('have minimums that fit their accounts', () => {
    for (const { metadata, spec } of valid<EppRegistry>(registries)) {
      const pools = valid<EppSet>(sets).flatMap((set) => set.spec.pools);
      const minimums = pools.filter(({ registry }) => registry === metadata.name).map(({ min }) => min);
      expect(minimums.reduce((sum, min) => sum + min, 0)).toBeLessThanOrEqual(spec.connections.limit);
    }
  });

  it('roll the core set without missing a pod', () => {
    const core = valid<EppSet>(sets).find(({ spec }) => spec.class === 'core') as EppSet;
    expect(rolloutStrategy(core, byName(...valid<EppRegistry>(registries)))).toMatchObject({
      rollingUpdate: { maxUnavailable: 0 },
    });
  });

  it('hold no secret', () => {
    expect(ofKind('Secret')).toEqual([]);
  });
});
