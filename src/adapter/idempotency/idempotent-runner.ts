/** Transforms that carry an idempotency key are run once (see record.ts). Everything else goes through as it is. */
import { randomUUID } from 'node:crypto';
import type { EppResponse } from '../../epp/command.ts';
import { EppError, type EppErrorKind } from '../../epp/session.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { CommandRunner, PooledAccount } from '../command-runner.ts';
import type { ReadRequest } from '../http/command-request.ts';
import { type Answer, RequestRefused } from '../work.ts';
import { KeptUnknown } from './kept-unknown.ts';
import type { IdempotencyMetrics, IdempotencyResult } from './metrics.ts';
import type { Claim, ClaimResult } from './record.ts';
import { RequestKey } from './request-key.ts';
import type { End, Settlements } from './settlements.ts';
import { type IdempotencyStore, StoreUnavailable } from './store.ts';

export interface IdempotentRunnerOptions {
  next: CommandRunner;
  store: IdempotencyStore;
  settlements: Settlements;
  /** Whose keys they are, tenants apart: see `KeyOwner`. */
  scope: string;
  /** How long a request may take at most, waiting included, in milliseconds: longer, and it counts as lost. */
  runMs: number;
  newTransactionId: () => string;
  metrics: IdempotencyMetrics;
  log: Log;
}

/** What is sealed and stored of a request that has ended. */
type Kept =
  | { response: EppResponse; clTRID: string }
  | { failure: { message: string; kind: EppErrorKind; code?: number; clTRID?: string } };

type Request = ReadRequest<PooledAccount>;

export class IdempotentRunner implements CommandRunner {
  readonly #options: IdempotentRunnerOptions;
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: IdempotentRunnerOptions) {
    this.#options = options;
  }

  /** Beyond what runners throw: a KeptUnknown. */
  async run(request: Request, gone: AbortSignal): Promise<Answer> {
    const { idempotencyKey, work, account } = request;
    if (idempotencyKey === undefined || !work.transform) return this.#options.next.run(request, gone);
    const { scope, runMs, newTransactionId, metrics } = this.#options;
    const key = new RequestKey(idempotencyKey, { scope, tenant: work.tenant });
    const claim: Claim = {
      token: randomUUID(),
      fingerprint: key.fingerprint(account.name, work.command),
      clTRID: newTransactionId(),
      runMs,
    };
    const result = await this.#claim(key, claim, account.name);
    metrics.request(account.name, metricOf(result));
    if (result.kind !== 'new') return answerOf(result, key);
    const running = this.#runClaimed(request, gone, key, claim);
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /** Resolves when what runs now has ended, and was told to the settlements. Never rejects. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #claim(key: RequestKey, claim: Claim, account: string): Promise<ClaimResult> {
    const { store, settlements, metrics, log } = this.#options;
    try {
      return await store.claim(key.id, claim);
    } catch (error) {
      const unavailable = error instanceof StoreUnavailable;
      if (!unavailable) log.error({ error: messageOf(error) }, 'a claim failed in an unforeseen way');
      metrics.request(account, 'store-unavailable');
      // It may have been made all the same: its caller need not wait until it counts as lost
      void settlements.tell(key.id, claim, 'free');
      const why = unavailable ? `: ${error.message}` : '';
      throw new RequestRefused(
        'idempotency-store-unavailable',
        `the store of idempotency keys cannot be asked${why}; nothing was sent`,
      );
    }
  }

  async #runClaimed(request: Request, gone: AbortSignal, key: RequestKey, claim: Claim): Promise<Answer> {
    const { next, settlements } = this.#options;
    const work = { ...request.work, clTRID: claim.clTRID };
    let answer: Answer;
    try {
      answer = await next.run({ ...request, work }, gone);
    } catch (error) {
      await settlements.tell(key.id, claim, endOf(error, key, claim));
      throw error;
    }
    const { response, clTRID } = answer;
    const kept: Kept = { response, clTRID };
    await settlements.tell(key.id, claim, { verdict: 'done', answer: key.seal(JSON.stringify(kept)) });
    return answer;
  }
}

function metricOf(result: ClaimResult): IdempotencyResult {
  switch (result.kind) {
    case 'new':
    case 'running':
      return result.kind;
    case 'other-request':
      return 'conflict';
    case 'lost':
      return 'unknown';
    case 'settled':
      return result.verdict === 'done' ? 'replayed' : 'unknown';
  }
}

/** Only what certainly was not sent frees the key. */
function endOf(error: unknown, key: RequestKey, claim: Claim): End {
  if (error instanceof RequestRefused) return 'free';
  if (error instanceof EppError && error.outcome === 'not-sent') return 'free';
  const failure =
    error instanceof EppError
      ? {
          message: error.message,
          kind: error.kind,
          ...(error.code === undefined ? {} : { code: error.code }),
        }
      : { message: 'the adapter failed; see its log', kind: 'protocol' as const };
  const clTRID = (error instanceof EppError ? error.clTRID : undefined) ?? claim.clTRID;
  const kept: Kept = { failure: { ...failure, clTRID } };
  return { verdict: 'unknown', answer: key.seal(JSON.stringify(kept)) };
}

function answerOf(result: Exclude<ClaimResult, { kind: 'new' }>, key: RequestKey): Answer {
  switch (result.kind) {
    case 'other-request':
      throw new RequestRefused(
        'idempotency-key-reused',
        'idempotency-key: this key belongs to another request; a new request needs a new key',
      );
    case 'running':
      throw new RequestRefused(
        'idempotency-key-running',
        'idempotency-key: the first request with this key has no answer yet',
      );
    case 'lost':
      throw new KeptUnknown(
        'the first request with this idempotency key was never answered: whether it was carried out is not known; ask with info, and go on under another key',
        { kind: 'closed', clTRID: result.clTRID },
      );
    case 'settled': {
      const kept = JSON.parse(key.open(result.answer)) as Kept;
      if ('failure' in kept) throw new KeptUnknown(kept.failure.message, kept.failure);
      return { ...kept, replayed: true };
    }
  }
}
