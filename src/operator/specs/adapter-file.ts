import type { AdapterFileInput } from '../../api/files/adapter-file.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import { registryTimes } from '../../budget/timing.ts';
import { EGRESS_PORT } from './egress/nginx-conf.ts';
import { egressName, setObjectNames } from './names.ts';
import { HTTP_PORT, INTERNAL_TOKEN } from './pod.ts';

/** The registry accounts of a set's pools, by name. */
export type RegistriesByName = ReadonlyMap<string, EppRegistry>;

/** Name of a pod's file, and where the Secrets of its accounts are. */
export const CONFIG_FILE = 'adapter.yaml';
export const ACCOUNTS_DIR = '/etc/eppset/accounts';
export const SET_DIR = '/etc/eppset/set';

/** The Secrets of an account, by the folder below `ACCOUNTS_DIR/<registry>` that each is mounted at. */
export function accountSecrets(registry: EppRegistry): { folder: string; secretName: string }[] {
  const { credentials, tls, poll } = registry.spec;
  return named({
    credentials: credentials.secretName,
    tls: tls.secretName,
    ca: tls.caSecretName,
    webhook: poll.enabled ? poll.sink?.webhook?.secretName : undefined,
  });
}

/** The set's own Secrets, by the folder below `SET_DIR` that each is mounted at. */
export function setSecrets(set: EppSet): { folder: string; secretName: string }[] {
  const { valkey } = set.spec.idempotency;
  return named({ 'valkey-credentials': valkey?.credentialsSecretName, 'valkey-ca': valkey?.caSecretName });
}

function named(secrets: Record<string, string | undefined>): { folder: string; secretName: string }[] {
  return Object.entries(secrets).flatMap(([folder, secretName]) =>
    secretName === undefined ? [] : [{ folder, secretName }],
  );
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
  options: { timeScale: number; egressImage?: string | false },
): AdapterFileInput {
  return {
    kind: 'AdapterFile',
    set: set.spec.set,
    class: set.spec.class,
    http: { host: '0.0.0.0', port: HTTP_PORT },
    budget: { mode: 'lease', timeScale: options.timeScale },
    timeouts: set.spec.timeouts,
    checks: set.spec.checks,
    ...(set.spec.pipelining !== undefined && { pipelining: set.spec.pipelining }),
    transformReservePercent: set.spec.transformReservePercent,
    idempotency: idempotency(set),
    ...(set.spec.callers !== 'Anyone' && { internalToken: INTERNAL_TOKEN }),
    peers: { host: setObjectNames(set.metadata.name).pods, port: HTTP_PORT },
    accounts: poolsWithRegistries(set, registries).map(({ pool, registry }) =>
      account(registry, pool.max, options.egressImage !== false && registry.spec.egress.mode === 'nginx'),
    ),
  };
}

function idempotency(set: EppSet): NonNullable<AdapterFileInput['idempotency']> {
  const { valkey } = set.spec.idempotency;
  if (!valkey) return { store: 'memory' };
  const { caSecretName, credentialsSecretName, ...address } = valkey;
  return {
    store: 'valkey',
    ...address,
    ...(caSecretName !== undefined && { caDir: '../set/valkey-ca' }),
    ...(credentialsSecretName !== undefined && { credentialsDir: '../set/valkey-credentials' }),
  };
}

function account(registry: EppRegistry, max: number, proxied: boolean): AdapterFileInput['accounts'][number] {
  const { spec } = registry;
  const { idleTimeoutSeconds, opensPerSecond } = spec.connections;
  const lateDeliverySeconds = proxied
    ? registryTimes(spec.connections, 'nginx').lateMs / 1_000
    : spec.connections.lateDeliverySeconds;
  const { maxAgeSeconds, maxCommandsPerConnection } = spec.connections;
  const folder = `../accounts/${registry.metadata.name}`;
  return {
    name: registry.metadata.name,
    profile: spec.profile,
    ...(spec.dialect !== undefined && { dialect: sorted(spec.dialect) }),
    accreditation: spec.accreditation,
    tlds: [...spec.tlds].sort(),
    endpoint: {
      host: spec.endpoint.host,
      port: spec.endpoint.port,
      ...(spec.endpoint.serverName !== undefined && { serverName: spec.endpoint.serverName }),
      ...(proxied && { via: { host: egressName(registry.metadata.name), port: EGRESS_PORT } }),
    },
    credentials: { dir: `${folder}/credentials` },
    tls: {
      ...(spec.tls.secretName !== undefined && { dir: `${folder}/tls` }),
      ...(spec.tls.caSecretName !== undefined && { caDir: `${folder}/ca` }),
      minVersion: spec.tls.minVersion,
    },
    connections: {
      idleTimeoutSeconds,
      ...(lateDeliverySeconds !== undefined && { lateDeliverySeconds }),
      opensPerSecond,
      maxAgeSeconds,
      maxCommandsPerConnection,
    },
    pool: { max },
    commands: spec.commands,
    poll: poll(registry, `${folder}/webhook`),
    jobs: spec.jobs,
  };
}

/** Lists that are sets in any order are one text. */
function sorted(dialect: NonNullable<EppRegistry['spec']['dialect']>) {
  return Object.fromEntries(
    Object.entries(dialect).map(([name, value]) => [name, Array.isArray(value) ? [...value].sort() : value]),
  ) as typeof dialect;
}

function poll(
  registry: EppRegistry,
  secretDir: string,
): NonNullable<AdapterFileInput['accounts'][number]['poll']> {
  const { enabled, interval, sink } = registry.spec.poll;
  if (!enabled) return {};
  const webhook = sink?.webhook;
  return {
    enabled,
    interval,
    sink: webhook
      ? { kind: 'webhook', url: webhook.url, ...(webhook.secretName !== undefined && { secretDir }) }
      : { kind: 'stdout' },
  };
}
