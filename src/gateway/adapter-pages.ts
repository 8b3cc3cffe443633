/** Pages that adapters have and the gateway has not: what their problems mean, and the description of their face. */
import { request } from 'undici';
import type { Instance } from './instance.ts';

const TIMEOUT_MS = 2_000;
const MAX_BYTES = 4 * 1024 * 1024;

export interface AdapterPage {
  readonly type: string;
  readonly text: string;
}

/** Of the first adapter that has it; undefined where none does. Never rejects. @param path begins with a slash */
export async function adapterPage(
  instances: readonly Instance[],
  path: string,
): Promise<AdapterPage | undefined> {
  for (const { origin } of instances.filter(({ state }) => state === 'ready').slice(0, 2)) {
    try {
      const { statusCode, headers, body } = await request(origin + path, {
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      if (statusCode !== 200 || Number(headers['content-length'] ?? 0) > MAX_BYTES) {
        await body.dump();
        continue;
      }
      return { type: String(headers['content-type']), text: await body.text() };
    } catch {
      // the next one may have it
    }
  }
  return undefined;
}
