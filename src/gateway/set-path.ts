/** The way to the sets: which account, which instance, and what is done when one does not answer. */
import { createHash } from 'node:crypto';
import type { GatewayPolicy } from '../api/files/gateway-file.ts';
import { INTERNAL_TOKEN_HEADER, type InternalToken } from '../api/http/internal-token.ts';
import { durationMs } from '../api/v1alpha1/duration.ts';
import type { Clock } from '../lib/clock.ts';
import type { WeightedAccount } from '../routing/account-choice.ts';
import { RetryBudget } from '../routing/retry-budget.ts';
import { isAnothers, verdictOf } from './attempt-verdict.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { sendHedged } from './hedge.ts';
import type { TrackedInstance } from './instance-table.ts';
import { refused } from './problems.ts';
import type { Progress } from './progress.ts';
import type { GatewayAnswer } from './request.ts';
import type { ChosenAccounts, OperationRules } from './rules.ts';
import type { Chosen, SetChoice } from './set-choice.ts';
import type { UpstreamResponse } from './upstream/response-reader.ts';
import type { Sent } from './upstream/upstream.ts';

/** What is sent to a set, whichever instance takes it. */
export interface SetRequest {
  /** What adapters are asked. */
  readonly path: string;
  readonly body: Buffer;
  /** Lines for every account, each with its CRLF. */
  readonly headerLines: string;
  readonly idempotencyKey: string | undefined;
  readonly rules: OperationRules;
  readonly chosen: ChosenAccounts;
  /** That set and no other. */
  readonly named: string | undefined;
  readonly hashKey: string | undefined;
  readonly deadlineMs: number;
}

export interface SetPathDeps {
  readonly policy: GatewayPolicy;
  readonly sets: SetChoice;
  readonly clock: Clock;
  readonly metrics: GatewayMetrics;
  readonly token: Pick<InternalToken, 'send'> | undefined;
}

/** An adapter keeps to its own deadline, and says more than the gateway could: it gets this much longer to say it. */
const GRACE_MS = 250;
/** Instances that nobody listens at, tried by one request. */
const MAX_UNREACHABLE = 16;
const LONGEST_KEY = 255;

export class SetPath {
  readonly #deps: SetPathDeps;
  readonly #budget: RetryBudget;
  #attempts = 0;
  #hedgeAfterMs: number | undefined;

  constructor(deps: SetPathDeps) {
    this.#deps = deps;
    this.#budget = new RetryBudget(deps.policy.retries);
    this.take(deps.policy);
  }

  take({ retries }: GatewayPolicy): void {
    this.#budget.take(retries);
    this.#attempts = retries.attempts;
    this.#hedgeAfterMs =
      retries.hedgeReadsAfter === undefined ? undefined : durationMs(retries.hedgeReadsAfter);
  }

  /** Never rejects. What went wrong on the way is a problem, with its outcome. */
  send(request: SetRequest, progress: Progress): Promise<GatewayAnswer> {
    this.#budget.request(progress.startMs);
    const { accounts, inOrder } = request.chosen;
    return inOrder && accounts.length > 1
      ? this.#toEach(request, progress)
      : this.#toAccount(request, accounts[0], progress);
  }

