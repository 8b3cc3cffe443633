/** A kind cluster with the operator and the samples, as the demo makes it: for tests of the whole. */
import { SETS } from '../../demo/cast.ts';
import { NAMESPACE } from '../../demo/place.ts';
import { type BareCluster, type KindPlace, openKind } from '../../demo/place-kind.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { eventually } from '../support/eventually.ts';

/** Resolves when all sets are ready. */
export async function openStage(install: (cluster: BareCluster) => Promise<void>): Promise<KindPlace> {
  const place = await openKind({ keep: false, install });
  for (const { name, replicas } of Object.values(SETS)) {
    await eventually(
      async () => {
        const set = await place.client.get(EPP_SET, { namespace: NAMESPACE, name });
        const ready = set?.status?.conditions?.some(
          ({ type, status }) => type === 'Ready' && status === 'True',
        );
        return ready === true && set?.status?.readyReplicas === replicas;
      },
      { timeoutMs: 120_000, everyMs: 200, what: `${name} is ready` },
    );
  }
  return place;
}
