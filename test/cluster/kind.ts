/** The tier `kind`: a cluster with containers, made or found by its name. See docs/test-cluster.md. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import {
  allRecords,
  type ClusterRecord,
  kubeconfigOfCluster,
  kubectlCacheOf,
  leftovers,
  readRecord,
  removeRecord,
  whyNotReusable,
  writeRecord,
} from './cluster-records.ts';
import { type Engine, engine as findEngine, runningEngine } from './engine.ts';
import { stateRoot } from './folders.ts';
import { kindConfig, nodeNames, type PortMapping, whyBadName } from './kind-config.ts';
import { withLock } from './lock.ts';
import { nodeImage } from './node-image.ts';
import { freePorts } from './ports.ts';
import { isRunning, killRecorded, type ProcessRecord, recordOf } from './processes.ts';
import { type Progress, step, toStderr } from './progress.ts';
import { type Outcome, run, runOk } from './run.ts';
import { kindPath, kubectlPath } from './tools.ts';

export { uniqueName } from './kind-config.ts';

export interface ClusterOptions {
  name: string;
  /** Default 1. The second is a worker. */
  nodes?: 1 | 2;
  /** Default: see node-image.ts. */
  nodeImage?: string;
  /** Ports of 127.0.0.1 that lead to a NodePort; a host port that is left out is chosen free. */
  ports?: readonly { nodePort: number; hostPort?: number }[];
  /** The cluster outlives this process. Default false: when the process is dead, the next start removes the cluster. */
  keep?: boolean;
  /** The process whose death makes the cluster a leftover, where it is not this one. */
  owner?: ProcessRecord;
  progress?: Progress;
}

export interface KindCluster {
  name: string;
  kubeconfigPath: string;
  /** Containers of the nodes, the control plane first. */
  nodes: readonly string[];
  ports: readonly PortMapping[];
  /** False where it was found. */
  created: boolean;
  engine: Engine;
  /** Resolves whatever the exit code. `input` goes to its standard input (`apply -f -`). */
  kubectl(args: readonly string[], input?: string): Promise<Outcome>;
  /** Brings an image of the engine to every node; quick where it is there already. */
  loadImage(image: string): Promise<void>;
  /** Freezes a node with all its processes (docker pause): to the others it is as if the network was cut. */
  pauseNode(node: string): Promise<void>;
  unpauseNode(node: string): Promise<void>;
  /** Kills a node at once (SIGKILL); `startNode` brings it back. */
  killNode(node: string): Promise<void>;
  startNode(node: string): Promise<void>;
  restartNode(node: string): Promise<void>;
  /** Runs a command in a node. */
  nodeExec(node: string, command: readonly string[], input?: string): Promise<Outcome>;
  /** Resolves when all nodes are Ready and the cluster's DNS answers. */
  waitReady(timeoutMs?: number): Promise<void>;
  delete(): Promise<void>;
}

const READY_TIMEOUT_MS = 180_000;
const REUSE_TIMEOUT_MS = 60_000;
const CREATE_TIMEOUT_MS = 600_000;
const SETTLE_MS = 1000;

/** Makes the cluster, or takes the one that has the name already if it serves what is wanted (else replaces it). */
export async function createCluster(options: ClusterOptions): Promise<KindCluster> {
  const { name, nodes = 1, ports = [], progress = toStderr } = options;
  const bad = whyBadName(name);
  if (bad !== undefined) throw new Error(bad);
  const engine = await findEngine(progress);
  const tools = await findTools(progress);
  await removeLeftoverClusters(progress);
  const image = options.nodeImage
    ? { image: options.nodeImage, ours: false }
    : await nodeImage(engine, progress);
  return withLock(join(stateRoot(), 'clusters', `${name}.lock`), async () => {
    const found = await reuse(engine, tools, { name, nodes, ports, image: image.image }, progress);
    if (found) {
      if (options.keep && found.record.owner) {
        const { owner: _, ...kept } = found.record;
        writeRecord(kept);
      }
      return found.cluster;
    }
    const record: ClusterRecord = {
      name,
      nodes,
      image: image.image,
      ports: await chooseHostPorts(ports),
      complete: false,
      ...(options.keep ? {} : { owner: options.owner ?? recordOf(process.pid) }),
    };
    // Before it exists: who is killed in the middle must be found too.
    writeRecord(record);
    const cgroupVersion = await cgroupVersionOf(engine);
    const config = kindConfig({ nodes, ports: record.ports, cgroupVersion, ours: image.ours });
    const cluster = clusterOf(record, engine, tools, true);
    await step(
      progress,
      `creating the kind cluster ${name} (${nodes} node${nodes === 1 ? '' : 's'})`,
      '25 to 40 s',
      () => create(cluster, tools.kind, record, config),
    );
    writeRecord({ ...record, complete: true });
    return cluster;
  });
}

