/**
 * Server-sent events of what changes among the instances: first the whole, then each change. Who comes back with the id of the last event
 * (`Last-Event-ID`) gets what it missed, or the whole where that is forgotten or was another process's.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { InstanceSource } from '../instance.ts';
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

/** Changes of so many instances are told one by one, however few there are now. */
const SMALL = 64;

export class Watchers {
  readonly #options: Required<WatchersOptions>;
  readonly #feed: ChangeFeed;
  readonly #watchers = new Set<Watcher>();
  #heartbeat: Timer | undefined;

  constructor(options: WatchersOptions) {
    this.#options = { max: 256, heartbeatMs: 15_000, maxUnreadBytes: 256 * 1024, ...options };
    this.#feed = new ChangeFeed(options.source);
    this.#feed.onChange((change) => {
      for (const watcher of this.#watchers) this.#tell(watcher, this.#part(watcher, change));
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
    if (missed === undefined) response.write(this.#whole(watcher));
    else response.write(missed.map((change) => this.#part(watcher, change)).join(''));
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
    const missed = /^\d{1,15}$/.test(id) ? this.#feed.since(Number(id)) : undefined;
    const size = missed?.reduce((sum, { upserted, removed }) => sum + upserted.length + removed.length, 0);
    // More than the whole would be
    return size !== undefined && size > Math.max(SMALL, this.#options.source.instances.length)
      ? undefined
      : missed;
  }

  #whole({ set }: Watcher): string {
    const { instances, synced } = this.#options.source;
    const shown = instances.filter((instance) => set === undefined || instance.set === set);
    return this.#event('instances', this.#feed.lastId, { synced, instances: shown.map(shownInstance) });
  }

  /** Empty where nothing of it concerns the watcher. */
  #part({ set }: Watcher, change: InstanceChange): string {
    const told = set === undefined ? change : changeOfSet(change, set);
    if (told === undefined) return '';
    return this.#event('change', told.id, {
      upserted: told.upserted.map(shownInstance),
      removed: told.removed.map(({ id }) => id),
    });
  }

  #event(event: string, id: number, data: object): string {
    return `event: ${event}\nid: ${this.#options.epoch}-${id}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #tell({ response }: Watcher, text: string): void {
    if (response.writableLength > this.#options.maxUnreadBytes) response.destroy();
    else if (text !== '') response.write(text);
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
