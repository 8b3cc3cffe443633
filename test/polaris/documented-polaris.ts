/**
 * A server that answers as Polaris documents it. The real one could not be had where this is tested (its Go module is not served by the
 * module proxy): what differs in the real one, this does not show.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Told {
  path: string;
  token: IncomingHttpHeaders[string];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into what was sent
  body: any;
}

export class DocumentedPolaris {
  readonly instances = new Map<string, Told['body']>();
  readonly told: Told[] = [];
  readonly token: string;
  away = false;
  #port = 0;
  readonly #server = createServer(async (request, response) => {
    const told = {
      path: request.url ?? '',
      token: request.headers['x-polaris-token'],
      body: await bodyOf(request),
    };
    this.told.push(told);
    const code = this.away ? 500_000 : this.#codeOf(told);
    // The HTTP status is made of the first three digits
    response.writeHead(Math.floor(code / 1_000), { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code, info: `code ${code}`, instance: told.body }));
  });

  private constructor(token: string) {
    this.token = token;
  }

  static async start(token: string): Promise<DocumentedPolaris> {
    const polaris = new DocumentedPolaris(token);
    await new Promise<void>((resolve) => polaris.#server.listen(0, '127.0.0.1', resolve));
    polaris.#port = (polaris.#server.address() as AddressInfo).port;
    return polaris;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  count(path: string): number {
    return this.told.filter((told) => told.path === path).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #codeOf({ path, token, body }: Told): number {
    if (token !== this.token) return 401_000;
    const key = `${body.namespace} ${body.service} ${body.host}:${body.port}`;
    const isThere = this.instances.has(key);
    switch (path) {
      case '/v1/RegisterInstance':
        if (isThere) return 400_201;
        this.instances.set(key, body);
        return 200_000;
      case '/v1/Heartbeat':
        return isThere ? 200_000 : 400_202;
      case '/v1/DeregisterInstance':
        return this.instances.delete(key) ? 200_000 : 400_202;
      default:
        return 404_001;
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}
