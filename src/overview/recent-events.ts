import { z } from 'zod';
import type { CoreEvent } from '../kube/builtin.ts';

/** An event about one of our objects, for people. */
export interface RecentEvent {
  /** RFC 3339, of the last time it happened. */
  at: string;
  type: string;
  namespace: string;
  /** `EppSet/epp-core-bj`. */
  object: string;
  reason: string;
  message: string;
  /** How often, repeats included. */
  count: number;
}

/** Who writes events of the newer API leaves out what the older one had, or writes null. */
const text = z.string().nullish();
const eventSchema = z.object({
  metadata: z.object({ namespace: text, creationTimestamp: text }),
  involvedObject: z.object({ kind: text, name: text }).nullish(),
  type: text,
  reason: text,
  message: text,
  count: z.int().nullish(),
  lastTimestamp: text,
  eventTime: text,
  series: z.object({ count: z.int().nullish(), lastObservedTime: text }).nullish(),
});

/** The last `limit` of these events, the newest last. What cannot be read is left out. */
export function recentEvents(events: readonly CoreEvent[], limit: number): RecentEvent[] {
  const read = events.flatMap((event) => {
    const parsed = eventSchema.safeParse(event);
    return parsed.success ? [recentEvent(parsed.data)] : [];
  });
  return read.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(Math.max(0, read.length - limit));
}

function recentEvent(event: z.output<typeof eventSchema>): RecentEvent {
  const { metadata, involvedObject, type, reason, message, count, series } = event;
  const times = [series?.lastObservedTime, event.lastTimestamp, event.eventTime, metadata.creationTimestamp];
  const at = times.find((time) => !Number.isNaN(Date.parse(time ?? '')));
  return {
    at: at ?? new Date(0).toISOString(),
    type: type ?? 'Normal',
    namespace: metadata.namespace ?? '',
    object: `${involvedObject?.kind ?? ''}/${involvedObject?.name ?? ''}`,
    reason: reason ?? '',
    message: message ?? '',
    count: series?.count ?? count ?? 1,
  };
}