/** The cluster of that name that was made here, if it runs. */
export async function openCluster(
  name: string,
  progress: Progress = toStderr,
): Promise<KindCluster | undefined> {
  const record = readRecord(name);
  const engine = await runningEngine();
  if (!record?.complete || !engine) return undefined;
  const cluster = clusterOf(record, engine, await findTools(progress), false);
  return (await areRunning(cluster)) ? cluster : undefined;
}

/** Removes the cluster of that name, whoever made it. Tells whether there was one. */
export async function deleteCluster(name: string, progress: Progress = toStderr): Promise<boolean> {
  const engine = await runningEngine();
  const record = readRecord(name);
  if (engine) {
    const { kind } = await findTools(progress);
    const { stdout } = await runOk(kind, ['get', 'clusters'], { env: kindEnv(engine) });
    const exists = stdout.split('\n').includes(name);
    if (exists || record) await remove(engine, kind, name);
    removeRecord(name);
    return exists || record !== undefined;
  }
  removeRecord(name);
  return record !== undefined;
}

/** Clusters whose process is dead: its test run was killed. */
export async function removeLeftoverClusters(progress: Progress = toStderr): Promise<string[]> {
  const names = leftovers(allRecords(), isRunning).map(({ name }) => name);
  for (const name of names) {
    progress.line(`removing the cluster ${name}, whose test run is gone`);
    await deleteCluster(name, progress);
  }
  return names;
}

interface Tools {
  kind: string;
  kubectl: string;
}

async function findTools(progress: Progress): Promise<Tools> {
  return { kind: await kindPath(progress), kubectl: await kubectlPath(progress) };
}

function kindEnv(engine: Engine): NodeJS.ProcessEnv {
  return { ...engine.env, KIND_EXPERIMENTAL_PROVIDER: 'docker' };
}

async function cgroupVersionOf(engine: Engine): Promise<number> {
  const { stdout } = await engine.dockerOk(['info', '--format', '{{.CgroupVersion}}']);
  return Number(stdout.trim()) || 2;
}

async function chooseHostPorts(ports: NonNullable<ClusterOptions['ports']>): Promise<PortMapping[]> {
  const free = await freePorts(ports.length);
  return ports.map(({ nodePort, hostPort }, index) => ({ nodePort, hostPort: hostPort ?? free[index] ?? 0 }));
}

async function reuse(
  engine: Engine,
  tools: Tools,
  wanted: { name: string } & Parameters<typeof whyNotReusable>[1],
  progress: Progress,
): Promise<{ cluster: KindCluster; record: ClusterRecord } | undefined> {
  const record = readRecord(wanted.name);
  const { stdout } = await runOk(tools.kind, ['get', 'clusters'], { env: kindEnv(engine) });
  const exists = stdout.split('\n').includes(wanted.name);
  if (!exists) return undefined;
  let why = record ? whyNotReusable(record, wanted) : 'it was not made here';
  if (record && why === undefined) {
    const cluster = clusterOf(record, engine, tools, false);
    try {
      // After a restart of the machine or the engine the containers are there, but stopped.
      if (!(await areRunning(cluster))) for (const node of cluster.nodes) await cluster.startNode(node);
      await cluster.waitReady(REUSE_TIMEOUT_MS);
      return { cluster, record };
    } catch (error) {
      why = `it does not get ready (${(error as Error).message})`;
    }
  }
  if (!record)
    throw new Error(`there is a kind cluster ${wanted.name} that was not made here: choose another name`);
  progress.line(`replacing the cluster ${wanted.name}: ${why}`);
  await remove(engine, tools.kind, wanted.name);
  return undefined;
}

