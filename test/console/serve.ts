/** The console on a real server, fed by whoever holds it. */
import { Registry } from 'prom-client';
import { type Access, openAccess } from '../../src/console/access.ts';
import { consoleRoutes } from '../../src/console/console-routes.ts';
import type { OverviewSource } from '../../src/console/live-overview.ts';
import type { PageFile } from '../../src/console/page-files.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createHttpServer, listen } from '../../src/lib/http-server.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import type { Overview } from '../../src/overview/overview.ts';

/** A source whose overviews are told by hand. */
export class ToldOverviews implements OverviewSource {
  readonly #listeners = new Set<() => void>();
  #overview: Overview | undefined;

  tell(overview: Overview): void {
    this.#overview = overview;
    for (const listener of this.#listeners) listener();
  }

  hasSynced(): boolean {
    return this.#overview !== undefined;
  }

  overview(): Overview {
    if (this.#overview === undefined) throw new Error('nothing was told yet');
    return this.#overview;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface ServeOptions {
  source: OverviewSource;
  access?: Access;
  clock?: Clock;
  log?: Log;
  maxStreams?: number;
  page?: ReadonlyMap<string, PageFile>;
  /** A free one by default. */
  port?: number;
}

export async function serveConsole(
  options: ServeOptions,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const { access = openAccess, clock = systemClock, log = silentLog, port: wanted = 0, ...rest } = options;
  const app = createHttpServer({ metrics: new Registry(), readiness: () => ({ ready: true, reasons: [] }) });
  await consoleRoutes(app, { ...rest, access, clock, log });
  const { url, port } = await listen(app, { host: '127.0.0.1', port: wanted });
  return { url, port, close: () => app.close() };
}
