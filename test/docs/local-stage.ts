/** What commands of the place `local` find: what `eppset try` starts, and the addresses of its parts. */
import { startEmbedded } from '../../src/embedded/cluster.ts';
import { readManifests } from '../../src/embedded/manifests.ts';
import { silentLog } from '../../src/lib/log.ts';
import { ROOT } from './documents.ts';
import { type DocsEnvironment, docsEnvironment } from './environment.ts';

/** Short, so that nobody waits for a quarantine. */
const TIME_SCALE = 0.05;

/**
 * GATEWAY of the samples; SET, which answers everybody; REGISTRY, the HTTP port of a simulated one; GUARDED, a gateway that asks
 * for tokens and keys.
 */
export async function localStage(): Promise<DocsEnvironment> {
  const manifests = (
    await Promise.all([`${ROOT}manifests/samples`, `${ROOT}test/docs/stage.yaml`].map(readManifests))
  ).flat();
  const cluster = await startEmbedded({ manifests, timeScale: TIME_SCALE, log: silentLog });
  try {
    await cluster.ready();
    const url = (service: string) => cluster.serviceUrl('eppset-demo', service);
    const environment = await docsEnvironment(
      {},
      {
        GATEWAY: url('epp-bj-gateway'),
        SET: url('epp-docs-bj-adapter'),
        REGISTRY: url('verisign-sim'),
        GUARDED: url('epp-guarded-gateway'),
      },
    );
    return {
      ...environment,
      async [Symbol.asyncDispose]() {
        await environment[Symbol.asyncDispose]();
        await cluster.close();
      },
    };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}
