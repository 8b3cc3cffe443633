/** Polaris' client API, as far as instances are registered by it. */
import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import { z } from 'zod';
import { LABEL } from '../api/v1alpha1/labels.ts';
import type { PolarisInstance } from './instances.ts';
import type { PolarisOptions } from './options.ts';
import type { PolarisAction } from './registration.ts';

const PATHS: Readonly<Record<PolarisAction, string>> = {
  register: '/v1/RegisterInstance',
  heartbeat: '/v1/Heartbeat',
  deregister: '/v1/DeregisterInstance',
};
const ANSWER_MS = 5_000;
const MAX_BYTES = 64 * 1024;
/** Whose an instance is, for people and for tools that sync Services: they leave what is not theirs. */
const SOURCE = 'eppset';

const answer = z.object({ code: z.int(), info: z.string().optional() });

/** Tells Polaris. Resolves with its code; rejects where there was no answer of Polaris'. No message has the token in it. */
export type TellPolaris = (
  action: PolarisAction,
  instance: PolarisInstance,
  signal: AbortSignal,
) => Promise<{ code: number; info: string | undefined }>;

export function polarisClient(options: PolarisOptions): TellPolaris {
  const base = options.url.replace(/\/+$/, '');
  return async (action, instance, signal) => {
    const token = options.tokenFile === undefined ? '' : (await readFile(options.tokenFile, 'utf8')).trim();
    const { statusCode, body } = await request(base + PATHS[action], {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== '' && { 'x-polaris-token': token }),
      },
      body: JSON.stringify(bodyOf(action, instance, options)),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    let text = '';
    for await (const chunk of body.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_BYTES) throw new Error(`Polaris answers with more than ${MAX_BYTES} bytes`);
    }
    // Its HTTP status follows from the code, which says more
    const parsed = answer.safeParse(jsonOf(text));
    if (!parsed.success) throw new Error(`no answer of Polaris', but HTTP status ${statusCode}`);
    return { code: parsed.data.code, info: parsed.data.info };
  };
}

/** Named as Polaris' HTTP API names them: snake case. */
function bodyOf(
  action: PolarisAction,
  { service, host, port, set, isolate }: PolarisInstance,
  { namespace, ttlSeconds }: PolarisOptions,
): object {
  const address = { service, namespace, host, port };
  if (action !== 'register') return address;
  return {
    ...address,
    protocol: 'http',
    weight: 100,
    isolate,
    enable_health_check: true,
    health_check: { type: 'HEARTBEAT', heartbeat: { ttl: ttlSeconds } },
    metadata: { [LABEL.enableSet]: 'Y', [LABEL.setName]: set, source: SOURCE },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
