import { randomBytes } from 'node:crypto';
import type { Registry } from 'prom-client';
import { INTERNAL_TOKEN_KEYS, INTERNAL_TOKEN_SECRET } from '../../api/http/internal-token.ts';
import { kubernetesTime } from '../../api/v1alpha1/conditions.ts';
import { ANNOTATION, FIELD_MANAGER, LABEL } from '../../api/v1alpha1/labels.ts';
import { isAlreadyExists } from '../../kube/api-error.ts';
import { SECRET, type Secret } from '../../kube/builtin.ts';
import { Controller, type ReconcileOutcome } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { KubeClient } from '../../kube/interfaces.ts';
import type { KubeObject, ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { BY_NAMESPACE, type Caches } from '../caches.ts';
import { distinct, specFingerprint } from '../distinct.ts';
import { sha256 } from '../specs/canonical.ts';
import {
  acceptText,
  freshTokens,
  mendedTokens,
  type RawTokens,
  readTokens,
  rotation,
  type Tokens,
} from './rotation.ts';

export interface InternalTokenOptions {
  client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  caches: Pick<Caches, 'sets' | 'gateways'>;
  /** Between two steps of a change: longer than kubelet takes to bring a changed Secret to a mount. Default 5 minutes. */
  overlapMs?: number;
  /** How old a token becomes. Default 30 days. */
  periodMs?: number;
}

/** The operator has no watch on Secrets: what people do to this one is seen this often. */
const RECHECK_MS = 30_000;

const TOLD = {
  announce: [
    'TokenAnnounced',
    'a new token is accepted beside the old one; it is shown once all pods know it',
  ],
  switch: ['TokenSwitched', 'the new token is shown; the old one is accepted until all pods have it'],
  end: ['TokenChanged', 'only the new token is accepted'],
} as const;

/**
 * Makes the Secret with the token of each namespace that has a set or a gateway, mends it, and changes the token. Its key is a namespace.
 * The Secret stays when the last of them goes: pods that drain still read it, and without it the operator needs no right to delete Secrets.
 */
export class InternalTokens {
  readonly #options: InternalTokenOptions;
  readonly #log: Log;
  /** Since when tokens have been seen, by namespace. */
  readonly #seen = new Map<string, { digest: string; sinceMs: number }>();

  constructor(options: InternalTokenOptions) {
    this.#options = options;
    this.#log = options.log.child({ controller: 'internal-token' });
  }

  watch(controller: Controller): Controller {
    const namespaceOf = ({ metadata: { namespace } }: KubeObject): ObjectKey[] =>
      namespace === undefined ? [] : [{ name: namespace }];
    const { sets, gateways } = this.#options.caches;
    return controller
      .watches(distinct(sets, specFingerprint), namespaceOf)
      .watches(distinct(gateways, specFingerprint), namespaceOf);
  }

  readonly reconcile = async (
    { name: namespace }: ObjectKey,
    signal: AbortSignal,
  ): Promise<ReconcileOutcome> => {
    if (!this.#isNeeded(namespace)) {
      this.#seen.delete(namespace);
      return;
    }
    const key = { namespace, name: INTERNAL_TOKEN_SECRET };
    const secret = await this.#options.client.get(SECRET, key, signal);
    if (secret === undefined) return await this.#make(namespace, signal);
    const raw = rawTokens(secret);
    const tokens = readTokens(raw);
    return typeof tokens === 'string'
      ? await this.#mend(secret, raw, tokens, signal)
      : await this.#rotate(secret, tokens, signal);
  };

  #isNeeded(namespace: string): boolean {
    const { sets, gateways } = this.#options.caches;
    return [sets, gateways].some((cache) =>
      cache.byIndex(BY_NAMESPACE, namespace).some(({ metadata }) => metadata.deletionTimestamp === undefined),
    );
  }

  async #make(namespace: string, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { client, clock, events } = this.#options;
    const secret = withTokens(
      {
        apiVersion: SECRET.apiVersion,
        kind: SECRET.kind,
        metadata: { name: INTERNAL_TOKEN_SECRET, namespace, labels: LABELS },
        type: 'Opaque',
      },
      freshTokens(freshToken()),
      clock.wall(),
    );
    try {
      const made = await client.create(SECRET, secret, signal);
      events.event(
        made,
        'Normal',
        'TokenMade',
        'the token that gateways and adapters of this namespace show each other',
      );
      this.#log.info({ namespace }, 'internal token made');
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return { requeueAfterMs: 0 };
    }
    return { requeueAfterMs: RECHECK_MS };
  }

  async #mend(
    secret: Secret,
    raw: RawTokens,
    problem: string,
    signal: AbortSignal,
  ): Promise<ReconcileOutcome> {
    const { client, clock, events } = this.#options;
    await client.replace(SECRET, withTokens(secret, mendedTokens(raw, freshToken), clock.wall()), signal);
    const message = `${problem}: repaired; until all pods have it, some requests between them may be refused`;
    events.event(secret, 'Warning', 'TokenRepaired', message);
    this.#log.warn({ namespace: secret.metadata.namespace, problem }, 'internal token repaired');
    return { requeueAfterMs: RECHECK_MS };
  }

  async #rotate(secret: Secret, tokens: Tokens, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { client, clock, events, overlapMs = 5 * 60_000, periodMs = 30 * 24 * 3_600_000 } = this.#options;
    const { namespace = '', annotations } = secret.metadata;
    const now = clock.wall();
    const next = rotation({
      tokens,
      changedAt: timeOf(annotations?.[ANNOTATION.tokenTime]),
      asked: annotations?.[ANNOTATION.rotate] !== undefined,
      now,
      seenForMs: this.#seenForMs(namespace, tokens),
      overlapMs,
      periodMs,
      fresh: freshToken,
    });
    if (next.step === 'wait') return { requeueAfterMs: Math.min(RECHECK_MS, next.ms) };
    // A compare-and-swap: another leader may have gone on already
    if (next.step === 'note') {
      await client.replace(SECRET, withTokens(secret, tokens, now), signal);
      return { requeueAfterMs: RECHECK_MS };
    }
    const changed = withTokens(secret, next.tokens, next.step === 'end' ? now : undefined);
    if (next.step === 'announce') delete changed.metadata.annotations?.[ANNOTATION.rotate];
    await client.replace(SECRET, changed, signal);
    this.#seenForMs(namespace, next.tokens);
    const [reason, message] = TOLD[next.step];
    events.event(secret, 'Normal', reason, message);
    this.#log.info({ namespace, step: next.step }, 'internal token changes');
    return { requeueAfterMs: Math.min(RECHECK_MS, overlapMs) };
  }

  #seenForMs(namespace: string, tokens: Tokens): number {
    const digest = sha256(`${tokens.send}\n${acceptText(tokens)}`);
    const nowMs = this.#options.clock.monotonicMs();
    const known = this.#seen.get(namespace);
    if (known?.digest === digest) return nowMs - known.sinceMs;
    this.#seen.set(namespace, { digest, sinceMs: nowMs });
    return 0;
  }
}

