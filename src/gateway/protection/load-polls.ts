/** Asks adapters for their load, each about once a second. */
import { Agent, request } from 'undici';
import { INTERNAL_TOKEN_HEADER, type InternalToken } from '../../api/http/internal-token.ts';
import { LOAD_PATH, type LoadReport, loadReport } from '../../api/http/load-report.ts';
import type { Instance } from '../instance.ts';

/** One question to one adapter. Rejects where there is no answer in time, or none that can be read. */
export interface LoadAsker {
  ask(instance: Instance, timeoutMs: number): Promise<LoadReport>;
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/** Over HTTP, on one connection to each adapter. Without a token it asks without one. */
export function httpLoadAsker(token: Pick<InternalToken, 'send'> | undefined): LoadAsker {
  const agent = new Agent({
    connections: 1,
    connect: { timeout: 1_000 },
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  return {
    async ask({ origin }, timeoutMs) {
      const { statusCode, body } = await request(origin + LOAD_PATH, {
        headers: token ? { [INTERNAL_TOKEN_HEADER]: token.send() } : {},
        dispatcher: agent,
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (statusCode !== 200) {
        await body.dump();
        throw new Error(`answered ${statusCode}`);
      }
      return loadReport.parse(await body.json());
    },
    close: () => agent.destroy(),
  };
}

/** Runs `each` for all items, at most `width` at once. */
export async function atMost<T>(
  width: number,
  items: readonly T[],
  each: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await each(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