  /** Account after account, until one has the object. */
  async #toEach(request: SetRequest, progress: Progress): Promise<GatewayAnswer> {
    const [first, ...rest] = request.chosen.accounts;
    let answer = await this.#toAccount(request, first, progress);
    for (const account of rest) {
      if (progress.gone || !isAnothers(answer)) break;
      const next = await this.#toAccount(request, account, progress);
      // "not yours" of one says more than "there is none" of the others
      if (answer.status === 403 && next.status === 404 && isAnothers(next)) continue;
      answer = next;
    }
    progress.account = String(answer.headers['x-epp-account'] ?? progress.account);
    return answer;
  }

  /** One account; instance after instance where that is safe and may help. */
  async #toAccount(
    request: SetRequest,
    account: WeightedAccount,
    progress: Progress,
  ): Promise<GatewayAnswer> {
    const { clock, sets, metrics } = this.#deps;
    const { rules, named, hashKey } = request;
    progress.account = account.name;
    const lines = this.#linesOf(request, account);
    let tried: Set<string> | undefined;
    let last: GatewayAnswer | undefined;
    let retries = this.#attempts;
    let unreachable = 0;
    for (;;) {
      const nowMs = clock.monotonicMs();
      if (request.deadlineMs - nowMs < 1) return last ?? this.#tooLate(progress);
      const chosen = sets.choose({ named, caller: rules.callerSet, hashKey, tried, nowMs });
      if (!chosen.ok) return last ?? this.#noRoute(chosen.reason, progress, rules);
      const { sent, instance } = await this.#attempt(request, { chosen, lines, tried, nowMs }, progress);
      const answer = this.#answerOf(sent, instance, account, progress, !rules.transform);
      const { again } = verdictOf(sent, !rules.transform);
      if (again === 'no' || progress.gone) return answer;
      tried = (tried ?? new Set()).add(instance.id).add(chosen.instance.id);
      last = answer;
      if (again === 'free') {
        if (++unreachable >= MAX_UNREACHABLE) return last;
      } else {
        if (retries-- <= 0 || !this.#budget.tryRetry(clock.monotonicMs())) return last;
        metrics.retried(rules.business);
      }
    }
  }

  #attempt(
    request: SetRequest,
    how: {
      chosen: Extract<Chosen, { ok: true }>;
      lines: string;
      tried: ReadonlySet<string> | undefined;
      nowMs: number;
    },
    progress: Progress,
  ): Promise<{ sent: Sent; instance: TrackedInstance }> {
    const { chosen, lines, tried, nowMs } = how;
    const { rules, named, hashKey } = request;
    this.#noteChosen(chosen, progress, rules);
    const afterMs = rules.transform ? undefined : this.#hedgeAfterMs;
    if (afterMs === undefined) return this.#sendTo(request, chosen.instance, { lines, nowMs }, progress);
    return sendHedged({
      clock: this.#deps.clock,
      afterMs,
      first: () => this.#sendTo(request, chosen.instance, { lines, nowMs }, progress),
      second: () => {
        const { sets, clock, metrics } = this.#deps;
        const exclude = new Set(tried).add(chosen.instance.id);
        const laterMs = clock.monotonicMs();
        const other = sets.choose({
          named,
          caller: rules.callerSet,
          hashKey,
          tried: exclude,
          nowMs: laterMs,
        });
        if (!other.ok || progress.gone || !this.#budget.tryRetry(laterMs)) return undefined;
        metrics.hedged(rules.business);
        this.#noteChosen(other, progress, rules);
        return this.#sendTo(request, other.instance, { lines, nowMs: laterMs }, progress);
      },
      isGood: ({ sent }) => sent.ok && sent.response.status < 500,
    });
  }

  #sendTo(
    request: SetRequest,
    instance: TrackedInstance,
    { lines, nowMs }: { lines: string; nowMs: number },
    progress: Progress,
  ): Promise<{ sent: Sent; instance: TrackedInstance }> {
    progress.attempts++;
    instance.outstanding++;
    return new Promise((resolve) => {
      const leftMs = Math.max(1, Math.floor(request.deadlineMs - nowMs));
      const cancel = instance.upstream.send(
        {
          path: request.path,
          headerLines: `x-epp-timeout: ${leftMs}\r\n${lines}`,
          body: request.body,
          deadlineMs: request.deadlineMs + GRACE_MS,
        },
        (sent) => {
          instance.outstanding--;
          this.#learn(instance, sent, !request.rules.transform);
          resolve({ sent, instance });
        },
      );
      const before = request.rules.transform ? undefined : progress.cancel;
      progress.cancel = before
        ? () => {
            before();
            cancel();
          }
        : cancel;
    });
  }

  #learn(instance: TrackedInstance, sent: Sent, query: boolean): void {
    const { health } = verdictOf(sent, query);
    if (health === 'good') this.#deps.sets.succeeded(instance);
    else if (health !== undefined) this.#deps.sets.failed(instance, health === 'unreachable');
    if (!sent.ok) return;
    const { capacity } = sent.response;
    if (capacity !== undefined) instance.capacity = capacity;
  }

  #noteChosen(
    { instance, level }: Extract<Chosen, { ok: true }>,
    progress: Progress,
    rules: OperationRules,
  ): void {
    const to = instance.set ?? 'none';
    if (level === 'fallback' && progress.level !== 'fallback')
      this.#deps.metrics.failedOver(rules.callerSet, to);
    progress.set = to;
    progress.level = level;
    progress.instance = instance.id;
  }

  #linesOf({ headerLines, idempotencyKey, chosen }: SetRequest, account: WeightedAccount): string {
    let lines = `${headerLines}x-epp-accreditation: ${account.accreditation}\r\n`;
    if (idempotencyKey !== undefined) {
      const key = chosen.inOrder ? keyOfAccount(idempotencyKey, account.name) : idempotencyKey;
      lines += `idempotency-key: ${key}\r\n`;
    }
    const { token } = this.#deps;
    return token ? `${lines}${INTERNAL_TOKEN_HEADER}: ${token.send()}\r\n` : lines;
  }

  #answerOf(
    sent: Sent,
    instance: TrackedInstance,
    account: WeightedAccount,
    progress: Progress,
    query: boolean,
  ): GatewayAnswer {
    if (sent.ok && sent.response.status !== 401) {
      progress.code = undefined;
      return passedOn(sent.response, account.name);
    }
    const code = codeOf(sent);
    progress.code = code;
    const what = sent.ok ? 'it does not take the token of this gateway' : sent.message;
    return refused(code, `${instance.id}: ${what}`, { query });
  }

  #tooLate(progress: Progress): GatewayAnswer {
    progress.code = 'deadline-passed';
    return refused('deadline-passed', 'the time of the request was over before an adapter was asked');
  }

  #noRoute(reason: string, progress: Progress, { callerSet }: OperationRules): GatewayAnswer {
    progress.code = 'no-route';
    progress.level = 'none';
    return refused('no-route', `from ${callerSet}: ${reason}`);
  }
}

function codeOf(sent: Sent) {
  if (sent.ok || !sent.written) return 'adapter-unreachable';
  return sent.failure === 'late' ? 'adapter-timeout' : 'adapter-lost';
}

function passedOn({ status, headers, body }: UpstreamResponse, account: string): GatewayAnswer {
  headers['x-epp-account'] ??= account;
  return { status, headers, body };
}

/**
 * A key belongs to its account at the adapters: with the caller's own, the second account's try would be refused as another request with
 * the same key. The same for the same account, so that a repeated request finds what each account was asked.
 */
function keyOfAccount(key: string, account: string): string {
  const own = `${account}/${key}`;
  return own.length <= LONGEST_KEY ? own : createHash('sha256').update(own).digest('hex');
}
