/** Whether a tier can be had on this machine: a cheap look (at most some seconds, nothing is installed, pulled or built). */
import { existsSync } from 'node:fs';
import { whyNoAssets } from './api.ts';
import { type Engine, ownEngine, runningEngine, whyNoEngine } from './engine.ts';
import { isBuilt, whyNoGo } from './executables.ts';
import { localNodeImage, NODE_GROUPS, whyNoOwnNodeImage } from './node-image.ts';
import { isInPath } from './run.ts';
import { versions } from './versions.ts';

export type Tier = 'api' | 'kind';
export type Availability = { ok: true } | { ok: false; why: string };

export interface AvailabilityOptions {
  /**
   * Only say yes where it can be had soon: nothing is installed, and nothing is built that takes long. For those who want a cluster if one
   * is at hand (the demo), not at any price (the tests).
   */
  built?: boolean;
}

export async function availability(tier: Tier, options: AvailabilityOptions = {}): Promise<Availability> {
  const why = tier === 'api' ? await whyNoApi(options) : await whyNoKind(options);
  return why === undefined ? { ok: true } : { ok: false, why };
}

async function whyNoApi({ built = false }: AvailabilityOptions): Promise<string | undefined> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) return whyNoAssets(assets, existsSync);
  if (process.platform !== 'linux') {
    return `etcd and the API server are built for Linux only; set KUBEBUILDER_ASSETS to their folder on ${process.platform}`;
  }
  if (isBuilt('kube')) return undefined;
  if (built) return 'Kubernetes is not built here yet (node test/cluster/cli.ts prepare api)';
  const why = await whyNoGo();
  return why === undefined ? undefined : `Kubernetes must be built, but ${why}; or set KUBEBUILDER_ASSETS`;
}

async function whyNoKind({ built = false }: AvailabilityOptions): Promise<string | undefined> {
  let engine: Engine | undefined;
  try {
    engine = await runningEngine();
  } catch (error) {
    return (error as Error).message;
  }
  if (!engine) {
    if (built && !wasUsed()) return 'no container engine runs';
    const why = await whyNoEngine();
    if (why !== undefined) return why;
  }
  const noTools = await whyNoTools();
  if (noTools !== undefined) return noTools;
  if (!engine && built) return undefined;
  if (engine && (await localNodeImage(engine))) return undefined;
  if (await canPull()) return undefined;
  const { stockNodeImage } = versions();
  const asked = process.env.KIND_NODE_IMAGE;
  if (asked) return `KIND_NODE_IMAGE=${asked} is not there, and registries of images cannot be reached`;
  if (built) return `there is no node image yet, and ${stockNodeImage} cannot be pulled`;
  const why = await whyNoOwnNodeImage();
  return why === undefined ? undefined : `${stockNodeImage} cannot be pulled, and ${why}`;
}

/** Our own engine ran here before, and what the node image is made of is built: it can be back in seconds. */
function wasUsed(): boolean {
  return existsSync(ownEngine().data) && NODE_GROUPS.every(isBuilt);
}

async function whyNoTools(): Promise<string | undefined> {
  const have = async (tool: 'kind' | 'kubectl' | 'helm') => isBuilt(tool) || (await isInPath(tool));
  const missing: string[] = [];
  if (!(await have('kind'))) missing.push('kind');
  if (!(await have('helm'))) missing.push('helm');
  if (!isBuilt('kube') && !(await have('kubectl'))) missing.push('kubectl');
  if (missing.length === 0) return undefined;
  const why = await whyNoGo();
  return why === undefined ? undefined : `${missing.join(', ')} must be installed or built, but ${why}`;
}

const REGISTRY_TIMEOUT_MS = 3000;

/** Any answer counts, also "unauthorized". A mirror that only the engine knows of is not seen from here. */
async function canPull(): Promise<boolean> {
  try {
    await fetch('https://registry-1.docker.io/v2/', { signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS) });
    return true;
  } catch {
    return false;
  }
}
