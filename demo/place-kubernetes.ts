/** A place on a real Kubernetes: what kind and somebody's own cluster have in common. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type ClosableKubeClient, createClient } from '../src/kube/client.ts';
import { loadClusterConfig } from '../src/kube/cluster-config.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { demoSecrets } from '../src/simulator/demo-secrets.ts';
import { runOk } from '../test/cluster/run.ts';
import { FILES, REGISTRIES, SHARED_REGISTRY } from './cast.ts';
import { NAMESPACE, type Place } from './place.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export type Kubectl = (
  args: readonly string[],
  input?: string,
) => Promise<{ code: number; stdout: string; stderr: string }>;

/** Runs kubectl and insists on its success. */
export async function kubectlOk(kubectl: Kubectl, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
  return stdout;
}

/** Text of a manifest file, or of all files of a folder in order. */
export async function manifestText(path: string): Promise<string> {
  const full = join(root, path);
  if (!(await stat(full)).isDirectory()) return readFile(full, 'utf8');
  const names = (await readdir(full)).filter((name) => name.endsWith('.yaml')).sort();
  return (await Promise.all(names.map((name) => readFile(join(full, name), 'utf8')))).join('\n---\n');
}

/** The images that the manifests name, replaced by one that the cluster can run. */
export function withImage(manifest: string, image: string): string {
  return manifest.replaceAll(/image: (?:ghcr\.io\/eppset\/eppset|eppset):\S+/g, `image: ${image}`);
}

const RETRIED_TIMES = 50;
/** Of the operator. */
const OPERATOR_NAMESPACE = 'eppset-system';

/** Installs the operator from manifests/install.yaml. */
export async function installByKubectl(kubectl: Kubectl, image: string): Promise<void> {
  const install = withImage(await manifestText('manifests/install.yaml'), image);
  await kubectlOk(kubectl, ['apply', '--server-side', '--force-conflicts', '-f', '-'], install);
}

/** Installs or upgrades the operator by the chart, as the README says. @param kubeconfig path */
export async function installByHelm(helm: string, kubeconfig: string, image: string): Promise<void> {
  const [repository = '', tag = ''] = image.split(':');
  const values = [`image.repository=${repository}`, `image.tag=${tag}`];
  await runOk(
    helm,
    [
      ...['upgrade', '--install', 'eppset', join(root, 'charts/eppset')],
      ...['--namespace', OPERATOR_NAMESPACE, '--create-namespace'],
      ...values.flatMap((value) => ['--set-string', value]),
      ...['--wait', '--timeout', '3m'],
    ],
    { env: { ...process.env, KUBECONFIG: kubeconfig } },
  );
}

/** Applies the samples where the operator is installed; waits until the definitions are served. */
export async function applySamples(kubectl: Kubectl, image: string): Promise<void> {
  await kubectlOk(kubectl, [
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    'crd',
    '-l',
    'app.kubernetes.io/part-of=eppset',
  ]);
  const samples = withImage(await manifestText(FILES.samples), image);
  await kubectlOk(kubectl, ['apply', '-f', '-'], await manifestText(`${FILES.samples}/10-namespace.yaml`));
  await ensureSecrets(
    kubectl,
    [...REGISTRIES, SHARED_REGISTRY].map(({ name }) => name),
  );
  for (let tries = 1; ; tries++) {
    const { code, stderr } = await kubectl(['apply', '-f', '-'], samples);
    if (code === 0) return;
    // An admission policy that was created a moment ago may not be at work yet on an API server that was started a moment ago.
    if (tries === RETRIED_TIMES) throw new Error(`the samples could not be applied: ${stderr.trim()}`);
    await systemClock.sleep(200);
  }
}

/** Makes the Secrets of simulated registries that are not there: new ones would not fit the processes that run. */
async function ensureSecrets(kubectl: Kubectl, registries: readonly string[]): Promise<void> {
  const there = await kubectlOk(kubectl, ['get', 'secrets', '-n', NAMESPACE, '-o', 'name']);
  const missing = registries.filter((name) => !there.includes(`secret/${name}-credentials\n`));
  const secrets = await Promise.all(missing.map((name) => demoSecrets(name, NAMESPACE)));
  if (secrets.length === 0) return;
  const text = secrets.flat().map((secret) => stringify(secret));
  await kubectlOk(kubectl, ['apply', '-f', '-'], text.join('---\n'));
}

export async function clientOf(kubeconfig: string | undefined): Promise<ClosableKubeClient> {
  const config = await loadClusterConfig({
    env: process.env,
    ...(kubeconfig !== undefined && { kubeconfig }),
  });
  return createClient(config, { log: silentLog, clock: systemClock });
}

/** What is done by kubectl on every real cluster. */
export function actions(kubectl: Kubectl, image: string): Pick<Place, 'apply' | 'remove' | 'scale' | 'kill'> {
  return {
    apply: async (file) => {
      await kubectlOk(kubectl, ['apply', '-f', '-'], withImage(await manifestText(file), image));
    },
    remove: async (file) => {
      const gone = ['delete', '--wait', '--ignore-not-found', '-f', '-'];
      await kubectlOk(kubectl, gone, await manifestText(file));
    },
    scale: async (set, replicas) => {
      await kubectlOk(kubectl, ['scale', 'eppset', set, '-n', NAMESPACE, `--replicas=${replicas}`]);
    },
    kill: (pod) => killProgram(kubectl, pod),
  };
}

/** Ends the program of a pod by SIGKILL, from inside the pod: what runs as process 1 there is not the program itself. */
async function killProgram(
  kubectl: Kubectl,
  { namespace, name }: { namespace: string; name: string },
): Promise<void> {
  const script = [
    'const fs = require("node:fs");',
    'for (const id of fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).map(Number)) {',
    '  if (id === 1 || id === process.pid) continue;',
    '  try { if (fs.readFileSync("/proc/" + id + "/cmdline", "utf8").includes("eppset.js")) process.kill(id, "SIGKILL"); } catch {}',
    '}',
  ].join('\n');
  // The container may be gone before kubectl has its exit code.
  await kubectl(['exec', '-n', namespace, name, '--', 'node', '-e', script]);
}
