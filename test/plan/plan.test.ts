import { describe, expect, it } from 'vitest';
import { allocate } from '../../src/budget/allocate.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { applied } from '../../src/plan/applied.ts';
import { forbiddenChanges, type PlanInput, planOf } from '../../src/plan/plan.ts';
import { type State, stateOf } from '../../src/plan/state.ts';
import { planText } from '../../src/plan/text.ts';
import { gatewayManifest, registryManifest, setManifest } from '../operator/samples.ts';

const pods = { image: 'eppset:1', timeScale: 1 };
const now = new Date(0);
const nothing = stateOf([]);
const later = (before: State, ...manifests: KubeObject[]): State =>
  applied(before, manifests, { now, prune: true });
const plan = (before: State, after: State, more: Partial<PlanInput> = {}) =>
  planOf({ before, after, pods, now, ...more });

const registry = (limit = 20, own: object = {}) =>
  registryManifest({ spec: { connections: { limit, idleTimeoutSeconds: 600 }, ...own } });
const set = (name: string, min: number, max: number, own: object = {}) =>
  setManifest({ name, spec: { pools: [{ registry: 'verisign', min, max }], ...own } });

describe('a plan', () => {
  const before = later(nothing, registry(), set('core', 6, 12), gatewayManifest());

  it('has nothing to say of what stays', () => {
    const same = plan(before, later(before, registry(), set('core', 6, 12), gatewayManifest()));
    expect(same).toMatchObject({
      result: 'NoChanges',
      resources: [],
      objects: [],
      pods: [],
      refusals: [],
      warnings: [],
    });
    expect(planText(same)).toMatch(/\nno changes\n$/);
  });

  it('passes over fields that say their default', () => {
    const spoken = set('core', 6, 12, { callers: 'Gateways', transformReservePercent: 10 });
    expect(plan(before, later(before, registry(), spoken, gatewayManifest())).result).toBe('NoChanges');
  });

  it('ends what is not there any more', () => {
    const ended = plan(before, later(before, registry(), set('core', 6, 12)));
    expect(ended.resources).toEqual([
      { action: 'delete', kind: 'EppGateway', namespace: 'shop', name: 'front', fields: [] },
    ]);
    expect(new Set(ended.objects.map(({ action, owner }) => `${action} of ${owner}`))).toEqual(
      new Set(['delete of EppGateway shop/front']),
    );
    expect(ended.pods).toEqual([
      { kind: 'EppGateway', namespace: 'shop', name: 'front', before: 2, after: 0, replaced: 0 },
    ]);
  });

  it('shares connections as the allocator does', () => {
    const after = later(
      nothing,
      registry(20),
      set('core', 6, 12, { replicas: 3 }),
      set('query', 4, 20, { set: 'epp.query.bj', class: 'query', replicas: 3 }),
    );
    const given = allocate(20, [
      {
        id: 'core',
        rank: 0,
        min: 6,
        max: 12,
        lendablePercent: 50,
        pods: [1, 2, 3].map((n) => ({ id: `c${n}`, demand: 12, current: 0 })),
      },
      {
        id: 'query',
        rank: 2,
        min: 4,
        max: 20,
        lendablePercent: 50,
        pods: [1, 2, 3].map((n) => ({ id: `q${n}`, demand: 20, current: 0 })),
      },
    ]);
    const of = (prefix: string) => [...given].filter(([id]) => id.startsWith(prefix)).map(([, n]) => n);
    const { accounts } = plan(nothing, after);
    expect(accounts).toMatchObject([
      {
        name: 'verisign',
        after: {
          limit: 20,
          usable: 20,
          sets: {
            core: {
              pods: 3,
              guaranteed: 6,
              share: of('c').reduce((a, b) => a + b),
              perPod: { least: Math.min(...of('c')) },
            },
            query: {
              pods: 3,
              guaranteed: 4,
              share: of('q').reduce((a, b) => a + b),
              perPod: { most: Math.max(...of('q')) },
            },
          },
        },
      },
    ]);
    expect(accounts[0]).not.toHaveProperty('before');
  });

  it('says which minimum does not fit: that of the younger set', () => {
    const young = { set: 'epp.core.sh' };
    const { result, refusals, objects, warnings } = plan(
      before,
      applied(before, [set('aaa', 15, 15, young)], { now: new Date() }),
    );
    expect(result).toBe('Refused');
    expect(refusals).toMatchObject([{ name: 'aaa', reason: 'MinimumsExceedLimit', isNew: true }]);
    expect(objects).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('does not hold against a change what was refused before', () => {
    const refused = applied(before, [set('aaa', 15, 15, { set: 'epp.core.sh' })], { now: new Date() });
    const again = plan(refused, applied(refused, [set('core', 6, 13)], { now: new Date() }));
    expect(again).toMatchObject({ result: 'Changes', refusals: [{ name: 'aaa', isNew: false }] });
    expect(planText(again)).toContain('MinimumsExceedLimit (already so)');
  });

  it.each<[string, KubeObject[], object]>([
    ['an account that is not there', [set('core', 1, 1)], { reason: 'RegistryNotFound' }],
    [
      'a gateway without its account',
      [gatewayManifest({ spec: { routes: [{ tlds: ['com'], registries: [{ name: 'none' }] }] } })],
      { reason: 'RegistryNotFound', kind: 'EppGateway' },
    ],
  ])('says what cannot be done: %s', (_, manifests, refusal) => {
    expect(plan(nothing, later(nothing, ...manifests))).toMatchObject({
      result: 'Refused',
      refusals: [refusal],
    });
  });

  it('knows Secrets that are missing', () => {
    const after = later(nothing, registry(), set('core', 6, 12));
    const secretProblems = {
      before: new Map(),
      after: new Map([['EppRegistry shop/verisign', 'no such Secret']]),
    };
    expect(plan(nothing, after, { secretProblems }).refusals).toMatchObject([
      {
        name: 'core',
        reason: 'CredentialsMissing',
        message: 'EppRegistry verisign cannot be used: no such Secret',
      },
    ]);
  });

  it('makes egress proxies of an account, and leads its sets to them', () => {
    const proxied = registry(20, { egress: { mode: 'nginx', nginx: { replicas: 3 } } });
    const there = plan(before, later(before, proxied, set('core', 6, 12), gatewayManifest()));
    expect(there.objects.map(({ action, kind, owner }) => `${action} ${kind} of ${owner}`)).toEqual([
      'create ConfigMap of EppRegistry shop/verisign',
      'create Service of EppRegistry shop/verisign',
      'create PodDisruptionBudget of EppRegistry shop/verisign',
      'create Deployment of EppRegistry shop/verisign',
      'change ConfigMap of EppSet shop/core',
      'change Deployment of EppSet shop/core',
    ]);
    expect(there.pods).toMatchObject([
      { kind: 'EppRegistry', name: 'verisign', before: 0, after: 3 },
      { kind: 'EppSet', name: 'core', replaced: 2 },
    ]);
    expect(
      plan(before, later(before, proxied), { pods: { ...pods, egressImage: false } }).pods,
    ).not.toContainEqual(expect.objectContaining({ kind: 'EppRegistry' }));
  });

  it('leaves alone what is paused', () => {
    const paused = set('core', 6, 12, { paused: true, replicas: 5 });
    const { resources, objects, accounts } = plan(
      before,
      later(before, registry(), paused, gatewayManifest()),
    );
    expect(resources.map(({ fields }) => fields.map(({ path }) => path))).toEqual([
      ['spec.replicas', 'spec.paused'],
    ]);
    expect(objects).toEqual([]);
    expect(accounts[0]?.after?.sets.core?.pods).toBe(2);
  });

  it.each<[string, KubeObject[], string]>([
    [
      'pods that go without',
      [registry(), set('core', 2, 2, { replicas: 5 })],
      '3 of 5 pods get no connection at verisign',
    ],
    [
      'a maximum beyond the limit',
      [registry(), set('core', 6, 30)],
      'max 30 at verisign is more than the 20 connections',
    ],
    [
      'a gateway before no set',
      [registry(), gatewayManifest()],
      "no set of this gateway's prefix and region has a pool",
    ],
  ])('warns of %s', (_, manifests, message) => {
    const { warnings, result } = plan(nothing, later(nothing, ...manifests));
    expect(result).toBe('Changes');
    expect(warnings.map((warning) => warning.message)).toEqual([expect.stringContaining(message)]);
  });

  it('says what the API server would not let become', () => {
    const after = later(
      before,
      registry(20, { accreditation: 'other' }),
      set('core', 6, 12),
      gatewayManifest(),
    );
    expect(forbiddenChanges(before, after)).toEqual([
      expect.stringMatching(/^EppRegistry shop\/verisign: spec\.accreditation .*create another EppRegistry/),
    ]);
    expect(forbiddenChanges(before, before)).toEqual([]);
  });
});
