/** A command's way through the gateway, once its body is there: whose it is, whether it may, and which path it takes. */
import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayPolicy } from '../api/files/gateway-file.ts';
import { type RequestHeaders, readHeaders } from '../api/http/request-headers.ts';
import type { Clock } from '../lib/clock.ts';
import { traceparentOf } from '../lib/trace-context.ts';
import { parseSetName, setNameProblem } from '../routing/set-name.ts';
import { tenantOf } from './auth/callers.ts';
import { nameIn, zoneOf } from './body-names.ts';
import type { GatewayParts } from './inert-parts.ts';
import { type Refused, refused, refusedField, refusedFields } from './problems.ts';
import { Progress } from './progress.ts';
import { rawKind } from './raw-command.ts';
import type { Caller, GatewayAnswer, GatewayRequest } from './request.ts';
import { type RequestPath, upstreamPath } from './request-path.ts';
import type { ChosenAccounts, OperationRules, Rules } from './rules.ts';
import type { SetPath, SetRequest } from './set-path.ts';

export interface CommandHandlerDeps {
  readonly rules: Rules;
  readonly parts: GatewayParts;
  /** Whether callers show who they are: then x-epp-tenant is who they are, not what they say. */
  readonly authenticates: boolean;
  readonly setPath: SetPath;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What can be said of a request before its body is there. */
export interface ReadHead {
  readonly path: RequestPath;
  readonly headers: RequestHeaders;
  readonly set: string | undefined;
}

/** What the body's reader hands over. */
export interface Arrived {
  readonly url: string;
  readonly written: IncomingHttpHeaders;
  readonly head: ReadHead;
  readonly caller: Caller;
  readonly body: Buffer;
}

export class CommandHandler {
  readonly #deps: CommandHandlerDeps;
  #rules: Rules;
  #hashFactor: string | undefined;
  #hashes = false;

  constructor(deps: CommandHandlerDeps) {
    this.#deps = deps;
    this.#rules = deps.rules;
    this.#takeBalancing(deps.rules.policy);
  }

  /** Requests that begin from now on go by these. */
  take(rules: Rules): void {
    this.#rules = rules;
    this.#takeBalancing(rules.policy);
  }

  #takeBalancing({ balancing }: GatewayPolicy): void {
    this.#hashes = balancing.policy === 'hash';
    this.#hashFactor = balancing.hashBy === undefined ? undefined : `x-epp-factor-${balancing.hashBy}`;
  }

