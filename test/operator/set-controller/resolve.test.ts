import { describe, expect, it } from 'vitest';
import { parseRegistry } from '../../../src/api/parse.ts';
import type { EppRegistry } from '../../../src/api/v1alpha1/registry.ts';
import { resolveSet } from '../../../src/operator/set-controller/resolve.ts';
import { aRegistry, aSet } from '../samples.ts';

function checked(registry: EppRegistry, problem?: string): EppRegistry {
  const condition = {
    type: 'CredentialsAvailable',
    status: problem === undefined ? ('True' as const) : ('False' as const),
    reason: 'x',
    message: problem ?? '',
    observedGeneration: registry.metadata.generation ?? 0,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  return { ...registry, status: { conditions: [condition] } };
}

const pools = [
  { registry: 'verisign', min: 6, max: 12 },
  { registry: 'cnnic', min: 1, max: 3 },
];
const usable = [checked(aRegistry()), checked(aRegistry({ name: 'cnnic' }))];

function resolve(
  registries: readonly EppRegistry[],
  minimumRefusal: string | undefined = undefined,
  alwaysDirect = false,
) {
  const known = new Map(registries.map((registry) => [registry.metadata.name, registry]));
  return resolveSet(aSet({ spec: { pools } }), {
    registry: (name) => known.get(name),
    parsedRegistry: (raw) => parseRegistry(raw),
    alwaysDirect,
    minimumRefusal: (registry) => (registry.metadata.name === 'verisign' ? minimumRefusal : undefined),
  });
}

const broken = { ...aRegistry(), spec: { ...aRegistry().spec, profile: 'from-the-future' as never } };

describe('resolveSet', () => {
  it('finds every registry', () => {
    const { judgement, registries } = resolve(usable);
    expect(judgement).toEqual({ state: 'resolved' });
    expect([...(registries?.keys() ?? [])]).toEqual(['cnnic', 'verisign']);
  });

  it.each([
    {
      what: 'a registry that does not exist',
      registries: [usable[0] as EppRegistry],
      reason: 'RegistryNotFound',
      message:
        'EppRegistry cnnic, which a pool names, does not exist in namespace shop: create it or remove the pool',
    },
    {
      what: 'a registry on its way out',
      registries: [
        checked(aRegistry({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })),
        usable[1] as EppRegistry,
      ],
      reason: 'RegistryDeleting',
      message: 'EppRegistry verisign is being deleted: remove the pool that names it',
    },
    {
      what: 'an unknown profile',
      registries: [checked(broken), usable[1] as EppRegistry],
      reason: 'RegistryInvalid',
      message: expect.stringMatching(/^EppRegistry verisign is not valid: spec.profile .*generic/),
    },
    {
      what: 'a Secret that is missing',
      registries: [checked(aRegistry(), 'Secret a does not exist'), usable[1] as EppRegistry],
      reason: 'CredentialsMissing',
      message: 'EppRegistry verisign cannot be used: Secret a does not exist',
    },
    {
      what: 'minimums over the limit',
      registries: usable,
      minimum: 'the minimum of 6 does not fit',
      reason: 'MinimumsExceedLimit',
      message: 'the minimum of 6 does not fit',
    },
  ])('refuses $what', ({ registries, minimum, reason, message }) => {
    expect(resolve(registries, minimum).judgement).toEqual({
      state: 'refused',
      refusal: { reason, message },
    });
  });

  it.each([
    ['a registry that was not looked at yet', [aRegistry(), usable[1] as EppRegistry]],
    [
      'a registry whose spec changed since',
      [
        { ...checked(aRegistry()), metadata: { ...aRegistry().metadata, generation: 2 } },
        usable[1] as EppRegistry,
      ],
    ],
  ])('waits for %s', (_what, registries) => {
    expect(resolve(registries).judgement).toEqual({
      state: 'waiting',
      message: 'the Secrets of EppRegistry verisign have not been looked at yet',
    });
  });

  it('waits for egress proxies, where there may be some', () => {
    const proxied = [checked(aRegistry({ spec: { egress: { mode: 'nginx' } } })), usable[1] as EppRegistry];
    expect(resolve(proxied).judgement).toMatchObject({
      state: 'waiting',
      message: expect.stringContaining('egress proxies of EppRegistry verisign'),
    });
    expect(resolve(proxied, undefined, true).judgement).toEqual({ state: 'resolved' });
  });

  it('names what is wrong rather than what is late', () => {
    expect(resolve([aRegistry()]).judgement).toMatchObject({ refusal: { reason: 'RegistryNotFound' } });
  });
});
