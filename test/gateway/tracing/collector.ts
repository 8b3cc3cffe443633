/** A receiver of OTLP over HTTP in JSON, as the exporter sends it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string };
}

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Record<string, string | number | undefined>;
  status: { code?: number };
  resource: Record<string, string | number | undefined>;
}

interface WrittenSpan extends Omit<ReceivedSpan, 'attributes' | 'resource'> {
  attributes: Attribute[];
}

interface Body {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: WrittenSpan[] }[] }[];
}

export class Collector {
  readonly spans: ReceivedSpan[] = [];
  /** Requests, whatever they were answered. */
  requests = 0;
  paths = new Set<string | undefined>();
  answer: number | 'hang' = 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<Collector> {
    const collector = new Collector();
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { resourceSpans } = (await json(request)) as Body;
    this.requests++;
    this.paths.add(request.url);
    if (this.answer === 'hang') return;
    if (this.answer === 200) {
      for (const { resource, scopeSpans } of resourceSpans) {
        for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
          this.spans.push({
            ...span,
            attributes: valuesOf(span.attributes),
            resource: valuesOf(resource.attributes),
          });
        }
      }
    }
    response.writeHead(this.answer, { 'content-type': 'application/json' }).end('{}');
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function valuesOf(attributes: readonly Attribute[]): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? (value.intValue === undefined ? undefined : Number(value.intValue)),
    ]),
  );
}
