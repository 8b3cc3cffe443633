/** The token of a namespace from two files, as Kubernetes mounts a Secret: they change while the process runs. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { INTERNAL_TOKEN_KEYS, type InternalToken } from './internal-token.ts';

const REFRESH_MS = 5_000;
/** What a header can carry; RFC 9110 section 5.5 without spaces. */
const TOKEN = /^[\x21-\x7e]{1,1024}$/;

/** A folder that cannot be used. The message names the file, never its content. */
export class InternalTokenError extends Error {
  override readonly name = 'InternalTokenError';
}

/**
 * Reads both files now, and again every 5 seconds; while they cannot be used, what they said last counts.
 * @param dir with the files `send` and `accept`: one token a line
 * @throws InternalTokenError where they cannot be used at the start
 */
export async function openInternalToken(
  dir: string,
  deps: { clock: Clock; log: Log },
): Promise<InternalToken> {
  const token = new FileToken(dir, await readTokens(dir), deps);
  token.refreshLater();
  return token;
}

interface Tokens {
  send: string;
  accept: readonly string[];
}

class FileToken implements InternalToken {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Digests are of one length, and nobody outside can aim at one: neither content nor length shows in the time. */
  readonly #key = randomBytes(32).toString('hex');
  #send = '';
  #accepted: readonly Buffer[] = [];
  #timer: Timer | undefined;
  #closed = false;
  #troubled = false;

  constructor(dir: string, tokens: Tokens, { clock, log }: { clock: Clock; log: Log }) {
    this.#dir = dir;
    this.#clock = clock;
    this.#log = log;
    this.#take(tokens);
  }

  send(): string {
    return this.#send;
  }

  accepts(shown: string | undefined): boolean {
    if (shown === undefined) return false;
    const digest = this.#digest(shown);
    let accepted = false;
    // all of them, whichever it is
    for (const one of this.#accepted) accepted = timingSafeEqual(one, digest) || accepted;
    return accepted;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  refreshLater(): void {
    if (this.#closed) return;
    this.#timer = this.#clock.after(REFRESH_MS, () => void this.#refresh().then(() => this.refreshLater()));
  }

  async #refresh(): Promise<void> {
    try {
      this.#take(await readTokens(this.#dir));
      if (this.#troubled) this.#log.info({ dir: this.#dir }, 'the internal token can be read again');
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled)
        this.#log.warn(
          { reason: error instanceof InternalTokenError ? error.message : 'unforeseen' },
          'the internal token cannot be read anew: the one that was read last still counts',
        );
      this.#troubled = true;
    }
  }

  #take({ send, accept }: Tokens): void {
    this.#send = send;
    this.#accepted = accept.map((one) => this.#digest(one));
  }

  #digest(token: string): Buffer {
    return hash('sha256', this.#key + token, 'buffer');
  }
}

async function readTokens(dir: string): Promise<Tokens> {
  const [send] = await readLines(join(dir, INTERNAL_TOKEN_KEYS.send));
  return { send, accept: await readLines(join(dir, INTERNAL_TOKEN_KEYS.accept)) };
}

async function readLines(path: string): Promise<[string, ...string[]]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InternalTokenError(
      `cannot read ${path} (${error.code ?? 'error'}); is the Secret mounted there, with that key?`,
    );
  });
  const [first, ...rest] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (first === undefined) throw new InternalTokenError(`${path} is empty; it must hold one token a line`);
  const lines: [string, ...string[]] = [first, ...rest];
  const wrong = lines.findIndex((line) => !TOKEN.test(line));
  if (wrong >= 0)
    throw new InternalTokenError(
      `${path}: token ${wrong + 1} must be 1 to 1024 printable ASCII characters without a space`,
    );
  return lines;
}
