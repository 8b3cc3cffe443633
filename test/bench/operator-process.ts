/** An operator as a process of its own, from the bundle that the image has, and what it tells of itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../scripts/build.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { freePorts } from '../cluster/ports.ts';
import { toStderr } from '../cluster/progress.ts';
import { run } from '../cluster/run.ts';
import { kubectlPath } from '../cluster/tools.ts';
import { eventually } from '../support/eventually.ts';

export interface BenchOperator {
  /** Requests so far that were not reads. */
  writes(): Promise<number>;
  cpuSeconds(): Promise<number>;
  /** Megabytes that are resident now, and the most that ever were. */
  memory(): { now: number; peak: number };
  stop(): Promise<void>;
}

export interface Bundle {
  start(kubeconfigPath: string): Promise<BenchOperator>;
  remove(): Promise<void>;
}

export async function operatorBundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-bench-operator-'));
  await bundle(join(folder, 'dist'));
  return {
    start: async (kubeconfigPath) =>
      start(join(folder, 'dist/eppset.js'), await asPod(folder, kubeconfigPath)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Surroundings {
  /** Before the program's own command line. */
  command: readonly string[];
  env: NodeJS.ProcessEnv;
}

const ACCOUNT = 'bench-operator';
/** What kubelet mounts, in a mount namespace of the process' own. Its files are copied from the folder of the first argument. */
const MOUNT =
  'mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount && ' +
  'cp "$0"/* /run/secrets/kubernetes.io/serviceaccount/ && exec "$@"';

/**
 * With a service account's token where kubelet puts it, as in the cluster: a kubeconfig loads a library that an operator in a pod never
 * loads, and 80 MB with it. Where that cannot be had (it takes root), a kubeconfig, and a word.
 */
async function asPod(folder: string, kubeconfigPath: string): Promise<Surroundings> {
  const { KUBECONFIG: _, ...env } = process.env;
  const allowed = await run('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /run']).catch(
    () => undefined,
  );
  if (allowed?.code !== 0) {
    console.log('no mount namespace for the operator: it is given a kubeconfig, and takes some 80 MB more');
    return { command: [], env: { ...env, KUBECONFIG: kubeconfigPath } };
  }
  const { server, ca = '' } = await loadClusterConfig({ kubeconfig: kubeconfigPath, env: {} });
  const kubectl = await kubectlPath(toStderr);
  const ask = (...args: string[]) =>
    run(kubectl, ['--kubeconfig', kubeconfigPath, '--namespace', 'default', ...args]);
  await ask('create', 'serviceaccount', ACCOUNT);
  await ask(
    'create',
    'clusterrolebinding',
    ACCOUNT,
    '--clusterrole=cluster-admin',
    `--serviceaccount=default:${ACCOUNT}`,
  );
  const { stdout: token, stderr } = await ask('create', 'token', ACCOUNT, '--duration=2h');
  if (token === '') throw new Error(`no token for the operator: ${stderr}`);
  const mounted = join(folder, 'serviceaccount');
  await mkdir(mounted, { recursive: true });
  await writeFile(join(mounted, 'token'), token.trim());
  await writeFile(join(mounted, 'ca.crt'), ca);
  await writeFile(join(mounted, 'namespace'), 'default');
  const { hostname, port } = new URL(server);
  return {
    command: ['unshare', '--mount', 'sh', '-c', MOUNT, mounted],
    env: { ...env, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
  };
}

async function start(program: string, { command, env }: Surroundings): Promise<BenchOperator> {
  const [port = 0] = await freePorts(1);
  // As the image starts it, and with the heap that Node gives itself in the pod of the chart, with its 512 MiB: where
  // memory abounds it takes 128 MB for what is short-lived alone.
  const args = [
    '--max-old-space-size=256',
    '--max-semi-space-size=4',
    '--enable-source-maps',
    program,
    'operator',
  ];
  // An election on a starved machine ends the operator; its Lease is all that it would write.
  const options = [
    '--no-leader-election',
    '--image',
    'eppset:bench',
    '--http-host',
    '127.0.0.1',
    '--http-port',
    String(port),
  ];
  const [file = '', ...rest] = [...command, process.execPath, ...args, ...options, '--log-level', 'warn'];
  const child = spawn(file, rest, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...env, NODE_ENV: 'production' },
  });
  const ask = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
  await eventually(async () => (await ask('/readyz')).ok, {
    timeoutMs: 60_000,
    what: 'the operator is ready',
  });
  return {
    async writes() {
      const text = await (await ask('/metrics')).text();
      const samples = [...text.matchAll(/^rest_client_requests_total\{([^}]*)\} (\S+)$/gm)];
      return samples
        .filter(([, labels = '']) => !labels.includes('method="GET"'))
        .reduce((sum, [, , value]) => sum + Number(value), 0);
    },
    async cpuSeconds() {
      const text = await (await ask('/metrics')).text();
      return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
    },
    memory: () => memoryOf(child),
    stop: () => stopped(child),
  };
}

function memoryOf({ pid }: ChildProcess): { now: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill();
  });
}
