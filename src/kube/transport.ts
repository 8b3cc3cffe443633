import type { Registry } from 'prom-client';
import { type Dispatcher, Pool } from 'undici';
import { type BackoffOptions, backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { VERSION } from '../lib/version.ts';
import { abortable } from './abortable.ts';
import { ApiError } from './api-error.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { requestCounter } from './metrics.ts';
import { statusError } from './status-error.ts';

export interface TransportOptions {
  clock: Clock;
  log: Log;
  /** Where `rest_client_requests_total` is registered; none is kept without. */
  metrics?: Registry;
  /** How long a request may take in all, its retries and the wait for a connection included. Default 30 s. */
  requestTimeoutMs?: number;
  /** Connections for everything but watches; each watch has one of its own. Default 6. */
  connections?: number;
  /**
   * A watch on which no byte came for so long is ended, as if the server had: it may be dead. A live one sends a bookmark each minute,
   * unless the kind has had no change since the server started. Default 100 s.
   */
  watchIdleMs?: number;
}

/** One HTTP request to the API. */
export interface Call {
  /** What errors and logs call it, e.g. `replace EppSet default/epp.core.bj`. */
  what: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, below the server's own path. */
  path: string;
  body?: unknown;
  /** Of the body. Default `application/json`. */
  contentType?: string;
}

/** The API server closes an idle connection after 90 s: we do it first, so that no request meets a connection being closed. */
const KEEP_ALIVE_MS = 45_000;
/** A peer that vanished is noticed after 15 s and nine probes a second apart. */
const KEEP_ALIVE_PROBE_MS = 15_000;
const USER_AGENT = `eppset/${VERSION}`;
const CONNECT_TIMEOUT_MS = 10_000;
const RETRY: BackoffOptions = { baseMs: 250, maxMs: 5_000 };
const MAX_ATTEMPTS = 8;
/** How many different warnings of the server are remembered so as to be logged once. */
const MAX_WARNINGS = 200;

/** HTTP/1.1 requests to one API server: connections, identity, deadlines, retries, metrics and errors. Knows no kinds. */
export class Transport {
  readonly #requests: Pool;
  readonly #watches: Pool;
  readonly #prefix: string;
  readonly #host: string;
  readonly #token: (() => Promise<string>) | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #requestTimeoutMs: number;
  readonly #watchIdleMs: number;
  readonly #count: (code: string, method: string) => void;
  readonly #warned = new Set<string>();

  constructor(config: ClusterConfig, options: TransportOptions) {
    const url = new URL(config.server);
    this.#prefix = url.pathname.replace(/\/$/, '');
    this.#host = url.host;
    this.#token = config.token;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
    this.#watchIdleMs = options.watchIdleMs ?? 100_000;
    const counter = options.metrics && requestCounter(options.metrics);
    this.#count = (code, method) => counter?.inc({ code, method, host: this.#host });
    const pool = poolOptions(config);
    this.#requests = new Pool(url.origin, { ...pool, connections: options.connections ?? 6 });
    this.#watches = new Pool(url.origin, { ...pool, connections: null });
  }

  /**
   * Sends a request and gives the JSON that came. Throws an ApiError, or the signal's reason. Repeats what the server did
   * not take (429), and reads that failed on the server's side or on the way; a write is never repeated otherwise.
   */
  async request(call: Call, signal?: AbortSignal): Promise<unknown> {
    const deadline = this.#clock.monotonicMs() + this.#requestTimeoutMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#attempt(call, deadline, signal);
      } catch (error) {
        const wait = retryAfter(call, error, attempt);
        if (wait === undefined || this.#clock.monotonicMs() + wait >= deadline) throw error;
        this.#log.debug({ attempt, wait, reason: messageOf(error) }, 'request is repeated');
        await this.#clock.sleep(wait, signal);
      }
    }
  }

  /**
   * Opens a stream and yields its bytes until the server ends it, is silent for `watchIdleMs`, or has kept it for longer than
   * `lifetimeMs`. Throws an ApiError when it cannot be opened or breaks; or the signal's reason.
   */
  async *stream(call: Call, lifetimeMs: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const cut = new Cut(call, signal);
    let overdue = false;
    const giveUp = () => {
      overdue = true;
      cut.because('overdue');
    };
    const lifetime = this.#clock.after(lifetimeMs, giveUp);
    try {
      const response = await this.#within(this.#requestTimeoutMs, cut, () =>
        this.#send(this.#watches, call, cut.signal),
      );
      const chunks: AsyncIterator<Uint8Array> = response.body[Symbol.asyncIterator]();
      for (;;) {
        // Set only while we wait: a slow consumer is not the server's fault.
        const silence = this.#clock.after(this.#watchIdleMs, giveUp);
        const next = await chunks.next().finally(() => silence.cancel());
        if (next.done) return;
        yield next.value;
      }
    } catch (error) {
      if (!overdue || signal.aborted) throw cut.explain(error);
      this.#log.debug({ request: call.what }, 'stream ended by us: silent or too old');
    } finally {
      lifetime.cancel();
      cut.end();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#watches.destroy()]);
  }

  async #attempt(call: Call, deadline: number, signal: AbortSignal | undefined): Promise<unknown> {
    const cut = new Cut(call, signal);
    try {
      return await this.#within(deadline - this.#clock.monotonicMs(), cut, async () => {
        const response = await this.#send(this.#requests, call, cut.signal);
        return parseJson(call, await response.body.text());
      });
    } catch (error) {
      throw cut.explain(error);
    } finally {
      cut.end();
    }
  }

  /** Runs `work` and cuts it when it takes longer than `ms`. */
  async #within<T>(ms: number, cut: Cut, work: () => Promise<T>): Promise<T> {
    // The retries of a request may have used up its time by a hair.
    const left = Math.max(1, ms);
    const timer = this.#clock.after(left, () => cut.because(`no answer within ${Math.round(left)} ms`));
    try {
      return await work();
    } finally {
      timer.cancel();
    }
  }

  /** The response, when it is a success. Its body has not been read. */
  async #send(pool: Pool, call: Call, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': USER_AGENT };
    if (call.body !== undefined) headers['content-type'] = call.contentType ?? 'application/json';
    if (this.#token !== undefined) headers.authorization = await this.#bearer(call, this.#token, signal);
    const response = await pool
      .request({
        method: call.method,
        path: this.#prefix + call.path,
        headers,
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal,
      })
      .catch((error: unknown) => {
        this.#count('<error>', call.method);
        throw error;
      });
    this.#count(String(response.statusCode), call.method);
    this.#logWarnings(call, response.headers.warning);
    if (response.statusCode < 300) return response;
    throw statusError(call.what, response.statusCode, response.headers, await response.body.text());
  }

  async #bearer(call: Call, token: () => Promise<string>, signal: AbortSignal): Promise<string> {
    try {
      // A plugin that gives tokens may hang.
      return `Bearer ${await abortable(token(), signal)}`;
    } catch (error) {
      signal.throwIfAborted();
      throw new ApiError(`${call.what}: not sent, there is no token: ${messageOf(error)}`, {
        code: 0,
        reason: 'NotSent',
        cause: error,
      });
    }
  }

  /** The API warns of unknown fields and deprecated versions in a header (RFC 7234 5.5). Each text is logged once. */
  #logWarnings(call: Call, header: string | string[] | undefined): void {
    for (const line of [header ?? []].flat()) {
      const text = (/^\d{3} \S+ "(.*)"/.exec(line)?.[1] ?? line).replaceAll('\\"', '"');
      if (this.#warned.has(text) || this.#warned.size >= MAX_WARNINGS) continue;
      this.#warned.add(text);
      this.#log.warn({ request: call.what, warning: text }, 'the API server warns');
    }
  }
}