const LABELS = {
  [LABEL.name]: 'eppset-internal-token',
  [LABEL.partOf]: 'eppset',
  [LABEL.managedBy]: FIELD_MANAGER.objects,
};

function freshToken(): string {
  return randomBytes(32).toString('base64url');
}

function rawTokens({ data }: Secret): RawTokens {
  const text = (key: string) => {
    const value = data?.[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
  };
  return { send: text(INTERNAL_TOKEN_KEYS.send), accept: text(INTERNAL_TOKEN_KEYS.accept) };
}

/** @param changedAt noted where it is given */
function withTokens(secret: Secret, tokens: Tokens, changedAt?: Date): Secret {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const time = changedAt && { [ANNOTATION.tokenTime]: kubernetesTime(changedAt) };
  return {
    ...secret,
    metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, ...time } },
    data: {
      ...secret.data,
      [INTERNAL_TOKEN_KEYS.send]: base64(tokens.send),
      [INTERNAL_TOKEN_KEYS.accept]: base64(acceptText(tokens)),
    },
  };
}

function timeOf(text: string | undefined): Date | undefined {
  const time = new Date(text ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}

export function internalTokenController(options: InternalTokenOptions & { metrics: Registry }): Controller {
  const { clock, log, metrics } = options;
  const tokens = new InternalTokens(options);
  return tokens.watch(
    new Controller({ name: 'internal-token', clock, log, metrics, reconcile: tokens.reconcile }),
  );
}
