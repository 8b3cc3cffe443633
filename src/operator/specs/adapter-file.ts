import { stringify } from 'yaml';
import type { AdapterFileInput } from '../../api/files/adapter-file.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';

/** The registry accounts of a set's pools, by name. */
export type RegistriesByName = ReadonlyMap<string, EppRegistry>;

/** Where a pod finds its file and the Secrets of its accounts. */
export const CONFIG_DIR = '/etc/eppset/config';
export const CONFIG_FILE = 'adapter.yaml';
export const ACCOUNTS_DIR = '/etc/eppset/accounts';
export const HTTP_PORT = 8080;

/** The Secrets of an account, by the folder below `ACCOUNTS_DIR/<registry>` that each is mounted at. */
export function accountSecrets(registry: EppRegistry): { folder: string; secretName: string }[] {
  const { credentials, tls } = registry.spec;
  return [
    { folder: 'credentials', secretName: credentials.secretName },
    ...(tls.secretName === undefined ? [] : [{ folder: 'tls', secretName: tls.secretName }]),
    ...(tls.caSecretName === undefined ? [] : [{ folder: 'ca', secretName: tls.caSecretName }]),
  ];
}

/** A set's pools with their registries, sorted by registry. Throws for a registry that was not resolved. */
export function poolsWithRegistries(set: EppSet, registries: RegistriesByName) {
  return set.spec.pools
    .map((pool) => {
      const registry = registries.get(pool.registry);
      if (!registry) throw new Error(`EppSet ${set.metadata.name}: EppRegistry ${pool.registry} is unknown`);
      return { pool, registry };
    })
    .sort((a, b) => (a.pool.registry < b.pool.registry ? -1 : 1));
}

/** The file of a set's adapters. Nothing in it depends on the number of replicas: scaling must not roll the pods. */
export function adapterFile(
  set: EppSet,
  registries: RegistriesByName,
  options: { timeScale: number },
): AdapterFileInput {
  return {
    kind: 'AdapterFile',
    set: set.spec.set,
    class: set.spec.class,
    http: { host: '0.0.0.0', port: HTTP_PORT },
    budget: { mode: 'lease', timeScale: options.timeScale },
    timeouts: set.spec.timeouts,
    accounts: poolsWithRegistries(set, registries).map(({ pool, registry }) => account(registry, pool.max)),
  };
}

/** As YAML with sorted keys: the text is hashed. */
export function adapterFileText(file: AdapterFileInput): string {
  return stringify(file, { sortMapEntries: true, lineWidth: 0 });
}

function account(registry: EppRegistry, max: number): AdapterFileInput['accounts'][number] {
  const { spec } = registry;
  const { idleTimeoutSeconds, lateDeliverySeconds, opensPerSecond } = spec.connections;
  const { maxAgeSeconds, maxCommandsPerConnection } = spec.connections;
  const folder = `../accounts/${registry.metadata.name}`;
  return {
    name: registry.metadata.name,
    profile: spec.profile,
    accreditation: spec.accreditation,
    tlds: [...spec.tlds].sort(),
    endpoint: {
      host: spec.endpoint.host,
      port: spec.endpoint.port,
      ...(spec.endpoint.serverName !== undefined && { serverName: spec.endpoint.serverName }),
    },
    credentials: { dir: `${folder}/credentials` },
    tls: {
      ...(spec.tls.secretName !== undefined && { dir: `${folder}/tls` }),
      ...(spec.tls.caSecretName !== undefined && { caDir: `${folder}/ca` }),
    },
    connections: {
      idleTimeoutSeconds,
      ...(lateDeliverySeconds !== undefined && { lateDeliverySeconds }),
      opensPerSecond,
      maxAgeSeconds,
      maxCommandsPerConnection,
    },
    pool: { max },
  };
}
