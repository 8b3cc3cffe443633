/** Both ends of what adapters of a set tell each other of changed names. */
import type { FastifyInstance } from 'fastify';
import { Agent, request } from 'undici';
import { INTERNAL_TOKEN_HEADER, type InternalToken } from '../../api/http/internal-token.ts';
import type { Clock } from '../../lib/clock.ts';
import type { CheckCache } from './check-cache.ts';
import { DROP_PATH, type DropMessage, dropMessage, dropReceipt } from './notice-format.ts';
import type { TellPeer } from './set-changes.ts';

export interface DropRouteOptions {
  /** Undefined: nothing is kept here. */
  cache: Pick<CheckCache<never, never>, 'hold' | 'lift'> | undefined;
  /** Who has said something, whatever it was. */
  heard?: (from: string) => void;
  set: string;
  instance: string;
  clock: Clock;
}

/**
 * Whoever reaches the adapter may drop what it keeps, and keep it from keeping more for a while: that costs a question to the registry,
 * as without a cache, and tells nothing. So the route asks for nothing but what all others ask for.
 */
export function addDropRoute(app: FastifyInstance, options: DropRouteOptions): void {
  const { instance, set } = options;
  app.post(DROP_PATH, { bodyLimit: 256 * 1024 }, (received, reply) => {
    const message = dropMessage.safeParse(received.body);
    if (!message.success) return reply.code(400).send({ error: 'no message of an adapter' });
    const { from, set: theirs, notices } = message.data;
    if (from !== instance && theirs === set) {
      apply(notices, options);
      options.heard?.(from);
    }
    return { to: instance };
  });
}

function apply(notices: DropMessage['notices'], { cache, clock }: DropRouteOptions): void {
  const nowMs = clock.monotonicMs();
  if (!cache) return;
  for (const { id, names, holdMs } of notices) {
    if (holdMs > 0) cache.hold(id, names, nowMs + holdMs, nowMs);
    else cache.lift(id, names);
  }
}

/** Over HTTP, on one connection to each peer. @param token to show them */
export function httpTellPeer(token?: Pick<InternalToken, 'send'>): {
  tell: TellPeer;
  close(): Promise<void>;
} {
  const agent = new Agent({ connections: 1, connect: { timeout: 1_000 } });
  return {
    async tell(url, message, timeoutMs) {
      const { statusCode, body } = await request(url + DROP_PATH, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { [INTERNAL_TOKEN_HEADER]: token.send() } : {}),
        },
        body: JSON.stringify(message),
        dispatcher: agent,
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (statusCode !== 200) {
        await body.dump();
        throw new Error(`answered ${statusCode}`);
      }
      return dropReceipt.parse(await body.json()).to;
    },
    close: () => agent.destroy(),
  };
}
