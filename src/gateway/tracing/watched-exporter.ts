/** What becomes of spans: counted, and told of now and then. Nothing of it reaches a request. */
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { Counter } from 'prom-client';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { TracingDeps } from './open-tracing.ts';

const TOLD_EVERY_MS = 60_000;
/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const SUCCESS = 0;

type Export = SpanExporter['export'];

export class WatchedExporter implements SpanExporter {
  /** Spans that have ended and are not sent yet: what a collector that is away may cost. */
  static readonly MAX_WAITING = 2_048;
  readonly #exporter: OTLPTraceExporter;
  /** For the log: no query, and no user. */
  readonly #where: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #spans: Record<'exported' | 'failed' | 'dropped', Counter.Internal>;
  #waiting = 0;
  #failed = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(exporter: OTLPTraceExporter, url: string, { clock, log, metrics }: TracingDeps) {
    this.#exporter = exporter;
    const { origin, pathname } = new URL(url);
    this.#where = origin + pathname;
    this.#clock = clock;
    this.#log = log;
    const spans = new Counter({
      name: 'epp_trace_spans_total',
      help: 'Spans that ended, by what became of them: exported, failed (the collector did not take them), dropped (too many wait).',
      labelNames: ['result'],
      registers: [metrics],
    });
    const result = (name: string) => {
      const count = spans.labels({ result: name });
      count.inc(0);
      return count;
    };
    this.#spans = { exported: result('exported'), failed: result('failed'), dropped: result('dropped') };
  }

  /** Of a span that ends now; false where it must be dropped. */
  expect(): boolean {
    if (this.#waiting >= WatchedExporter.MAX_WAITING) {
      this.#spans.dropped.inc();
      return false;
    }
    this.#waiting++;
    return true;
  }

  export(spans: Parameters<Export>[0], done: Parameters<Export>[1]): void {
    this.#exporter.export(spans, (result) => {
      this.#waiting -= spans.length;
      if (result.code === SUCCESS) this.#spans.exported.inc(spans.length);
      else this.#fail(spans.length, result.error);
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #fail(count: number, error: (Error & { code?: unknown }) | undefined): void {
    this.#spans.failed.inc(count);
    this.#failed += count;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#toldMs < TOLD_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.#log.warn(
      { url: this.#where, reason: error?.code ?? error?.message, spans: this.#failed },
      'spans cannot be exported: they are lost, requests are not affected',
    );
    this.#failed = 0;
  }
}
