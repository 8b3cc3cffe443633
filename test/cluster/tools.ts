/** kind, kubectl and helm: the machine's where they fit, else built from the recipe. */
import { join } from 'node:path';
import { executables, folderOf, isBuilt, whyNoGo } from './executables.ts';
import type { Progress } from './progress.ts';
import { run } from './run.ts';
import { versions } from './versions.ts';

/** kind of the pinned minor version; another one from PATH only where none can be built. */
export async function kindPath(progress: Progress): Promise<string> {
  return pinned('kind', ['version'], 'https://kind.sigs.k8s.io', progress);
}

/** helm, by the same rule. */
export async function helmPath(progress: Progress): Promise<string> {
  return pinned('helm', ['version', '--short'], 'https://helm.sh/docs/intro/install', progress);
}

async function pinned(
  tool: 'kind' | 'helm',
  asks: readonly string[],
  site: string,
  progress: Progress,
): Promise<string> {
  const inPath = await told(tool, asks);
  const wanted = versions()[tool];
  if (minorOf(inPath) === minorOf(wanted)) return tool;
  if (isBuilt(tool)) return join(folderOf(tool), tool);
  const why = await whyNoGo();
  if (why === undefined) return join(await executables(tool, { progress }), tool);
  if (minorOf(inPath) !== undefined) {
    progress.line(`using ${inPath.trim()} from PATH, though ${wanted} is what the tests were written with`);
    return tool;
  }
  throw new Error(`${tool} ${wanted} is not in PATH (${site}), and to build it ${why}`);
}

/** kubectl within one minor version of the cluster's (Kubernetes' version skew policy). */
export async function kubectlPath(progress: Progress): Promise<string> {
  if (isBuilt('kube')) return join(folderOf('kube'), 'kubectl');
  const inPath = await told('kubectl', ['version', '--client', '--output=json']);
  const wanted = versions().kubernetes;
  if (isWithinSkew(inPath, wanted)) return 'kubectl';
  if (isBuilt('kubectl')) return join(folderOf('kubectl'), 'kubectl');
  const why = await whyNoGo();
  if (why === undefined) return join(await executables('kubectl', { progress }), 'kubectl');
  throw new Error(`kubectl in PATH does not fit Kubernetes ${wanted} or is missing, and to build one ${why}`);
}

async function told(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(command, args, { timeoutMs: 10_000 })).stdout;
  } catch {
    return '';
  }
}

/** `0.33` out of `kind v0.33.0 go1.26.8 linux/amd64`; undefined where no version is found. */
export function minorOf(text: string): string | undefined {
  return /\bv(\d+\.\d+)\.\d+/.exec(text)?.[1];
}

export function isWithinSkew(client: string, server: string): boolean {
  const [a, b] = [minorOf(client), minorOf(server)].map((minor) => minor?.split('.').map(Number));
  if (!a || !b) return false;
  return a[0] === b[0] && Math.abs((a[1] ?? 0) - (b[1] ?? 0)) <= 1;
}
