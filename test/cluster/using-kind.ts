/**
 * For end-to-end and chaos tests. The pattern:
 *
 *     const { cluster, image, namespace, url } = useCluster();     // at the top of the file
 *
 *     it('…', async () => {
 *       await cluster().kubectl(['apply', '-n', namespace(), '-f', '-'], manifest(image()));
 *       await fetch(url(30080));     // a Service of type NodePort with nodePort 30080
 *     });
 *
 * All files of a run share one cluster of two nodes, with our own image in both. A file gets a namespace of its own, deleted in the end;
 * NodePorts belong to the cluster, so a file removes the Services that take one. A test that pauses or kills a node brings it back.
 */
import { afterAll, beforeAll, inject } from 'vitest';
import { engine } from './engine.ts';
import { buildImage } from './image.ts';
import { createCluster, type KindCluster, uniqueName } from './kind.ts';
import { toStderr } from './progress.ts';
import './vitest-kind.ts';

/** Of the shared cluster; each leads to a port of this machine. */
export const NODE_PORTS: readonly number[] = [
  30080, 30081, 30082, 30083, 30084, 30085, 30086, 30087, 30088, 30089,
];

/** All are callable from `beforeAll` on. */
export function useCluster(options: { prefix?: string } = {}): {
  cluster: () => KindCluster;
  /** Our own image, by the name of its contents. */
  image: () => string;
  namespace: () => string;
  /** Where this machine reaches a Service's NodePort. */
  url: (nodePort: number) => string;
} {
  const namespace = uniqueName(options.prefix ?? 'e2e');
  let found: KindCluster | undefined;
  let image = '';
  let own = false;
  const cluster = () => {
    if (!found) throw new Error('useCluster: the cluster is there from beforeAll on');
    return found;
  };

  beforeAll(async () => {
    const shared = inject('sharedCluster') as ReturnType<typeof inject<'sharedCluster'>> | undefined;
    // Without the globalSetup (another project, another runner) the file gets a cluster of its own.
    own = shared === undefined;
    const built = engine(toStderr).then((running) => buildImage(running, toStderr));
    [found, { image }] = await Promise.all([
      createCluster({
        name: uniqueName('e2e'),
        ...shared,
        nodes: 2,
        ports: NODE_PORTS.map((nodePort) => ({ nodePort })),
      }),
      built,
    ]);
    await found.loadImage(image);
    const { code, stderr } = await found.kubectl(['create', 'namespace', namespace]);
    if (code !== 0) throw new Error(`namespace ${namespace}: ${stderr}`);
  }, 600_000);
  afterAll(async () => {
    if (own) await found?.delete();
    // What it holds may take its time to go: nobody waits for that, as the next file has a namespace of its own.
    else await found?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  }, 120_000);

  return {
    cluster,
    image: () => image,
    namespace: () => namespace,
    url: (nodePort) => {
      const port = cluster().ports.find((candidate) => candidate.nodePort === nodePort);
      if (!port) throw new Error(`no port of this machine leads to ${nodePort}: see NODE_PORTS`);
      return `http://127.0.0.1:${port.hostPort}`;
    },
  };
}
