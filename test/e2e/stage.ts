/** A kind cluster with the operator and the samples, as the demo makes it: for tests of the whole. */
import { SETS } from '../../demo/cast.ts';
import { NAMESPACE, type Place } from '../../demo/place.ts';
import { openKind } from '../../demo/place-kind.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import { eventually } from '../support/eventually.ts';

export async function openStage(): Promise<Place> {
  const place = await openKind({ keep: false });
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
