/** Custom resources for tests, as the API would give them: parsed, with defaults. */
import { type Parsed, parseGateway, parseRegistry, parseSet } from '../../src/api/parse.ts';
import { describeProblems } from '../../src/api/problems.ts';
import type { EppGateway } from '../../src/api/v1alpha1/gateway.ts';
import type { EppRegistry } from '../../src/api/v1alpha1/registry.ts';
import type { EppSet } from '../../src/api/v1alpha1/set.ts';
import type { ObjectMeta } from '../../src/kube/objects.ts';

export const NAMESPACE = 'shop';

/** The spec of a set as a user writes it: nothing that has a default. */
export function setManifest(options: { name?: string; metadata?: Partial<ObjectMeta>; spec?: object } = {}) {
  const name = options.name ?? 'epp-core-bj';
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppSet',
    metadata: { name, namespace: NAMESPACE, ...options.metadata },
    spec: {
      set: 'epp.core.bj',
      class: 'core',
      replicas: 2,
      pools: [{ registry: 'verisign', min: 6, max: 12 }],
      ...options.spec,
    },
  };
}

export function registryManifest(
  options: { name?: string; metadata?: Partial<ObjectMeta>; spec?: object } = {},
) {
  const name = options.name ?? 'verisign';
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppRegistry',
    metadata: { name, namespace: NAMESPACE, ...options.metadata },
    spec: {
      profile: 'verisign',
      accreditation: 'shop',
      tlds: ['com', 'net'],
      endpoint: { host: 'epp.example' },
      credentials: { secretName: `${name.slice(0, 40)}-credentials` },
      tls: { caSecretName: `${name.slice(0, 40)}-ca` },
      connections: { limit: 20, idleTimeoutSeconds: 600 },
      ...options.spec,
    },
  };
}

/** The spec of a gateway as a user writes it. */
export function gatewayManifest(
  options: { name?: string; metadata?: Partial<ObjectMeta>; spec?: object } = {},
) {
  const name = options.name ?? 'front';
  return {
    apiVersion: 'eppset.io/v1alpha1',
    kind: 'EppGateway',
    metadata: { name, namespace: NAMESPACE, ...options.metadata },
    spec: {
      prefix: 'epp',
      region: 'bj',
      businesses: [
        { name: 'query', commands: ['domain:check'] },
        { name: 'core', default: true },
      ],
      routes: [{ tlds: ['net', 'com'], registries: [{ name: 'verisign' }] }],
      ...options.spec,
    },
  };
}

/** What the API fills in. */
const stored = (name: string) => ({ uid: `uid-of-${name}`, generation: 1, resourceVersion: '1' });

export function aSet(options: { name?: string; metadata?: Partial<ObjectMeta>; spec?: object } = {}): EppSet {
  const manifest = setManifest(options);
  const metadata = { ...stored(manifest.metadata.name), ...manifest.metadata };
  return parsedValue(parseSet({ ...manifest, metadata }));
}

export function aRegistry(
  options: { name?: string; metadata?: Partial<ObjectMeta>; spec?: object } = {},
): EppRegistry {
  const manifest = registryManifest(options);
  const metadata = { ...stored(manifest.metadata.name), ...manifest.metadata };
  return parsedValue(parseRegistry({ ...manifest, metadata }));
}

export function aGateway(
  options: { name?: string; metadata?: Partial<ObjectMeta>; spec?: object } = {},
): EppGateway {
  const manifest = gatewayManifest(options);
  const metadata = { ...stored(manifest.metadata.name), ...manifest.metadata };
  return parsedValue(parseGateway({ ...manifest, metadata }));
}

export function byName(...registries: EppRegistry[]): Map<string, EppRegistry> {
  return new Map(registries.map((registry) => [registry.metadata.name, registry]));
}

function parsedValue<T>(parsed: Parsed<unknown>): T {
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.value as T;
}
