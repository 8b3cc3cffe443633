import { request } from 'undici';
import {
  INTERNAL_TOKEN_HEADER,
  INTERNAL_TOKEN_KEYS,
  INTERNAL_TOKEN_SECRET,
} from '../../api/http/internal-token.ts';
import { ROLLOUT_PATH, type RolloutReport, rolloutReport } from '../../api/http/rollout-report.ts';
import { type Pod, SECRET } from '../../kube/builtin.ts';
import type { Reader } from '../../kube/interfaces.ts';
import { keyString, type ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { GatewayVoice } from '../../routing/rollout-progress.ts';
import { BY_GATEWAY, type Caches } from '../caches.ts';
import { HTTP_PORT } from '../specs/pod.ts';

/** What gateways say of their rollouts. */
export interface GatewayReports {
  /** One voice for each pod of the gateway that is ready; without a report where it does not answer in time. Never rejects. */
  ask(gateway: ObjectKey, signal: AbortSignal): Promise<GatewayVoice[]>;
}

export interface HttpGatewayReportsOptions {
  client: Pick<Reader, 'get'>;
  clock: Clock;
  log: Log;
  caches: Pick<Caches, 'gatewayPods'>;
  /** Where a pod serves, such as `http://10.0.0.7:8080`; its IP and port by default. Undefined: nowhere yet. */
  originOf?: ((pod: Pod) => string | undefined) | undefined;
  /** How long a pod has: one that hangs must not hold up what another has to say. Default 700 ms. */
  answerMs?: number;
}

/** Secrets are read by the request: not at each. A token that has just changed is accepted for minutes beside the new one. */
const TOKEN_MS = 10_000;
const MAX_BYTES = 64 * 1024;

export class HttpGatewayReports implements GatewayReports {
  readonly #options: HttpGatewayReportsOptions;
  readonly #originOf: (pod: Pod) => string | undefined;
  /** By namespace. */
  readonly #tokens = new Map<string, { token: string; atMs: number }>();

  constructor(options: HttpGatewayReportsOptions) {
    this.#options = options;
    this.#originOf = options.originOf ?? podOrigin;
  }

  async ask(gateway: ObjectKey, signal: AbortSignal): Promise<GatewayVoice[]> {
    const pods = this.#options.caches.gatewayPods.byIndex(BY_GATEWAY, keyString(gateway)).filter(isReady);
    return await Promise.all(
      pods.map(async (pod) => {
        const voice = { gateway: pod.metadata.name };
        try {
          return { ...voice, report: await this.#report(pod, signal) };
        } catch (error) {
          this.#options.log.debug(
            { pod: pod.metadata.name, reason: messageOf(error) },
            'gateway cannot be asked',
          );
          return voice;
        }
      }),
    );
  }

  async #report(pod: Pod, signal: AbortSignal): Promise<RolloutReport> {
    const { namespace = '' } = pod.metadata;
    const origin = this.#originOf(pod);
    if (origin === undefined) throw new Error('it has no address yet');
    const answer = await request(`${origin}${ROLLOUT_PATH}`, {
      headers: { [INTERNAL_TOKEN_HEADER]: await this.#token(namespace, signal) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#options.answerMs ?? 700)]),
    });
    if (answer.statusCode !== 200) {
      if (answer.statusCode === 401) this.#tokens.delete(namespace);
      await answer.body.dump();
      throw new Error(`it answers ${answer.statusCode}`);
    }
    let text = '';
    for await (const chunk of answer.body.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_BYTES) throw new Error(`its report is of more than ${MAX_BYTES} bytes`);
    }
    return rolloutReport.parse(JSON.parse(text));
  }

  async #token(namespace: string, signal: AbortSignal): Promise<string> {
    const { client, clock } = this.#options;
    const known = this.#tokens.get(namespace);
    const nowMs = clock.monotonicMs();
    if (known && nowMs - known.atMs < TOKEN_MS) return known.token;
    const secret = await client.get(SECRET, { namespace, name: INTERNAL_TOKEN_SECRET }, signal);
    const token = Buffer.from(secret?.data?.[INTERNAL_TOKEN_KEYS.send] ?? '', 'base64')
      .toString()
      .trim();
    this.#tokens.set(namespace, { token, atMs: nowMs });
    return token;
  }
}

function isReady({ metadata, status }: Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return metadata.deletionTimestamp === undefined && ready?.status === 'True';
}

function podOrigin({ status }: Pod): string | undefined {
  const ip = status?.podIP;
  if (ip === undefined) return undefined;
  return `http://${ip.includes(':') ? `[${ip}]` : ip}:${HTTP_PORT}`;
}
