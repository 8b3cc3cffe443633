/**
 * Server-sent events of what changes among the instances: first the whole, then each change. Who comes back with the id of the last event
 * (`Last-Event-ID`) gets what it missed, or the whole where that is forgotten or was another process's.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Instance, InstanceSource } from '../instance.ts';
import { ChangeFeed, changeOfSet, type InstanceChange } from './change-feed.ts';
import { shownInstance } from './shown-instance.ts';

export interface WatchersOptions {
  source: InstanceSource;
  clock: Clock;
  /** Names this process: ids of another's events mean nothing here. Letters and digits. */
  epoch: string;
  /** Watchers at once. Default 256. */
  max?: number;
  /** Between two comments that keep the connection alive. Default 15 s. */
  heartbeatMs?: number;
  /** A reader that has so many bytes before it when more comes is cut. Default 256 KiB. */
  maxUnreadBytes?: number;
}

interface Watcher {
  readonly response: ServerResponse;
  readonly set: string | undefined;
  /** At the last heartbeat bytes lay unread. */
  late: boolean;
}

export class Watchers {
  readonly #options: Required<WatchersOptions>;
  readonly #feed: ChangeFeed;
  readonly #watchers = new Set<Watcher>();
  #heartbeat: Timer | undefined;

  constructor(options: WatchersOptions) {
    this.#options = { max: 256, heartbeatMs: 15_000, maxUnreadBytes: 256 * 1024, ...options };
    this.#feed = new ChangeFeed(options.source);
    this.#feed.onChange((change) => {
      for (const watcher of this.#watchers) this.#tell(watcher, change);
    });
  }

  get count(): number {
    return this.#watchers.size;
  }

  get full(): boolean {
    return this.#watchers.size >= this.#options.max;
  }

  /** Takes the response over until either side ends it. */
  add(response: ServerResponse, from: { set?: string | undefined; lastEventId?: string | undefined }): void {
    const watcher: Watcher = { response, set: from.set, late: false };
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies that gather answers before they pass them on
      'x-accel-buffering': 'no',
    });
    const missed = this.#missed(from.lastEventId);
    response.write('retry: 1000\n\n');
    if (missed === undefined) this.#tellAll(watcher);
    else for (const change of missed) this.#tell(watcher, change);
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
    // A peer that resets the connection is told by `close`
    response.on('error', () => undefined);
    this.#heartbeat ??= this.#beatLater();
  }

  /** Ends all of them. */
  close(): void {
    this.#heartbeat?.cancel();
    this.#feed.close();
    for (const { response } of this.#watchers) response.end();
  }

  #missed(lastEventId: string | undefined): readonly InstanceChange[] | undefined {
    const { epoch } = this.#options;
    if (!lastEventId?.startsWith(`${epoch}-`)) return undefined;
    const id = lastEventId.slice(epoch.length + 1);
    return /^\d{1,15}$/.test(id) ? this.#feed.since(Number(id)) : undefined;
  }

  #tellAll(watcher: Watcher): void {
    const { instances, synced } = this.#options.source;
    const { set } = watcher;
    const shown = instances.filter((instance) => set === undefined || instance.set === set);
    this.#write(watcher, 'instances', this.#feed.lastId, { synced, instances: shown.map(shownInstance) });
  }

  #tell(watcher: Watcher, change: InstanceChange): void {
    const told = watcher.set === undefined ? change : changeOfSet(change, watcher.set);
    if (told === undefined) return;
    const id = (instance: Instance) => instance.id;
    this.#write(watcher, 'change', told.id, {
      upserted: told.upserted.map(shownInstance),
      removed: told.removed.map(id),
    });
  }

  #write({ response }: Watcher, event: string, id: number, data: object): void {
    if (response.writableLength > this.#options.maxUnreadBytes) {
      response.destroy();
      return;
    }
    response.write(`event: ${event}\nid: ${this.#options.epoch}-${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #beatLater(): Timer {
    return this.#options.clock.after(this.#options.heartbeatMs, () => {
      for (const watcher of this.#watchers) {
        const late = watcher.response.writableLength > 0;
        if (late && watcher.late) watcher.response.destroy();
        else watcher.response.write(':\n\n');
        watcher.late = late;
      }
      this.#heartbeat = this.#watchers.size === 0 ? undefined : this.#beatLater();
    });
  }
}
