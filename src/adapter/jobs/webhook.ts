/**
 * A sink that posts each message: the body is the message as JSON, signed after the Standard Webhooks specification
 * (standardwebhooks.com): `webhook-id` is stable over repetitions, `webhook-signature` is `v1,` and the base64 HMAC-SHA256 of
 * `id.timestamp.body`.
 */
import { createHmac } from 'node:crypto';
import { request } from 'undici';
import { Backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import { MessageFailed, MessageRefused, type MessageSink, type PollMessage } from './poll-message.ts';

export interface WebhookOptions {
  url: string;
  /** Read anew for each post: Secrets rotate. Undefined: not signed. */
  secret: () => Promise<string | undefined>;
  clock: Clock;
  random: () => number;
}

const ATTEMPTS = 4;
const TIMEOUT_MS = 10_000;
const BACKOFF = { baseMs: 500, maxMs: 10_000 };
/** Of 4xx, those that may go away by themselves: timeout, conflict, too early, too many. */
const PASSING = new Set([408, 409, 425, 429]);
/** Wrong credentials or a wrong address are the account's set-up, not the message: it must wait for somebody to mend that. */
const SET_UP = new Set([401, 403, 404, 405, 407]);
/** Of 5xx, those that a server says of itself. What a proxy says of a server that is away is another matter. */
const FAILED_AT_IT = new Set([500, 501]);

/**
 * Any 2xx takes the message. Other 4xx refuse it for good, `SET_UP` and `PASSING` excepted; everything else is tried again. After the
 * last try, `FAILED_AT_IT` says that the message may be the cause.
 */
export function webhook({ url, secret, clock, random }: WebhookOptions): MessageSink {
  return {
    async deliver(message, signal) {
      const body = JSON.stringify(message);
      const backoff = new Backoff({ ...BACKOFF, random });
      for (;;) {
        const wrong = await post(url, headers(message, body, await secret(), clock), body, signal);
        if (wrong === undefined) return;
        signal.throwIfAborted();
        if (backoff.failures + 1 >= ATTEMPTS) {
          const told = `${wrong.text}, ${ATTEMPTS} times`;
          throw FAILED_AT_IT.has(wrong.status ?? 0) ? new MessageFailed(told) : new Error(told);
        }
        await clock.sleep(backoff.next(), signal);
      }
    },
  };
}

function headers(
  { account, id }: PollMessage,
  body: string,
  secret: string | undefined,
  clock: Clock,
): Record<string, string> {
  const webhookId = `${account}.${id}`;
  const timestamp = String(Math.floor(clock.wall().getTime() / 1_000));
  const unsigned = {
    'content-type': 'application/json',
    'user-agent': 'eppset',
    'webhook-id': webhookId,
    'webhook-timestamp': timestamp,
  };
  if (secret === undefined) return unsigned;
  const signature = createHmac('sha256', keyOf(secret))
    .update(`${webhookId}.${timestamp}.${body}`)
    .digest('base64');
  return { ...unsigned, 'webhook-signature': `v1,${signature}` };
}

/** Standard Webhooks writes keys as `whsec_` and base64; any other text is the key itself. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
}

/** What went wrong; undefined when the message was taken. Throws MessageRefused. */
async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<{ text: string; status?: number } | undefined> {
  let status: number;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await request(url, { method: 'POST', headers, body, signal: limit });
    status = answer.statusCode;
    await answer.body.dump();
  } catch (error) {
    return { text: `the webhook did not answer (${messageOf(error)})` };
  }
  if (status >= 200 && status < 300) return undefined;
  const told = `the webhook answered ${status}`;
  if (status >= 400 && status < 500 && !PASSING.has(status) && !SET_UP.has(status)) {
    throw new MessageRefused(told);
  }
  return { text: told, status };
}
