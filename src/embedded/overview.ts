/** What `eppset try` tells of the cluster: pure functions of the objects in it. */
import type { EppGateway } from '../api/v1alpha1/gateway.ts';
import type { EppRegistry } from '../api/v1alpha1/registry.ts';
import type { EppSet } from '../api/v1alpha1/set.ts';
import type { Deployment, Service } from '../kube/builtin.ts';
import { gatewayObjectNames, setObjectNames } from '../operator/specs/names.ts';

export interface Overview {
  gateways: readonly EppGateway[];
  sets: readonly EppSet[];
  registries: readonly EppRegistry[];
  services: readonly Service[];
  deployments: readonly Deployment[];
}

/** Base URL of a Service's port `http`. */
export type UrlOf = (namespace: string, service: string) => string;

export function describeCluster(overview: Overview, urlOf: UrlOf): string[] {
  const gateways = overview.gateways.map((gateway) => [
    gateway.metadata.name,
    'gateway',
    `${gateway.status?.readyReplicas ?? 0}/${gateway.spec.replicas} pods`,
    `${gateway.spec.prefix}.*.${gateway.spec.region}`,
    urlOfGateway(gateway, urlOf),
  ]);
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
  return table([...gateways, ...sets, ...simulators]);
}

/** Commands that work as they stand in this machine's shell. */
export function suggestedCommands(overview: Overview, urlOf: UrlOf, platform: NodeJS.Platform): string[] {
  const post = ({ url, tld }: Door, command: string, body: object): string =>
    `curl -s ${url}/${tld}/${command} -H ${quoted('content-type: application/json', platform)} -d ${quoted(JSON.stringify(body), platform)}`;
  const commands: string[] = [];
  const query = doorTo('query', overview, urlOf);
  if (query) {
    const names = [`example.${query.tld}`, `eppset-try.${query.tld}`];
    commands.push(post(query, 'check', { names }));
  }
  const core = doorTo('core', overview, urlOf);
  if (core) {
    const name = `eppset-try.${core.tld}`;
    const body = { name, period: { value: 1, unit: 'y' }, authInfo: { pw: 'demo-only-1' } };
    commands.push(post(core, 'create', body), `curl -s ${core.url}${core.look}`);
  }
  for (const { metadata } of simulatorServices(overview))
    commands.push(`curl -s ${urlOf(metadata.namespace ?? '', metadata.name)}/stats`);
  return commands;
}

/** One line: connections of each account, pods of each set. */
export function liveLine({ sets, registries }: Pick<Overview, 'sets' | 'registries'>): string {
  const accounts = registries.map(({ metadata, status }) => {
    const { open = 0, limit = 0, quarantined = 0 } = status?.connections ?? {};
    const quarantine = quarantined > 0 ? ` (${quarantined} quarantined)` : '';
    return `${metadata.name} ${open}/${limit} open${quarantine}`;
  });
  const pods = sets.map(({ spec, status }) => `${spec.set} ${status?.readyReplicas ?? 0}/${spec.replicas}`);
  return `${accounts.join(', ')} | pods: ${pods.join(', ')}`;
}

/** Who takes commands of people. */
interface Door {
  url: string;
  tld: string;
  /** Path of something to look at. */
  look: string;
}

/** A gateway, else an adapter that asks for no token: one of a set of that class, or any. */
function doorTo(wanted: EppSet['spec']['class'], overview: Overview, urlOf: UrlOf): Door | undefined {
  const [gateway] = overview.gateways;
  const tld = gateway?.spec.routes[0]?.tlds[0];
  if (gateway && tld !== undefined)
    return { url: urlOfGateway(gateway, urlOf), tld, look: '/discovery/v1/sets' };
  const open = overview.sets.filter(({ spec }) => spec.callers === 'Anyone');
  const set = open.find(({ spec }) => spec.class === wanted) ?? open[0];
  return set && { url: urlOfSet(set, urlOf), tld: tldOf(set, overview), look: '/debug/pools' };
}

function tldOf(set: EppSet, { registries }: Overview): string {
  const name = set.spec.pools[0]?.registry;
  return registries.find((registry) => registry.metadata.name === name)?.spec.tlds[0] ?? 'com';
}

const urlOfSet = ({ metadata: { namespace = '', name } }: EppSet, urlOf: UrlOf): string =>
  urlOf(namespace, setObjectNames(name).adapter);

const urlOfGateway = ({ metadata: { namespace = '', name } }: EppGateway, urlOf: UrlOf): string =>
  urlOf(namespace, gatewayObjectNames(name).gateway);

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