async function create(
  cluster: KindCluster,
  kind: string,
  record: ClusterRecord,
  config: string,
): Promise<void> {
  const { name, engine, kubeconfigPath } = cluster;
  const args = ['create', 'cluster', '--name', name, '--image', record.image, '--kubeconfig', kubeconfigPath];
  try {
    await runOk(kind, [...args, '--config', '-'], {
      input: config,
      env: kindEnv(engine),
      timeoutMs: CREATE_TIMEOUT_MS,
      onStart: (pid) => writeRecord({ ...record, maker: recordOf(pid) }),
    });
    // kind's own --wait waits for the control plane's node alone.
    await cluster.waitReady();
  } catch (error) {
    const shown = await run('docker', ['logs', '--tail', '20', `${name}-control-plane`], { env: engine.env });
    await remove(engine, kind, name).catch(() => {});
    removeRecord(name);
    throw new Error(`${(error as Error).message}\nthe node said last:\n${shown.stdout}${shown.stderr}`, {
      cause: error,
    });
  }
}

async function remove(engine: Engine, kind: string, name: string): Promise<void> {
  const maker = readRecord(name)?.maker;
  if (maker) await killRecorded([maker]);
  const args = ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfigOfCluster(name)];
  const filter = `label=io.x-k8s.kind.cluster=${name}`;
  // More than once: a container that a killed maker had asked for may appear only now.
  await eventually(
    async () => {
      await runOk(kind, args, { env: kindEnv(engine), timeoutMs: 120_000 });
      if (maker) await delay(SETTLE_MS);
      const { stdout } = await engine.dockerOk(['ps', '--all', '--quiet', '--filter', filter]);
      return stdout === '';
    },
    { timeoutMs: 60_000, everyMs: 200, what: `end of the containers of the cluster ${name}` },
  );
}

async function areRunning(cluster: KindCluster): Promise<boolean> {
  const { code, stdout } = await cluster.engine.docker([
    'inspect',
    '--format',
    '{{.State.Running}}',
    ...cluster.nodes,
  ]);
  return code === 0 && !stdout.includes('false');
}

function clusterOf(record: ClusterRecord, engine: Engine, tools: Tools, created: boolean): KindCluster {
  const { name } = record;
  const kubeconfigPath = kubeconfigOfCluster(name);
  const nodes = nodeNames(name, record.nodes);
  const docker = async (...args: string[]) => {
    await engine.dockerOk(args, { timeoutMs: 120_000 });
  };
  const cluster: KindCluster = {
    name,
    kubeconfigPath,
    nodes,
    ports: record.ports,
    created,
    engine,
    kubectl: (args, input) =>
      run(tools.kubectl, ['--kubeconfig', kubeconfigPath, ...args], {
        // kubectl remembers the API by host and port; the next cluster may get this one's.
        env: { ...process.env, KUBECACHEDIR: kubectlCacheOf(name) },
        ...(input === undefined ? {} : { input }),
      }),
    loadImage: async (image) => {
      await runOk(tools.kind, ['load', 'docker-image', image, '--name', name], { env: kindEnv(engine) });
    },
    pauseNode: (node) => docker('pause', node),
    unpauseNode: (node) => docker('unpause', node),
    killNode: (node) => docker('kill', node),
    startNode: (node) => docker('start', node),
    restartNode: (node) => docker('restart', node),
    nodeExec: (node, command, input) =>
      input === undefined
        ? engine.docker(['exec', node, ...command])
        : engine.docker(['exec', '--interactive', node, ...command], { input }),
    waitReady: (timeoutMs = READY_TIMEOUT_MS) => waitReady(cluster, timeoutMs),
    delete: async () => {
      await remove(engine, tools.kind, name);
      removeRecord(name);
    },
  };
  return cluster;
}

async function waitReady(cluster: KindCluster, timeoutMs: number): Promise<void> {
  const { kubectl, kubeconfigPath, nodes } = cluster;
  if (!existsSync(kubeconfigPath)) throw new Error(`${kubeconfigPath} is not there`);
  const ready = '{.items[*].status.conditions[?(@.type=="Ready")].status}';
  const all = Array.from(nodes, () => 'True').join(' ');
  await eventually(
    async () => (await kubectl(['get', 'nodes', '--output', `jsonpath=${ready}`])).stdout === all,
    { timeoutMs, everyMs: 300, what: 'readiness of all nodes' },
  );
  await eventually(
    async () => {
      const names = '--output=jsonpath={.status.readyReplicas}';
      const { stdout } = await kubectl(['--namespace=kube-system', 'get', 'deployment', 'coredns', names]);
      return Number(stdout) > 0;
    },
    { timeoutMs, everyMs: 300, what: "readiness of the cluster's DNS" },
  );
}
