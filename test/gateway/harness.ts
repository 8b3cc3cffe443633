/** A gateway on a real socket, and servers that answer as adapters do: the contract between them is HTTP alone. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { type GatewayFileInput, gatewayFile } from '../../src/api/files/gateway-file.ts';
import { InstanceList } from '../../src/gateway/discovery/instance-list.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.ts';
import type { Instance } from '../../src/gateway/instance.ts';
import { createLog } from '../../src/lib/log.ts';

export interface Asked {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Behaviour = (asked: Asked, response: ServerResponse) => void;

export interface StandIn {
  instance: Instance;
  asked: Asked[];
  behave(behaviour: Behaviour): void;
  /** Stops listening and cuts every connection, as a process that is killed. */
  kill(): Promise<void>;
}

export const done: Behaviour = (_asked, response) => answer(response, 200, { outcome: 'done' });

export function answer(
  response: ServerResponse,
  status: number,
  body: { outcome: string; [member: string]: unknown },
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': status === 200 ? 'application/json' : 'application/problem+json',
    'content-length': Buffer.byteLength(text),
    'x-epp-outcome': body.outcome,
    ...headers,
  });
  response.end(text);
}

/** A problem of an adapter, or of a registry. */
export function problem(
  status: number,
  code: string,
  outcome: 'done' | 'not-sent' | 'unknown',
  retry = 'never',
): Behaviour {
  return (_asked, response) =>
    answer(response, status, { type: `/problems/${code}`, title: code, status, outcome, retry });
}

export async function standIn(set: string, first: Behaviour = done): Promise<StandIn> {
  const asked: Asked[] = [];
  let behaviour = first;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      asked.push(one);
      response.setHeader('x-epp-set', set);
      behaviour(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    instance: {
      id: `127.0.0.1:${port}`,
      origin: `http://127.0.0.1:${port}`,
      set,
      state: 'ready',
      weight: 100,
      source: 'static',
    },
    asked,
    behave(next) {
      behaviour = next;
    },
    kill: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Reply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
  body: any;
}

export interface GatewayHarness {
  gateway: Gateway;
  instances: InstanceList;
  metrics: Registry;
  logged(): string;
  take(changes: Partial<GatewayFileInput>): void;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  get(path: string): Promise<Reply>;
  stop(): Promise<void>;
}

const FILE: GatewayFileInput = {
  kind: 'GatewayFile',
  name: 'test',
  prefix: 'epp',
  region: 'bj',
  discovery: { mode: 'static', sets: [] },
  businesses: [
    { name: 'core', commands: ['domain:create', 'domain:update', 'domain:delete'] },
    { name: 'query', default: true },
  ],
  routes: [{ tlds: ['com', 'co.uk', '中国'], accounts: [{ name: 'one-acme', accreditation: 'acme' }] }],
};

export async function startTestGateway(
  standIns: readonly StandIn[],
  changes: Partial<GatewayFileInput> = {},
  options: Partial<GatewayOptions> = {},
): Promise<GatewayHarness> {
  const instances = new InstanceList();
  instances.replace(standIns.map(({ instance }) => instance));
  const lines: string[] = [];
  const metrics = new Registry();
  const gateway = await startGateway({
    file: gatewayFile.parse({ ...FILE, ...changes }),
    folder: '/nonexistent',
    instances,
    metrics,
    log: createLog({ level: 'debug', name: 'test', destination: { write: (line) => void lines.push(line) } }),
    listen: { host: '127.0.0.1', port: 0 },
    drainGraceMs: 20,
    ...options,
  });
  const ask = async (path: string, init?: RequestInit): Promise<Reply> => {
    const response = await fetch(gateway.url + path, init);
    const text = await response.text();
    const isJson = /json\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    gateway,
    instances,
    metrics,
    logged: () => lines.join(''),
    take: (more) => gateway.take(gatewayFile.parse({ ...FILE, ...changes, ...more })),
    post: (path, body = { names: ['example.com'] }, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path) => ask(path),
    stop: () => gateway.close(),
  };
}

/** The port of a server that has gone: connections are refused. */
export async function nobody(set: string): Promise<StandIn> {
  const gone = await standIn(set);
  await gone.kill();
  return gone;
}
