/** What `eppset try` tells of the cluster: pure functions of the objects in it. */
import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import type { EppSet } from '../api/v1alpha1/set.ts';
import type { Deployment, Service } from '../kube/builtin.ts';
import { setObjectNames } from '../operator/specs/names.ts';

export interface Overview {
  sets: readonly EppSet[];
  registries: readonly EppRegistry[];
  services: readonly Service[];
  deployments: readonly Deployment[];
}

/** Base URL of a Service's port `http`. */
export type UrlOf = (namespace: string, service: string) => string;

export function describeCluster(overview: Overview, urlOf: UrlOf): string[] {
  const sets = overview.sets.map((set) => [
    set.spec.set,
    set.spec.class,
    `${set.status?.readyReplicas ?? 0}/${set.spec.replicas} pods`,
    set.spec.pools.map((pool) => `${pool.registry} ${pool.min}..${pool.max}`).join(', '),
    urlOfSet(set, urlOf),
  ]);
  const simulators = simulatorServices(overview).map((service) => [
    service.metadata.name,
    'simulated registry',
    '',
    limitsAt(service, overview),
    urlOf(service.metadata.namespace ?? '', service.metadata.name),
  ]);
  return table([...sets, ...simulators]);
}

/** Commands that work as they stand in this machine's shell. */
export function suggestedCommands(overview: Overview, urlOf: UrlOf, platform: NodeJS.Platform): string[] {
  const query = setOf(overview, 'query');
  const core = setOf(overview, 'core');
  const post = (set: EppSet, command: string, body: (tld: string) => object): string => {
    const tld = tldOf(set, overview);
    const json = JSON.stringify(body(tld));
    return `curl -s ${urlOfSet(set, urlOf)}/${tld}/${command} -H ${quoted('content-type: application/json', platform)} -d ${quoted(json, platform)}`;
  };
  const commands: string[] = [];
  if (query !== undefined)
    commands.push(post(query, 'check', (tld) => ({ names: [`example.${tld}`, `eppset-try.${tld}`] })));
  if (core !== undefined) {
    const body = (tld: string) => ({
      name: `eppset-try.${tld}`,
      period: { value: 1, unit: 'y' },
      authInfo: { pw: 'demo-only-1' },
    });
    commands.push(post(core, 'create', body), `curl -s ${urlOfSet(core, urlOf)}/debug/pools`);
  }
  for (const { metadata } of simulatorServices(overview))
    commands.push(`curl -s ${urlOf(metadata.namespace ?? '', metadata.name)}/stats`);
  return commands;
}

/** One line: connections of each account, pods of each set. */
export function liveLine({ sets, registries }: Overview): string {
  const accounts = registries.map(({ metadata, status }) => {
    const { open = 0, limit = 0, quarantined = 0 } = status?.connections ?? {};
    const quarantine = quarantined > 0 ? ` (${quarantined} quarantined)` : '';
    return `${metadata.name} ${open}/${limit} open${quarantine}`;
  });
  const pods = sets.map(({ spec, status }) => `${spec.set} ${status?.readyReplicas ?? 0}/${spec.replicas}`);
  return `${accounts.join(', ')} | pods: ${pods.join(', ')}`;
}

/** The set of a class, or any when there is none. */
function setOf({ sets }: Overview, wanted: EppSet['spec']['class']): EppSet | undefined {
  return sets.find((set) => set.spec.class === wanted) ?? sets[0];
}

function tldOf(set: EppSet, { registries }: Overview): string {
  const name = set.spec.pools[0]?.registry;
  return registries.find((registry) => registry.metadata.name === name)?.spec.tlds[0] ?? 'com';
}

const urlOfSet = ({ metadata: { namespace = '', name } }: EppSet, urlOf: UrlOf): string =>
  urlOf(namespace, setObjectNames(name).adapter);

/** Services with a port `http` in front of a Deployment that runs the simulator. */
function simulatorServices({ services, deployments }: Overview): Service[] {
  const simulators = deployments.filter(({ spec }) =>
    spec?.template.spec?.containers.some(({ args }) => args?.[0] === 'simulator'),
  );
  return services.filter(({ metadata, spec }) => {
    const selector = Object.entries(spec?.selector ?? {});
    if (selector.length === 0 || !spec?.ports?.some(({ name }) => name === 'http')) return false;
    return simulators.some(
      (simulator) =>
        simulator.metadata.namespace === metadata.namespace &&
        selector.every(([key, value]) => simulator.spec?.template.metadata?.labels?.[key] === value),
    );
  });
}

function limitsAt({ metadata }: Service, { registries }: Overview): string {
  return registries
    .filter(
      ({ spec, metadata: own }) =>
        spec.endpoint.host === metadata.name && own.namespace === metadata.namespace,
    )
    .map(({ spec }) => `${spec.connections.limit} connections, .${spec.tlds.join(' .')}`)
    .join('; ');
}

/** Columns as wide as their widest cell, which are not the last. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** An argument for sh, or for cmd.exe. */
function quoted(text: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? `"${text.replaceAll('"', '\\"')}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