/** The error does not quote the text: it may be a Secret. */
function parseJson(call: Call, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiError(`${call.what}: the answer (${text.length} characters) is not JSON`, {
      code: 0,
      reason: 'NotJson',
    });
  }
}

function poolOptions(config: ClusterConfig): Pool.Options {
  const { ca, cert, key, serverName, insecureSkipTlsVerify } = config;
  return {
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // Deadlines are ours: undici's own are coarse and know nothing of a whole request.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(serverName !== undefined && { servername: serverName }),
      ...(insecureSkipTlsVerify && { rejectUnauthorized: false }),
      timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    },
  };
}

/** How long to wait before the request is sent once more; undefined when it must not be, or would not help. */
export function retryAfter(call: Pick<Call, 'method'>, error: unknown, attempt: number): number | undefined {
  if (!(error instanceof ApiError) || attempt + 1 >= MAX_ATTEMPTS) return undefined;
  const refused = error.code === 429;
  const failedRead = call.method === 'GET' && (error.code === 0 || error.code >= 500);
  if (!refused && !failedRead) return undefined;
  const backoff = backoffMs(attempt, RETRY);
  return error.retryAfterMs === undefined ? backoff : Math.max(backoff, error.retryAfterMs);
}

/**
 * The end of one request for one of two reasons: the caller's signal, or a limit of our own, which becomes an ApiError.
 * It lets go of the caller's signal at `end`, since that may live as long as the process.
 */
class Cut {
  readonly #call: Call;
  readonly #caller: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #follow = () => this.#controller.abort(this.#caller?.reason);
  #reason: string | undefined;

  constructor(call: Call, caller: AbortSignal | undefined) {
    caller?.throwIfAborted();
    this.#call = call;
    this.#caller = caller;
    caller?.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  because(reason: string): void {
    this.#reason ??= reason;
    this.#controller.abort();
  }

  /** Frees the connection if it is still in use. */
  end(): void {
    this.#caller?.removeEventListener('abort', this.#follow);
    this.#controller.abort();
  }

  /** What the caller is told when `error` was caught. */
  explain(error: unknown): unknown {
    if (error instanceof ApiError) return error;
    if (this.#caller?.aborted) return this.#caller.reason;
    const { what, method } = this.#call;
    const why = this.#reason ?? networkMessage(error);
    if (this.#reason === undefined && NEVER_SENT.has(codeOf(error)))
      return new ApiError(`${what}: not sent: ${why}`, { code: 0, reason: 'NotSent', cause: error });
    const doubt = method === 'GET' ? '' : '; nobody knows whether it was carried out';
    return new ApiError(`${what}: ${why}${doubt}`, { code: 0, reason: 'NoAnswer', cause: error });
  }
}

/** Errors of the way there, before any byte of a request. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Node's network errors carry the interesting part in `code`; an AggregateError (both address families) has no message at all. */
function networkMessage(error: unknown): string {
  const code = codeOf(error);
  const message = messageOf(error);
  if (message.includes(code)) return message;
  return message === '' ? code : `${message} (${code})`;
}
