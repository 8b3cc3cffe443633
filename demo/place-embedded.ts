import { fileURLToPath } from 'node:url';
import { startEmbedded } from '../src/embedded/cluster.ts';
import { readManifests } from '../src/embedded/manifests.ts';
import { silentLog } from '../src/lib/log.ts';
import { FILES } from './cast.ts';
import { NAMESPACE, type Place } from './place.ts';

const manifestsOf = (file: string) => readManifests(fileURLToPath(new URL(`../${file}`, import.meta.url)));

/** The operator, the registries and the adapters in this process, on an API in memory: the same manifests, no cluster. */
export async function openEmbedded(): Promise<Place> {
  const cluster = await startEmbedded({ manifests: await manifestsOf(FILES.samples), log: silentLog });
  await cluster.ready();
  return {
    name: 'embedded',
    client: cluster.client,
    serviceUrl: (service) => cluster.serviceUrl(NAMESPACE, service),
    apply: async (file) => cluster.apply(await manifestsOf(file)),
    remove: async (file) => cluster.remove(await manifestsOf(file)),
    scale: (set, replicas) => cluster.scale(NAMESPACE, set, replicas),
    kill: async ({ namespace, name }) => cluster.killPod(namespace, name),
    hints: () => ['eppset try'],
    close: () => cluster.close(),
  };
}
