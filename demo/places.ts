import { availability } from '../test/cluster/availability.ts';
import type { Place } from './place.ts';

export const CLUSTERS = ['kind', 'current', 'embedded'] as const;
export type ClusterName = (typeof CLUSTERS)[number];

/** Where to play, and why, in a sentence for the first line. */
export async function chooseCluster(wanted: string | undefined): Promise<{ name: ClusterName; why: string }> {
  if (wanted) {
    const name = CLUSTERS.find((candidate) => candidate === wanted);
    if (!name) throw new Error(`CLUSTER=${wanted}: it must be one of ${CLUSTERS.join(', ')}`);
    return { name, why: `on CLUSTER=${name}, as asked` };
  }
  const kind = await availability('kind', { built: true });
  if (kind.ok)
    return { name: 'kind', why: 'on a kind cluster (CLUSTER=embedded plays in one process instead)' };
  return {
    name: 'embedded',
    why: `on the embedded cluster, in this process: ${kind.why}. CLUSTER=kind plays on a kind cluster`,
  };
}

/** Brings up the operator and the samples there. */
export async function openPlace(name: ClusterName, options: { keep: boolean }): Promise<Place> {
  switch (name) {
    case 'kind':
      return (await import('./place-kind.ts')).openKind(options);
    case 'current':
      return (await import('./place-current.ts')).openCurrent();
    case 'embedded':
      return (await import('./place-embedded.ts')).openEmbedded();
  }
}
