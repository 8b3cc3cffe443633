/** The cluster that everything is broken on: two nodes, two operators, the simulated registries, and both sets of the real image. */
import { clientOf, kubectlOk, manifestText, withImage } from '../../demo/place-kubernetes.ts';
import type { ClosableKubeClient } from '../../src/kube/client.ts';
import { demoSecrets } from '../../src/simulator/demo-secrets.ts';
import { engine } from '../cluster/engine.ts';
import { buildImage } from '../cluster/image.ts';
import { createCluster, type KindCluster, uniqueName } from '../cluster/kind.ts';
import { toStderr } from '../cluster/progress.ts';
import { eventually } from '../support/eventually.ts';
import { ACCOUNTS, NAMESPACE, SETS, SYSTEM_NAMESPACE } from './cast.ts';
import { list, namespaceManifest, stageManifests, withTimeScale } from './manifests.ts';

export interface Stage {
  cluster: KindCluster;
  client: ClosableKubeClient;
  /** The node that keeps the API server and the simulators. */
  controlPlane: string;
  worker: string;
  /** Where this machine reaches a NodePort. */
  url(nodePort: number): string;
  kubectl(args: readonly string[], input?: string): Promise<string>;
  close(): Promise<void>;
}

/** @param keep name of a cluster that is found or made, and left running */
export async function openStage(keep: string | undefined): Promise<Stage> {
  const running = await engine(toStderr);
  const nodePorts = [...ACCOUNTS, ...SETS].map(({ nodePort }) => ({ nodePort }));
  const [cluster, { image }] = await Promise.all([
    createCluster({
      name: keep ?? uniqueName('chaos'),
      nodes: 2,
      keep: keep !== undefined,
      ports: nodePorts,
    }),
    buildImage(running, toStderr),
  ]);
  try {
    await cluster.loadImage(image);
    const stage = await stageOf(cluster, keep !== undefined);
    await install(stage, image);
    return stage;
  } catch (error) {
    if (keep === undefined) await cluster.delete();
    throw error;
  }
}

async function stageOf(cluster: KindCluster, keep: boolean): Promise<Stage> {
  const [controlPlane, worker] = cluster.nodes;
  if (!controlPlane || !worker) throw new Error('chaos needs a cluster of two nodes');
  const client = await clientOf(cluster.kubeconfigPath);
  return {
    cluster,
    client,
    controlPlane,
    worker,
    url: (nodePort) => {
      const port = cluster.ports.find((candidate) => candidate.nodePort === nodePort);
      if (!port) throw new Error(`no port of this machine leads to ${nodePort}`);
      return `http://127.0.0.1:${port.hostPort}`;
    },
    kubectl: (args, input) => kubectlOk(cluster.kubectl, args, input),
    close: async () => {
      await client.close();
      if (!keep) await cluster.delete();
    },
  };
}

async function install({ cluster, controlPlane, kubectl }: Stage, image: string): Promise<void> {
  // Both nodes carry adapters and operators, as in a cluster with more than one worker.
  await cluster.kubectl(['taint', 'node', controlPlane, 'node-role.kubernetes.io/control-plane-']);
  const operator = withTimeScale(withImage(await manifestText('manifests/install.yaml'), image));
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], operator);
  await kubectl([
    ...['wait', '--for=condition=Established', '--timeout=60s'],
    ...['crd', '-l', 'app.kubernetes.io/part-of=eppset'],
  ]);
  await kubectl(['apply', '-f', '-'], namespaceManifest());
  await ensureSecrets(kubectl);
  const manifests = stageManifests({ image, node: controlPlane });
  // An admission policy that was created a moment ago may not be at work yet.
  await eventually(() => kubectl(['apply', '-f', '-'], manifests), { timeoutMs: 30_000, everyMs: 300 });
  const rollout = ['rollout', 'status', '--timeout=120s'];
  await kubectl([...rollout, '-n', SYSTEM_NAMESPACE, 'deployment/eppset-operator']);
  for (const { name } of ACCOUNTS) await kubectl([...rollout, '-n', NAMESPACE, `deployment/${name}`]);
}

/** Those that are there stay: new ones would not fit the processes that run. */
async function ensureSecrets(kubectl: Stage['kubectl']): Promise<void> {
  const there = await kubectl(['get', 'secrets', '-n', NAMESPACE, '-o', 'name']);
  const missing = ACCOUNTS.filter(({ name }) => !there.includes(`secret/${name}-credentials\n`));
  const secrets = await Promise.all(missing.map(({ name }) => demoSecrets(name, NAMESPACE)));
  if (missing.length > 0) await kubectl(['apply', '-f', '-'], list(secrets.flat()));
}
