/**
 * The callers of the demo: a service that registers and renews domains, and a flood of availability checks. Both behave as a good client
 * should: they wait as long as `Retry-After` says, and never send a transform again before they know that it was not executed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';

export interface Answer {
  /** HTTP status; 0 when the connection broke. */
  status: number;
  /** `done`, `not-sent` or `unknown`; a broken connection tells nothing, so `unknown`. */
  outcome: string;
  retryAfterMs: number;
  /** That answered; '' when nobody says. */
  set: string;
  /** EPP result code, 0 without one. */
  code: number;
  /** The reply's `resData`. */
  data: Record<string, unknown>;
}

/** One HTTP client over its own connections. */
export class Caller {
  private readonly agent: Agent;
  private readonly headers: Readonly<Record<string, string>>;

  /** @param headers of every request */
  constructor(connections: number, headers: Readonly<Record<string, string>>) {
    this.headers = headers;
    this.agent = new Agent({ connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  }

  async post(url: string, body: unknown): Promise<Answer> {
    try {
      const response = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...this.headers },
        body: JSON.stringify(body),
        dispatcher: this.agent,
        // A Service picks a pod for each connection: without an end to connections a new pod would never be asked.
        reset: Math.random() < 0.1,
      });
      const text = await response.body.text();
      const parsed = readAnswer(text);
      const retryAfter = Number(response.headers['retry-after'] ?? 0);
      const set = String(response.headers['x-epp-set'] ?? '');
      return { status: response.statusCode, retryAfterMs: retryAfter * 1000, set, ...parsed };
    } catch {
      return { status: 0, outcome: 'unknown', retryAfterMs: 0, set: '', code: 0, data: {} };
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}

function readAnswer(text: string): Pick<Answer, 'outcome' | 'code' | 'data'> {
  try {
    const body = JSON.parse(text) as {
      outcome?: string;
      results?: { code?: number }[];
      data?: Record<string, unknown>;
    };
    return { outcome: body.outcome ?? 'not-sent', code: body.results?.[0]?.code ?? 0, data: body.data ?? {} };
  } catch {
    return { outcome: 'unknown', code: 0, data: {} };
  }
}

/** What one registration or renewal came to. */
export interface CoreResult {
  ok: boolean;
  /** From the caller's first try to its certainty. */
  ms: number;
  /** Tries after the first. */
  retries: number;
  /** An `unknown` outcome was cleared up with info. */
  reconciled: boolean;
  /** The last answer, where it was not ok. */
  why: string;
  /** When the domain expires after it (RFC 5731 `exDate`), where an answer told. */
  expires: string | undefined;
}

/** RFC 5730 section 3. */
const OBJECT_EXISTS = 2302;
const BUSY = new Set([429, 502, 503, 504]);

export interface CoreCommand {
  url: string;
  body: Record<string, unknown>;
  /** Asks whether the command was executed, after an `unknown`. */
  wasDone(): Promise<Verdict>;
}

/** `done` tells undefined when nobody could say. */
export interface Verdict {
  done: boolean | undefined;
  expires?: string;
}

/** Sends one transform and stays with it until it is known, or `patienceMs` is over. */
export async function carryOut(
  caller: Caller,
  command: CoreCommand,
  patienceMs: number,
): Promise<CoreResult> {
  const start = performance.now();
  const end = start + patienceMs;
  let retries = 0;
  let reconciled = false;
  const result = (ok: boolean, why: string, expires?: string): CoreResult => ({
    ok,
    why,
    expires,
    retries,
    reconciled,
    ms: performance.now() - start,
  });
  for (;;) {
    const answer = await caller.post(command.url, command.body);
    if (answer.status >= 200 && answer.status < 300) return result(true, '', expiryOf(answer));
    const why = `HTTP ${answer.status}, EPP ${answer.code}, ${answer.outcome}`;
    // An object that exists after an `unknown` may be ours: the lost command was executed after we asked.
    if (answer.outcome === 'unknown' || (reconciled && answer.code === OBJECT_EXISTS)) {
      reconciled = true;
      const verdict = await ask(command, end);
      if (verdict.done) return result(true, '', verdict.expires);
      if (verdict.done === undefined) return result(false, `${why}, and info did not tell`);
    } else if (answer.outcome === 'done' || !BUSY.has(answer.status)) {
      return result(false, why);
    }
    if (performance.now() >= end) return result(false, why);
    retries++;
    await delay(Math.min(Math.max(answer.retryAfterMs, 50), 1_000) * (0.5 + Math.random() / 2));
  }
}

export function expiryOf(answer: Answer): string | undefined {
  return typeof answer.data.exDate === 'string' ? answer.data.exDate : undefined;
}

/** Asks until somebody tells. */
async function ask(command: CoreCommand, end: number): Promise<Verdict> {
  for (;;) {
    const verdict = await command.wasDone();
    if (verdict.done !== undefined || performance.now() >= end) return verdict;
    await delay(100);
  }
}