  readHead(url: string, written: IncomingHttpHeaders): ReadHead | Refused {
    const path = this.#rules.path(url);
    if ('code' in path) return path;
    const encoding = written['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      return refusedField(
        'unsupported-media-type',
        'content-encoding',
        'must be absent: bodies are not compressed',
      );
    }
    const headers = readHeaders(written);
    if ('errors' in headers) return refusedFields('bad-header', headers.errors);
    const named = written['x-epp-set'];
    if (named === undefined) return { path, headers, set: path.set };
    const set = String(named);
    const problem =
      setNameProblem(set) ??
      (path.set !== undefined && path.set !== set ? 'names another set than the path' : undefined);
    if (problem !== undefined) return refusedField('bad-header', 'x-epp-set', problem);
    return { path, headers, set };
  }

  /** Rejects only where something is wrong with the gateway. */
  async handle(arrived: Arrived, progress: Progress): Promise<GatewayAnswer> {
    const { clock, random, parts, setPath } = this.#deps;
    const { head, caller, body, written } = arrived;
    const { path, headers } = head;
    const tld = path.tld ?? zoneOf(nameIn(body) ?? '');
    if (tld === undefined) {
      return this.#own(
        progress,
        refusedField('invalid-request', 'name', 'must be the name of a domain: the TLD is taken from it'),
      );
    }
    const raw = path.command === 'raw' ? rawKind(body, written['content-type']) : undefined;
    const rules = this.#rules.operation(path, raw);
    if ('code' in rules) return this.#own(progress, rules);
    progress.rules = rules;
    const { accreditation, idempotencyKey } = headers;
    const chosen = this.#rules.accounts({
      tld,
      command: rules.command,
      accreditation,
      idempotencyKey,
      draw: random(),
    });
    if ('code' in chosen) return this.#own(progress, chosen);
    progress.tld = chosen.tld;
    progress.account = chosen.accounts[0].name;
    if (!mayAsk(caller, rules.business, head.set, chosen.tld)) {
      return this.#own(progress, refused('forbidden', 'the caller may not do this'));
    }
    if (rules.switchedOff) {
      return this.#own(progress, refused('business-off', `the business ${rules.business} is switched off`));
    }
    const nowMs = clock.monotonicMs();
    const admission = parts.limits.admit(caller.id, rules.business, nowMs);
    if (!admission.ok) {
      const { scope, limit, retryAfterSeconds } = admission;
      const what = limit === 'rate' ? 'has used up its rate' : 'has too many requests at once';
      return this.#own(progress, refused('limited', `the ${scope} ${what}`, { retryAfterSeconds }));
    }
    try {
      const request = requestOf(arrived, { tld, rules }, progress);
      const kept = this.#keptOrShed(request, { rules, chosen }, progress);
      if (kept) return kept;
      // before it is sent and once it is over: what it may change is not answered from before
      if (rules.transform) parts.staleChecks.forget(request, nowMs);
      const path = head.set === undefined ? parts.migration.pathOf(request, chosen.tld) : 'sets';
      progress.path = path;
      const answer = await (path === 'sets'
        ? setPath.send(this.#setRequest(request, { rules, chosen, headers }, progress), progress)
        : this.#toLegacy(request, progress));
      this.#learn(request, answer, progress);
      return answer;
    } finally {
      admission.release();
    }
  }

  /** While the pools that matter are too full. */
  #keptOrShed(
    request: GatewayRequest,
    { rules, chosen }: { rules: OperationRules; chosen: ChosenAccounts },
    progress: Progress,
  ): GatewayAnswer | undefined {
    const { parts, clock } = this.#deps;
    if (!parts.degradation.active) return undefined;
    const account = chosen.accounts[0].name;
    const stale =
      rules.business === this.#rules.policy.degradation?.watch
        ? undefined
        : parts.staleChecks.find(request, account, clock.monotonicMs());
    if (stale) {
      return { ...stale, headers: { ...stale.headers, 'x-epp-stale': 'true', 'x-epp-account': account } };
    }
    if (!parts.degradation.sheds(rules.business, this.#deps.random())) return undefined;
    return this.#own(progress, refused('shed', `${rules.business} gives way for now`));
  }

  #toLegacy(request: GatewayRequest, progress: Progress): Promise<GatewayAnswer> {
    progress.account = undefined;
    return this.#deps.parts.migration.toLegacy(request);
  }

  /** What the parts make of an answer. */
  #learn(request: GatewayRequest, answer: GatewayAnswer, progress: Progress): void {
    const { staleChecks, migration } = this.#deps.parts;
    const { path = 'sets', account } = progress;
    const nowMs = this.#deps.clock.monotonicMs();
    progress.answeredMs = nowMs;
    if (request.transform) staleChecks.forget(request, nowMs);
    else if (path === 'legacy') migration.shadow(request, answer);
    else if (answer.status === 200 && account !== undefined)
      staleChecks.keep(request, account, answer, nowMs);
    migration.served(path, { ms: nowMs - request.startMs, failed: answer.status >= 500 });
  }

  /** The way to the sets of a copied read: no caller waits for it, so nothing is counted or limited. Never rejects. */
  async copyToSets(request: GatewayRequest): Promise<GatewayAnswer> {
    const rules = this.#rules.operation(request);
    const headers = readHeaders(request.headers);
    if ('code' in rules) return rules;
    if ('errors' in headers) return refusedFields('bad-header', headers.errors);
    const { tld, command } = request;
    const { accreditation } = headers;
    const draw = this.#deps.random();
    const chosen = this.#rules.accounts({ tld, command, accreditation, idempotencyKey: undefined, draw });
    if ('code' in chosen) return chosen;
    const progress = new Progress(request.startMs, request.requestId);
    return this.#deps.setPath.send(this.#setRequest(request, { rules, chosen, headers }, progress), progress);
  }

  /** What a set is sent. */
  #setRequest(
    request: GatewayRequest,
    { rules, chosen, headers }: { rules: OperationRules; chosen: ChosenAccounts; headers: RequestHeaders },
    progress: Progress,
  ): SetRequest {
    const { headers: written, caller, body } = request;
    const type = written['content-type'];
    let lines = `x-request-id: ${progress.requestId}\r\n`;
    if (type !== undefined) lines += `content-type: ${type}\r\n`;
    const tenant = this.#deps.authenticates ? tenantOf(caller) : headers.tenant;
    if (tenant !== undefined) lines += `x-epp-tenant: ${tenant}\r\n`;
    const { trace } = progress;
    if (trace) {
      lines += `traceparent: ${traceparentOf(trace)}\r\n`;
      if (trace.state !== undefined) lines += `tracestate: ${trace.state}\r\n`;
    }
    return {
      path: request.upstream,
      body,
      headerLines: lines,
      idempotencyKey: headers.idempotencyKey,
      rules,
      chosen,
      named: request.set,
      hashKey: this.#hashes ? this.#hashKey(written, body) : undefined,
      deadlineMs: request.deadlineMs,
    };
  }

  #hashKey(written: IncomingHttpHeaders, body: Buffer): string | undefined {
    const factor = this.#hashFactor;
    return factor === undefined ? nameIn(body)?.toLowerCase() : written[factor]?.toString();
  }

  #own(progress: Progress, answer: Refused): Refused {
    progress.code = answer.code;
    return answer;
  }
}

/** A set that is named serves a business too: who may not use that one may not take its connections by naming it. */
function mayAsk(caller: Caller, business: string, set: string | undefined, tld: string): boolean {
  if (!caller.mayUse(business, tld)) return false;
  const named = set === undefined ? undefined : parseSetName(set)?.business;
  return named === undefined || named === business || caller.mayUse(named, tld);
}

function requestOf(
  { head, url, written, body, caller }: Arrived,
  { tld, rules }: { tld: string; rules: OperationRules },
  progress: Progress,
): GatewayRequest {
  const { object, command, rest } = head.path;
  const { startMs, requestId } = progress;
  const timeoutMs = Math.min(rules.timeoutMs, head.headers.timeoutMs ?? rules.timeoutMs);
  return {
    method: 'POST',
    url,
    tld,
    object,
    command,
    ...(head.set === undefined ? undefined : { set: head.set }),
    upstream: head.path.upstream ?? upstreamPath(tld, rest),
    headers: written,
    body,
    requestId,
    caller,
    business: rules.business,
    operation: rules.operation,
    transform: rules.transform,
    startMs,
    deadlineMs: startMs + timeoutMs,
  };
}
