/** What is known of the clusters that were made here, in a file each: who needs them, their ports, their image. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateRoot } from './folders.ts';
import type { PortMapping } from './kind-config.ts';
import type { ProcessRecord } from './processes.ts';

export interface ClusterRecord {
  name: string;
  nodes: 1 | 2;
  image: string;
  ports: PortMapping[];
  /** The process that alone needs it; without one the cluster stays until somebody removes it. */
  owner?: ProcessRecord;
  /** The kind process that makes it: it goes on when its parent is killed. */
  maker?: ProcessRecord;
  /** False while it is being made. */
  complete: boolean;
}

function folder(): string {
  return join(stateRoot(), 'clusters');
}

export function kubeconfigOfCluster(name: string): string {
  return join(folder(), `${name}.kubeconfig`);
}

export function kubectlCacheOf(name: string): string {
  return join(folder(), `${name}.kubectl`);
}

export function readRecord(name: string): ClusterRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folder(), `${name}.json`), 'utf8')) as ClusterRecord;
  } catch {
    return undefined;
  }
}

export function writeRecord(record: ClusterRecord): void {
  mkdirSync(folder(), { recursive: true, mode: 0o700 });
  const path = join(folder(), `${record.name}.json`);
  writeFileSync(`${path}.tmp`, JSON.stringify(record));
  renameSync(`${path}.tmp`, path);
}

export function removeRecord(name: string): void {
  for (const ending of ['json', 'kubeconfig', 'kubeconfig.lock', 'kubectl']) {
    rmSync(join(folder(), `${name}.${ending}`), { force: true, recursive: true });
  }
}

export function allRecords(): ClusterRecord[] {
  if (!existsSync(folder())) return [];
  return readdirSync(folder())
    .filter((name) => name.endsWith('.json'))
    .map((name) => readRecord(name.slice(0, -'.json'.length)))
    .filter((record) => record !== undefined);
}

/** Clusters whose owner is gone. Pure. */
export function leftovers(
  records: readonly ClusterRecord[],
  runs: (owner: ProcessRecord) => boolean,
): ClusterRecord[] {
  return records.filter(({ owner }) => owner !== undefined && !runs(owner));
}

export interface Wanted {
  nodes: 1 | 2;
  image: string;
  ports: readonly { nodePort: number; hostPort?: number }[];
}

/** Undefined where the cluster serves what is wanted, else what differs. Pure. */
export function whyNotReusable(record: ClusterRecord, wanted: Wanted): string | undefined {
  if (!record.complete) return 'it was never finished';
  if (record.nodes !== wanted.nodes) return `it has ${record.nodes} node(s), not ${wanted.nodes}`;
  if (record.image !== wanted.image) return `its nodes run ${record.image}, not ${wanted.image}`;
  const serves = ({ nodePort, hostPort }: { nodePort: number; hostPort?: number }) =>
    record.ports.some(
      (port) => port.nodePort === nodePort && (hostPort === undefined || port.hostPort === hostPort),
    );
  const missing = wanted.ports.find((port) => !serves(port));
  return (
    missing && `it does not lead port ${missing.hostPort ?? 'any'} of this machine to ${missing.nodePort}`
  );
}
