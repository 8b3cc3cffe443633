/** Copies reads that the legacy path served to the sets, and tells where the answers differ. Callers notice nothing of it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { GatewayAnswer, GatewayRequest } from '../request.ts';
import type { MigrationMetrics, ShadowResult } from './metrics.ts';
import { shadowDiff } from './shadow-diff.ts';

export interface ShadowCopiesOptions {
  /** The way of a request to the sets. */
  send(request: GatewayRequest): Promise<GatewayAnswer>;
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  metrics: Pick<MigrationMetrics, 'shadow'>;
  log: Log;
  /** Copies at once; more are dropped. Default 32. */
  concurrent?: number;
}

export interface ShadowShare {
  readonly percent: number;
  /** Time for a copy, in milliseconds. */
  readonly timeoutMs: number;
}

const CONCURRENT = 32;
/** Answers are held while the copy is under way. */
const MAX_BYTES = 1024 * 1024;
const SHOWN = 10;
const PATH_SHOWN = 300;
/** Lines about differences; what else differs is counted alone. */
const LINES = 100;
const LINES_PER_MS = 60_000;

export class ShadowCopies {
  readonly #options: ShadowCopiesOptions;
  #running = 0;
  #linesFromMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #leftOut = 0;

  constructor(options: ShadowCopiesOptions) {
    this.#options = options;
  }

  /** Returns at once. Where the legacy path failed there is nothing to compare with. */
  copy(request: GatewayRequest, legacy: GatewayAnswer, { percent, timeoutMs }: ShadowShare): void {
    const { concurrent = CONCURRENT, metrics, random } = this.#options;
    if (request.command !== 'check' && request.command !== 'info') return;
    if (legacy.status >= 500 || random() * 100 >= percent) return;
    if (this.#running >= concurrent || legacy.body.length > MAX_BYTES) {
      metrics.shadow(request.operation, 'dropped');
      return;
    }
    this.#running++;
    void this.#run(request, legacy, timeoutMs).finally(() => this.#running--);
  }

  async #run(request: GatewayRequest, legacy: GatewayAnswer, timeoutMs: number): Promise<void> {
    const { clock, log, metrics, send } = this.#options;
    // the caller's answer goes out first
    await nextTurn();
    const startMs = clock.monotonicMs();
    // its caller's time was for the answer that he has got
    const { 'x-epp-timeout': _, ...headers } = request.headers;
    const copy = { ...request, headers, startMs, deadlineMs: startMs + timeoutMs };
    const count = (result: ShadowResult) => metrics.shadow(request.operation, result);
    try {
      const sets = await send(copy);
      if (sets.status >= 500) return count('failed');
      const diff = shadowDiff(request.command, legacy, sets);
      if (diff === 'uncompared') return count('uncompared');
      count(diff.length === 0 ? 'same' : 'different');
      if (diff.length > 0) this.#tell(copy, diff, { legacy: legacy.status, sets: sets.status });
    } catch (error) {
      count('failed');
      log.debug({ requestId: request.requestId, error }, 'a copied read failed');
    }
  }

  #tell(request: GatewayRequest, diff: readonly string[], status: { legacy: number; sets: number }): void {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#linesFromMs >= LINES_PER_MS) {
      this.#linesFromMs = nowMs;
      this.#lines = 0;
    }
    if (++this.#lines > LINES) {
      this.#leftOut++;
      return;
    }
    log.warn(
      {
        requestId: request.requestId,
        operation: request.operation,
        tld: request.tld,
        names: namesOf(request.body).slice(0, SHOWN),
        differing: diff.slice(0, SHOWN).map((path) => path.slice(0, PATH_SHOWN)),
        more: Math.max(0, diff.length - SHOWN),
        status,
        ...(this.#leftOut > 0 ? { notLogged: this.#leftOut } : {}),
      },
      'the sets answer a copied read otherwise than the legacy path',
    );
    this.#leftOut = 0;
  }
}

/** Of the objects that a request asks for; nothing else of its body is a matter for the log. */
function namesOf(body: Buffer): string[] {
  try {
    const read = JSON.parse(body.toString()) as Record<string, unknown> | null;
    return [read?.names, read?.ids, read?.name, read?.id]
      .flat()
      .filter((name) => typeof name === 'string')
      .map((name) => name.slice(0, 253));
  } catch {
    return [];
  }
}
