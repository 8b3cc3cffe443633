import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { readRecord } from './cluster-records.ts';
import { engine } from './engine.ts';
import { buildImage, sizeOf } from './image.ts';
import { createCluster, type KindCluster, removeLeftoverClusters, uniqueName } from './kind.ts';
import { processOfPod, setPodNetwork, signalPod } from './pods.ts';
import { silent } from './progress.ts';
import { withEnvironment } from './with-environment.ts';

const NODE_PORT = 30_080;
const HARDENED = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A pod of our own image that runs a line of JavaScript instead of eppset. */
function podSpec(image: string, script: string, node: string, more: object = {}) {
  return {
    // By node selector: the scheduler must accept the node too, as it must for our own pods.
    nodeSelector: { 'kubernetes.io/hostname': node },
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'main',
        image,
        imagePullPolicy: 'Never',
        command: ['/usr/bin/tini', '--', '/usr/local/bin/node', '--eval', script],
        securityContext: HARDENED,
        ...more,
      },
    ],
  };
}

const SERVER =
  "require('node:http').createServer((_, res) => res.end('hello from ' + process.getuid())).listen(8080)";

describe('a cluster of two nodes', () => {
  let cluster: KindCluster;
  let image = '';
  const url = () => `http://127.0.0.1:${cluster.ports[0]?.hostPort}/`;
  const hello = async () => {
    const answer = await fetch(url(), {
      signal: AbortSignal.timeout(2000),
      headers: { connection: 'close' },
    });
    return (await answer.text()) === 'hello from 65532';
  };
  const apply = async (...objects: object[]) => {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    const { code, stderr } = await cluster.kubectl(['apply', '--filename', '-'], JSON.stringify(list));
    expect(stderr).toBe('');
    expect(code).toBe(0);
  };

  beforeAll(async () => {
    const name = uniqueName('e2e');
    // Side by side, as they do not need each other.
    const built = engine(silent).then((found) => buildImage(found, silent));
    [cluster, { image }] = await Promise.all([
      createCluster({ name, nodes: 2, ports: [{ nodePort: NODE_PORT }], progress: silent }),
      built,
    ]);
    await cluster.loadImage(image);
  });
  afterAll(() => cluster?.delete());

  it('has both nodes ready', async () => {
    expect(cluster.created).toBe(true);
    const { stdout } = await cluster.kubectl(['get', 'nodes', '--output', 'name']);
    expect(stdout.trim().split('\n')).toEqual(cluster.nodes.map((node) => `node/${node}`));
  });

  it('runs our image hardened on the worker, and leads a port of this machine to it', async () => {
    expect(Number.parseInt(await sizeOf(cluster.engine, image), 10)).toBeLessThan(200);
    await apply(
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: podSpec(image, SERVER, cluster.nodes[1] ?? '', {
              readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
            }),
          },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: {
          type: 'NodePort',
          selector: { app: 'web' },
          ports: [{ port: 80, targetPort: 8080, nodePort: NODE_PORT }],
        },
      },
    );
    await eventually(hello, { timeoutMs: 30_000, everyMs: 100, what: 'answer through the node port' });
  });

  it('finds services by name from the other node', async () => {
    const script = `fetch('http://web.default.svc.cluster.local/').then(async (r) => console.log(await r.text()))`;
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'caller' },
      spec: { restartPolicy: 'OnFailure', ...podSpec(image, script, cluster.nodes[0] ?? '') },
    });
    await eventually(
      async () => (await cluster.kubectl(['logs', 'caller'])).stdout.includes('hello from 65532'),
      { timeoutMs: 30_000, everyMs: 200, what: 'answer in the log of the calling pod' },
    );
  });

  it('is found by its name, and not made again', async () => {
    const { name } = cluster;
    const again = await createCluster({ name, nodes: 2, ports: [{ nodePort: NODE_PORT }], progress: silent });
    expect(again.created).toBe(false);
    expect(again.ports).toEqual(cluster.ports);
    expect(await hello()).toBe(true);
  });

  it('stops, cuts off and kills the processes of a pod', async () => {
    const names = ['get', 'pods', '--selector=app=web', '--output=jsonpath={.items[0].metadata.name}'];
    const { stdout: pod } = await cluster.kubectl(names);
    await signalPod(cluster, 'default', pod, 'STOP');
    await expect(hello()).rejects.toThrow(/timeout/);
    await signalPod(cluster, 'default', pod, 'CONT');
    await eventually(hello, { timeoutMs: 30_000, everyMs: 100, what: 'answer of the continued pod' });

    await setPodNetwork(cluster, 'default', pod, 'down');
    await expect(hello()).rejects.toThrow(/timeout/);
    await setPodNetwork(cluster, 'default', pod, 'up');
    await eventually(hello, { timeoutMs: 30_000, everyMs: 100, what: 'answer of the connected pod' });

    const { pid } = await processOfPod(cluster, 'default', pod);
    await signalPod(cluster, 'default', pod, 'KILL');
    const another = async () => (await processOfPod(cluster, 'default', pod)).pid !== pid;
    await eventually(another, { timeoutMs: 30_000, everyMs: 200, what: 'another process in the pod' });
    await eventually(hello, { timeoutMs: 30_000, everyMs: 100, what: 'answer of the restarted pod' });
  });

  it('stands still while a node is paused, and goes on after', async () => {
    const worker = cluster.nodes[1] ?? '';
    await cluster.pauseNode(worker);
    await expect(hello()).rejects.toThrow(/timeout/);
    await cluster.unpauseNode(worker);
    await eventually(hello, { timeoutMs: 30_000, everyMs: 100, what: 'answer after the pause' });
  });

  it('comes back after a node was killed', async () => {
    const worker = cluster.nodes[1] ?? '';
    await cluster.killNode(worker);
    await expect(hello()).rejects.toThrow();
    await cluster.startNode(worker);
    await eventually(hello, {
      timeoutMs: 90_000,
      everyMs: 300,
      what: 'answer after the restart of the node',
    });
  });

  it('is gone after its deletion', async () => {
    await cluster.delete();
    const { stdout } = await cluster.engine.dockerOk(['ps', '--all', '--format', '{{.Names}}']);
    expect(stdout).not.toContain(cluster.name);
    expect(readRecord(cluster.name)).toBeUndefined();
  });
});

describe('a run that was killed while it made a cluster', () => {
  it('leaves a cluster that the next run removes', async () => {
    const found = await engine(silent);
    const { XDG_CACHE_HOME } = process.env;
    // A state folder apart: the next start of another run would remove the cluster too.
    await withEnvironment({ DOCKER_HOST: found.env.DOCKER_HOST, XDG_CACHE_HOME }, async () => {
      const name = uniqueName('killed');
      const module = JSON.stringify(new URL('./kind.ts', import.meta.url).href);
      const script = `import { createCluster } from ${module}; await createCluster({ name: '${name}' });`;
      const run = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
      const ended = new Promise((resolve) => run.on('exit', resolve));
      const containers = async () =>
        (await found.dockerOk(['ps', '--all', '--format', '{{.Names}}'])).stdout.includes(name);
      await eventually(containers, { timeoutMs: 60_000, everyMs: 100, what: 'container of the node' });
      expect(await removeLeftoverClusters(silent)).toEqual([]);

      run.kill('SIGKILL');
      await ended;
      expect(await containers()).toBe(true);
      expect(await removeLeftoverClusters(silent)).toEqual([name]);
      expect(await containers()).toBe(false);
      expect(readRecord(name)).toBeUndefined();
    });
  });
});
