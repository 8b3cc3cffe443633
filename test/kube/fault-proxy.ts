import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterConfig } from '../../src/kube/cluster-config.ts';

/** What the proxy does to a request instead of passing it on and its answer back. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /** No answer ever. */
  | 'hang'
  /** The server carries it out, but the connection breaks before the answer. */
  | 'lose-reply'
  /** The server carries it out, but its answer never comes. */
  | 'hold-reply'
  /** A watch whose bytes come one by one. */
  | 'trickle';

export interface ProxiedRequest {
  method: string;
  /** Path and query. */
  path: string;
  isWatch: boolean;
}

/** Stands between a client and a real API server, as whoever `upstream` says, and breaks things. */
export class FaultProxy {
  /** Asked for each request; undefined passes it on. */
  fault: (request: ProxiedRequest) => Fault | undefined = () => undefined;
  readonly requests: ProxiedRequest[] = [];
  /** Answers of the server that were held back. */
  heldReplies = 0;
  /** Connections that clients have opened so far. */
  connections = 0;
  readonly #upstream: ClusterConfig;
  readonly #agent: https.Agent;
  readonly #server = http.createServer((request, response) => this.#handle(request, response));
  readonly #watches = new Map<http.ServerResponse, http.IncomingMessage>();

  constructor(upstream: ClusterConfig) {
    const { ca, cert, key } = upstream;
    this.#upstream = upstream;
    this.#agent = new https.Agent({ keepAlive: true, ca, cert, key });
  }

  /** Resolves to the configuration of a client that goes through the proxy. */
  async start(): Promise<ClusterConfig> {
    this.#server.on('connection', () => {
      this.connections += 1;
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return { server: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` };
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** How often a collection was listed. */
  lists(plural: string): number {
    return this.requests.filter((r) => r.method === 'GET' && !r.isWatch && r.path.includes(`/${plural}?`))
      .length;
  }

  /** Breaks all watches, in the middle of a line if one is under way. */
  cutWatches(): void {
    for (const response of this.#watches.keys()) response.destroy();
  }

  /** Ends all watches as a server does whose time is up. */
  endWatches(): void {
    for (const response of this.#watches.keys()) response.end();
  }

  /** From now on nothing more comes on the watches that are open; they do not end either. */
  silenceWatches(): void {
    for (const upstream of this.#watches.values()) upstream.removeAllListeners();
  }

  /** Writes into all watches what the server did not send. */
  inject(event: unknown): void {
    for (const response of this.#watches.keys()) response.write(`${JSON.stringify(event)}\n`);
  }

  #handle(request: http.IncomingMessage, response: http.ServerResponse): void {
    const path = request.url ?? '';
    const seen = { method: request.method ?? '', path, isWatch: path.includes('watch=true') };
    this.requests.push(seen);
    const fault = this.fault(seen);
    if (fault === 'hang') return;
    if (typeof fault === 'object') {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(JSON.stringify(fault.body ?? {}));
      return;
    }
    const { server } = this.#upstream;
    const { method, headers } = request;
    const onwards = https.request(new URL(path, server), { method, headers, agent: this.#agent });
    onwards.on('error', () => response.destroy());
    response.on('close', () => onwards.destroy());
    onwards.on('response', (answer) => {
      if (fault === 'hold-reply') this.heldReplies += 1;
      else if (fault === 'lose-reply') answer.resume().on('end', () => response.destroy());
      else this.#pass(answer, response, seen.isWatch, fault === 'trickle');
    });
    request.pipe(onwards);
  }

  #pass(
    answer: http.IncomingMessage,
    response: http.ServerResponse,
    isWatch: boolean,
    trickle: boolean,
  ): void {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    if (isWatch) {
      this.#watches.set(response, answer);
      response.on('close', () => this.#watches.delete(response));
    }
    answer.on('error', () => response.destroy());
    answer.on('end', () => response.end());
    answer.on('data', (chunk: Buffer) => {
      if (trickle) for (const byte of chunk) response.write(Buffer.of(byte));
      else response.write(chunk);
    });
  }
}
