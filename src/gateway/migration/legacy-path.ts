/** Sends requests to the legacy system as they came, and brings its answers back as they are. */
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import { type GatewayProblemCode, refused } from '../problems.ts';
import type { GatewayAnswer, GatewayRequest } from '../request.ts';
import { fromLegacyHeaders, toLegacyHeaders } from './legacy-headers.ts';

export interface LegacyPathOptions {
  clock: Clock;
  /** Of an answer, in bytes. Default 16 MiB. */
  maxAnswerBytes?: number;
  /** At once; more requests wait for one of them, within their time. Default 1024. */
  connections?: number;
  /** Whether x-api-key holds keys of this gateway, which are nobody else's matter. */
  ownKeys?: boolean;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const CONNECTIONS = 1_024;
const CONNECT_MS = 5_000;

export class LegacyPath {
  readonly #clock: Clock;
  readonly #maxAnswerBytes: number;
  readonly #ownKeys: boolean;
  readonly #agent: Agent;

  constructor({
    clock,
    maxAnswerBytes = MAX_ANSWER_BYTES,
    connections = CONNECTIONS,
    ownKeys = false,
  }: LegacyPathOptions) {
    this.#clock = clock;
    this.#ownKeys = ownKeys;
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#agent = new Agent({
      connections,
      connect: { timeout: CONNECT_MS },
      // The request's own deadline counts
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Never rejects. What changes something is sent once at most; a read whose connection failed is asked once more, since an idle connection
   * may be closed by its other end just when it is used.
   */
  async send(request: GatewayRequest, url: URL): Promise<GatewayAnswer> {
    let answer = await this.#once(request, url);
    if ('code' in answer && !answer.final && !request.transform) {
      const again = await this.#once(request, url);
      // what was written once has been sent, whatever became of it later
      if (!('code' in again) || again.code !== 'legacy-unreachable') answer = again;
    }
    if (!('code' in answer)) return answer;
    const { status, headers, body } = refused(answer.code, answer.detail, { query: !request.transform });
    return { status, headers: { ...headers, 'x-epp-path': 'legacy' }, body };
  }

  /** What is still on its way fails: whoever serves requests waits for them first. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #once(request: GatewayRequest, url: URL): Promise<GatewayAnswer | Failure> {
    return new Promise((resolve) => {
      const exchange = new Exchange(this.#maxAnswerBytes, (result) => {
        timer.cancel();
        resolve(result);
      });
      const leftMs = request.deadlineMs - this.#clock.monotonicMs();
      const timer = this.#clock.after(Math.max(0, leftMs), () => exchange.late());
      if (leftMs <= 0) return exchange.late();
      const options: Dispatcher.DispatchOptions = {
        origin: url.origin,
        path: url.pathname.replace(/\/+$/, '') + request.url,
        method: request.method,
        headers: toLegacyHeaders(request.headers, {
          requestId: request.requestId,
          ownKeys: this.#ownKeys,
        }),
        body: request.body,
      };
      try {
        this.#agent.dispatch(options, exchange);
      } catch (error) {
        // a header or path that cannot be written, or the agent is closed
        exchange.onResponseError(undefined, error);
      }
    });
  }
}

interface Failure {
  readonly code: GatewayProblemCode & `legacy-${string}`;
  readonly detail: string;
  /** Would be so again, or nobody waits for it any more. */
  readonly final: boolean;
}

/** One request and its answer. undici says when it begins to write: what failed before was certainly not sent. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  #settle: ((result: GatewayAnswer | Failure) => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number, settle: (result: GatewayAnswer | Failure) => void) {
    this.#maxBytes = maxBytes;
    this.#settle = settle;
  }

  late(): void {
    this.#fail(
      this.#controller
        ? { code: 'legacy-timeout', detail: 'the legacy system has not answered in time', final: true }
        : { code: 'legacy-unreachable', detail: 'the time passed without a connection', final: true },
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // it was given up while it waited for a connection: nothing must be written
    if (!this.#settle) controller.abort(new Error('given up'));
    else this.#controller = controller;
  }

  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    // of interim answers (1xx) undici tells too
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#maxBytes) this.#chunks.push(chunk);
    else
      this.#fail({
        code: 'legacy-lost',
        detail: `the legacy system's answer has more than ${this.#maxBytes} bytes`,
        final: true,
      });
  }

  onResponseEnd(): void {
    const headers = fromLegacyHeaders(this.#headers);
    this.#end({ status: this.#status, headers, body: Buffer.concat(this.#chunks) });
  }

  onResponseError(_: unknown, error: unknown): void {
    const code = this.#controller ? 'legacy-lost' : 'legacy-unreachable';
    this.#fail({ code, detail: `the legacy system did not answer: ${reasonOf(error)}`, final: false });
  }

  #fail(failure: Failure): void {
    const controller = this.#controller;
    if (this.#end(failure)) controller?.abort(new Error(failure.detail));
  }

  #end(result: GatewayAnswer | Failure): boolean {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(result);
    return settle !== undefined;
  }
}

/** By its code where it has one: messages of the network name addresses, which are no caller's affair. */
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : messageOf(error);
}
