import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { isConflict, isNotFound } from './api-error.ts';
import { type CoreEvent, EVENT } from './builtin.ts';
import type { EventRecorder } from './events.ts';
import type { Writer } from './interfaces.ts';
import { type KubeObject, keyOf, keyString } from './objects.ts';

export interface EventRecorderOptions {
  client: Pick<Writer, 'create' | 'replace'>;
  clock: Clock;
  log: Log;
  /** Who reports, e.g. `eppset-operator`. */
  component: string;
  /** Which process of it, e.g. the pod's name. */
  instance: string;
  /** Events that wait to be written; more are dropped. Default 500. */
  maxQueued?: number;
  /** Writes that one object may cause at once. Default 25, client-go's. */
  burst?: number;
  /** After a burst one write per object in this time; repeats are counted on and told with the next one. Default 5 minutes. */
  refillMs?: number;
}

/** Equal events within this time are one event with a count. */
const REPEAT_WINDOW_MS = 10 * 60_000;
const MAX_SERIES = 4096;
/** What the API takes as the note of an event (events.k8s.io/v1). */
const MAX_MESSAGE = 1024;
/** A name of 253 characters must hold the object's, a dot and 16 hexadecimal digits. */
const MAX_NAME = 253 - 17;

/** One event and its repeats. */
interface Series {
  /** As it shall be; `metadata.resourceVersion` is set once it was written. */
  event: CoreEvent;
  queued: boolean;
  /** When it was last repeated, on the monotonic clock. */
  repeatedMs: number;
}

/** Writes core/v1 events one after the other in the background. */
export class KubeEventRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #maxQueued: number;
  readonly #burst: number;
  readonly #refillMs: number;
  readonly #series: LRUCache<string, Series>;
  /** Per object: how many writes it may still cause, and when that was counted. */
  readonly #allowances: LRUCache<string, { left: number; atMs: number }>;
  readonly #queue: Series[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    const { maxQueued = 500, burst = 25, refillMs = 5 * 60_000 } = options;
    this.#options = options;
    this.#maxQueued = maxQueued;
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#series = new LRUCache({ max: MAX_SERIES });
    this.#allowances = new LRUCache({ max: MAX_SERIES });
  }

  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const object = about.metadata.uid ?? `${about.kind} ${keyString(keyOf(about))}`;
    const id = [object, type, reason, message].join('\n');
    const nowMs = this.#options.clock.monotonicMs();
    let series = this.#series.get(id);
    if (series !== undefined && nowMs - series.repeatedMs < REPEAT_WINDOW_MS) {
      series.event = this.#repeated(series.event);
      series.repeatedMs = nowMs;
    } else {
      series = { event: this.#newEvent(about, type, reason, message), queued: false, repeatedMs: nowMs };
    }
    if (!series.queued && !this.#mayWrite(object)) return;
    this.#series.set(id, series);
    if (!series.queued) this.#enqueue(series);
  }

  /** Resolves when everything that was recorded has been written or has failed. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #enqueue(series: Series): void {
    if (this.#queue.length >= this.#maxQueued) {
      this.#options.log.warn(
        { event: series.event.reason, queued: this.#queue.length },
        'event dropped: queue full',
      );
      return;
    }
    series.queued = true;
    this.#queue.push(series);
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    for (let series = this.#queue.shift(); series !== undefined; series = this.#queue.shift()) {
      series.queued = false;
      try {
        await this.#write(series);
      } catch (error) {
        const { involvedObject, reason } = series.event;
        this.#options.log.warn(
          {
            object: `${involvedObject.kind} ${involvedObject.name}`,
            event: reason,
            reason: messageOf(error),
          },
          'event not written',
        );
      }
    }
    this.#writing = undefined;
  }

  async #write(series: Series): Promise<void> {
    const { client } = this.#options;
    const { event } = series;
    let stored: CoreEvent;
    try {
      stored = await (event.metadata.resourceVersion === undefined
        ? client.create(EVENT, event)
        : client.replace(EVENT, event));
    } catch (error) {
      if (event.metadata.resourceVersion === undefined || !(isNotFound(error) || isConflict(error)))
        throw error;
      // The API forgets events after an hour: the next repeat starts a new one.
      const { namespace, name } = event.involvedObject;
      const renamed = { ...event, metadata: eventMetadata(namespace, name) };
      stored = await client.create(EVENT, renamed);
    }
    // Repeats may have been counted meanwhile.
    series.event = { ...series.event, metadata: stored.metadata };
  }

  #newEvent(
    { apiVersion, kind, metadata }: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): CoreEvent {
    const { namespace, name, uid } = metadata;
    const { component, instance } = this.#options;
    const now = this.#now();
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: eventMetadata(namespace, name),
      involvedObject: {
        apiVersion,
        kind,
        name,
        ...(namespace !== undefined && { namespace }),
        ...(uid !== undefined && { uid }),
      },
      type,
      reason,
      message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
  }

  #repeated(event: CoreEvent): CoreEvent {
    return { ...event, count: event.count + 1, lastTimestamp: this.#now() };
  }

  /** The API's Time has whole seconds. */
  #now(): string {
    return this.#options.clock
      .wall()
      .toISOString()
      .replace(/\.\d{3}Z$/, 'Z');
  }

  /** A token bucket per object: `burst` at once, then one each `refillMs`. */
  #mayWrite(object: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const { left, atMs } = this.#allowances.get(object) ?? { left: this.#burst, atMs: nowMs };
    const now = Math.min(this.#burst, left + (nowMs - atMs) / this.#refillMs);
    this.#allowances.set(object, { left: now >= 1 ? now - 1 : now, atMs: nowMs });
    return now >= 1;
  }
}

/** Events of objects without a namespace live in `default`. */
function eventMetadata(namespace = 'default', name: string) {
  return { namespace, name: `${name.slice(0, MAX_NAME)}.${randomBytes(8).toString('hex')}` };
}
