/** One connection to a Valkey or Redis server, made again with back-off whenever it is lost. */
import { createClient } from '@redis/client';
import { backoffMs } from '../../lib/backoff.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { StoreUnavailable } from './store.ts';
import { type StoreWatch, WEAKNESSES, weaknessesOf } from './store-health.ts';
import type { Script } from './valkey-scripts.ts';

export interface ValkeyConnectionOptions {
  host: string;
  port: number;
  database: number;
  /** PEM; undefined: the system's authorities. Null: no TLS. */
  tls: { ca: string | undefined } | null;
  /** Read anew for each connection: Secrets rotate. */
  credentials(): Promise<{ username?: string; password?: string }>;
  clock: Clock;
  log: Log;
  watch?: StoreWatch;
  /** How long the server may take to answer, in milliseconds. Default 1000. */
  answerMs?: number;
  backoff?: { baseMs: number; maxMs: number };
}

export type Reply = string | number | null | Reply[];

const ANSWER_MS = 1_000;
const CONNECT_MS = 2_000;
/** A server that went without a word is noticed by a ping that nobody answers. */
const PING_MS = 2_000;
const SILENCE_MS = 5_000;
const BACKOFF = { baseMs: 100, maxMs: 5_000 };
const LOOK_EVERY_MS = 600_000;
const MOST_UNDER_WAY = 20_000;

export class ValkeyConnection {
  readonly #options: ValkeyConnectionOptions;
  readonly #client: ReturnType<typeof clientOf>;
  /** Why there is no connection. */
  #trouble: string | undefined = 'not connected yet';
  #closed = false;
  /** The weaknesses that were logged last. */
  #said = '';
  #lookAgain: Timer | undefined;

  constructor(options: ValkeyConnectionOptions) {
    this.#options = options;
    this.#client = clientOf(options);
    this.#client.on('ready', () => this.#onReady());
    this.#client.on('error', (error: unknown) => this.#onError(error));
  }

  /** Resolves with the first connection, or when `waitMs` are over: it goes on trying. Never rejects. */
  async open(waitMs: number): Promise<void> {
    const { clock } = this.#options;
    const waited = Promise.withResolvers<void>();
    const timer = clock.after(waitMs, waited.resolve);
    this.#client.once('ready', waited.resolve);
    this.#connect();
    await waited.promise;
    timer.cancel();
  }

  /** Throws StoreUnavailable; whether the script ran is not known then. */
  async run({ text, sha }: Script, key: string, args: readonly string[]): Promise<Reply> {
    try {
      return await this.#send(['EVALSHA', sha, '1', key, ...args]);
    } catch (error) {
      // A server that has started anew knows no scripts
      if (!wordsOf(error).startsWith('NOSCRIPT')) throw this.#unavailable(error);
    }
    return this.#send(['EVAL', text, '1', key, ...args]).catch((error: unknown) => {
      throw this.#unavailable(error);
    });
  }

  close(): void {
    this.#closed = true;
    this.#lookAgain?.cancel();
    if (this.#client.isOpen) this.#client.destroy();
  }

  #connect(): void {
    // Its failures come as events too
    this.#client.connect().catch(() => undefined);
  }

  async #send(command: string[]): Promise<Reply> {
    if (!this.#client.isReady) throw new Error(this.#trouble ?? 'the connection is closed');
    const { clock, answerMs = ANSWER_MS } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = clock.after(answerMs, () => late.reject(new Error(`no answer within ${answerMs} ms`)));
    try {
      return await Promise.race([this.#client.sendCommand<Reply>(command), late.promise]);
    } finally {
      timer.cancel();
    }
  }

  #unavailable(error: unknown): StoreUnavailable {
    const { host, port } = this.#options;
    const words = wordsOf(error);
    if (words.startsWith('READONLY')) this.#connectAgain();
    return new StoreUnavailable(`${host}:${port}: ${words}`);
  }

  /** The server has become a replica: the name may lead to the new primary. */
  #connectAgain(): void {
    if (this.#closed || !this.#client.isReady) return;
    this.#onError(new Error('the server is read-only now'));
    this.#client.destroy();
    this.#connect();
  }

  #onReady(): void {
    const { host, port, log, watch } = this.#options;
    this.#trouble = undefined;
    log.info({ host, port }, 'the store of idempotency keys is there');
    watch?.reachable(true);
    void this.#look();
  }

  #onError(error: unknown): void {
    const { host, port, log, watch } = this.#options;
    const reason = wordsOf(error);
    watch?.reachable(false);
    // Once, not with each try
    if (this.#trouble === reason) return;
    this.#trouble = reason;
    log.warn(
      { host, port, reason },
      'the store of idempotency keys is away: requests with a key are refused',
    );
  }

  /** Now, and again as long as it is there: both can be changed while the server runs. */
  async #look(): Promise<void> {
    const { host, port, clock, log, watch } = this.#options;
    this.#lookAgain?.cancel();
    // Some services do not let clients look
    const info = await this.#send(['INFO', 'everything']).catch(() => undefined);
    const fsync = await this.#send(['CONFIG', 'GET', 'appendfsync']).catch(() => undefined);
    if (this.#trouble !== undefined || this.#closed) return;
    const weak = weaknessesOf({
      info: typeof info === 'string' ? info : undefined,
      appendfsync: Array.isArray(fsync) && typeof fsync[1] === 'string' ? fsync[1] : undefined,
    });
    watch?.weak(weak);
    const said = weak.map((weakness) => WEAKNESSES[weakness]);
    if (said.length > 0 && said.join() !== this.#said)
      log.warn(
        { host, port, weak: said },
        'the store may forget idempotency keys, and then a request may be run twice',
      );
    this.#said = said.join();
    this.#lookAgain = clock.after(LOOK_EVERY_MS, () => void this.#look());
  }
}

function clientOf({ host, port, database, tls, credentials, backoff = BACKOFF }: ValkeyConnectionOptions) {
  const socket = {
    host,
    port,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    reconnectStrategy: (retries: number) => backoffMs(retries, backoff),
  };
  return createClient({
    RESP: 2,
    socket:
      tls === null
        ? socket
        : { ...socket, tls: true, minVersion: 'TLSv1.2', ...(tls.ca === undefined ? {} : { ca: tls.ca }) },
    credentialsProvider: { type: 'async-credentials-provider', credentials },
    database,
    name: 'eppset',
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    pingInterval: PING_MS,
    commandsQueueMaxLength: MOST_UNDER_WAY,
  });
}

/** Of a refused connection to several addresses the message is empty: its code tells. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
