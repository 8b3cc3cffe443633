import type { Clock } from '../lib/clock.ts';
import { overviewOf } from '../overview/overview-of.ts';
import type { WatchedObjects } from '../overview/watched-objects.ts';
import type { OverviewSource } from './live-overview.ts';

/** Overviews of a cluster's objects as they are watched. */
export function clusterSource(watched: WatchedObjects, clock: Clock): OverviewSource {
  return {
    hasSynced: () => watched.hasSynced(),
    overview: () => overviewOf(watched.objects(), clock.wall().toISOString()),
    onChange: (listener) => watched.onChange(listener),
  };
}
