/** Spans by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/), through OpenTelemetry's own packages. */
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { hostname } from 'node:os';
import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { traceOfHeaders } from '../../api/http/request-headers.ts';
import type { Clock } from '../../lib/clock.ts';
import { type TraceContext, traceparentOf } from '../../lib/trace-context.ts';
import { VERSION } from '../../lib/version.ts';
import type { RequestSpan, Tracing } from '../parts.ts';
import type { TracingConfig, TracingDeps } from './open-tracing.ts';
import { WatchedExporter } from './watched-exporter.ts';

const EXPORT_EVERY_MS = 1_000;
/** With its second try. */
const EXPORT_TIMEOUT_MS = 3_000;
const CLOSE_MS = 2_000;
const MAX_ATTRIBUTES = 64;
const MAX_ATTRIBUTE_LENGTH = 256;

const SAMPLED = 1;

export class OtlpTracing implements Tracing {
  readonly #clock: Clock;
  readonly #agent: Agent;
  readonly #exporter: WatchedExporter;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor({ otlpUrl, samplePercent }: TracingConfig, deps: TracingDeps) {
    this.#clock = deps.clock;
    const agent = otlpUrl.startsWith('https:')
      ? new TlsAgent({ keepAlive: true })
      : new Agent({ keepAlive: true });
    this.#agent = agent;
    const exporter = new OTLPTraceExporter({
      url: otlpUrl,
      timeoutMillis: EXPORT_TIMEOUT_MS,
      httpAgentOptions: () => agent,
    });
    this.#exporter = new WatchedExporter(exporter, otlpUrl, deps);
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(
        resourceFromAttributes({
          'service.name': 'eppset-gateway',
          'service.version': VERSION,
          'service.instance.id': hostname(),
        }),
      ),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplePercent / 100) }),
      spanLimits: { attributeCountLimit: MAX_ATTRIBUTES, attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: this.#exporter,
          maxQueueSize: WatchedExporter.MAX_WAITING,
          scheduledDelayMillis: EXPORT_EVERY_MS,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('eppset', VERSION);
  }

  begin({ headers, operation }: Parameters<Tracing['begin']>[0]): RequestSpan | undefined {
    const parent = traceOfHeaders(headers, noSpanId);
    const span = this.#tracer.startSpan(
      operation,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': 'POST',
          'url.scheme': 'http',
          'eppset.operation': operation,
        },
      },
      parent ? contextOf(parent) : ROOT_CONTEXT,
    );
    return span.isRecording() ? new ServerSpan(span, parent?.state, this.#exporter) : undefined;
  }

  /** Sends what is left, for at most 2 seconds. */
  async close(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.after(CLOSE_MS, late.resolve);
    await Promise.race([this.#provider.shutdown().catch(() => {}), late.promise]);
    timer.cancel();
    this.#agent.destroy();
  }
}

/** The span's own id is OpenTelemetry's to make. */
const noSpanId = () => '';

function contextOf({ traceId, parentId, flags, state }: TraceContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: parentId,
    traceFlags: Number.parseInt(flags, 16) & SAMPLED,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
}

class ServerSpan implements RequestSpan {
  readonly traceparent: string;
  readonly tracestate?: string;
  readonly #span: Span;
  readonly #exporter: WatchedExporter;

  constructor(span: Span, state: string | undefined, exporter: WatchedExporter) {
    this.#span = span;
    this.#exporter = exporter;
    const { traceId, spanId } = span.spanContext();
    this.traceparent = traceparentOf({ traceId, spanId, parentId: '', flags: '01' });
    if (state !== undefined) this.tracestate = state;
  }

  end({ status, attributes }: { status: number; attributes?: Attributes }): void {
    if (!this.#span.isRecording()) return;
    if (attributes) this.#span.setAttributes(attributes);
    this.#span.setAttribute('http.response.status_code', status);
    if (status >= 500) {
      this.#span.setAttribute('error.type', String(status));
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    if (this.#exporter.expect()) this.#span.end();
  }
}
