/** A kind cluster with the operator and the samples, as the demo makes it: for tests of the whole. */
import { SETS } from '../../demo/cast.ts';
import { NAMESPACE } from '../../demo/place.ts';
import { type BareCluster, type KindPlace, openKind } from '../../demo/place-kind.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { eventually } from '../support/eventually.ts';

/** Resolves when all sets are ready. */
export async function openStage(install: (cluster: BareCluster) => Promise<void>): Promise<KindPlace> {
  const place = await openKind({ keep: false, install });
  await eventually(() => allReady(place), { timeoutMs: 120_000, everyMs: 200, what: 'all sets are ready' });
  return place;
}

/** Whether every set of the samples is ready with all its pods. */
export async function allReady(place: KindPlace): Promise<boolean> {
  const sets = Object.values(SETS).map(async ({ name, replicas }) => {
    const set = await place.client.get(EPP_SET, { namespace: NAMESPACE, name });
    const ready = set?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return ready === true && set?.status?.readyReplicas === replicas;
  });
  return (await Promise.all(sets)).every((ready) => ready);
}
