/**
 * Availability checks of domains, answered from what is kept and from checks under way as far as they can be; and the changes that make
 * those answers stale.
 *
 *   names of one check ─┬─▶ kept ───────────────────────────╮
 *                       ├─▶ being asked already: joined ────┼─▶ one answer, in the order of the names
 *                       └─▶ asked, in one command, for all ─╯
 *
 * Checks with extensions go through: what those ask for is no matter of the name alone. So do names that are written oddly.
 */
import { checkFor } from '../../epp/checked-command.ts';
import { type EppCommand, type EppResponse, resultCode } from '../../epp/command.ts';
import { EppError } from '../../epp/session.ts';
import type { Clock } from '../../lib/clock.ts';
import type { CommandRunner, PooledAccount } from '../command-runner.ts';
import type { ReadRequest } from '../http/command-request.ts';
import { CheckAnswers, checkedNames } from '../scheduler/checks.ts';
import { type Answer, RequestRefused } from '../work.ts';
import { affectedNames } from './affected-names.ts';
import type { CheckCache, Checked, Flight, Kept } from './check-cache.ts';
import type { CheckMetrics } from './metrics.ts';
import { isSpelling } from './spellings.ts';

type Request = ReadRequest<PooledAccount>;

/** Tells of changes, here and to the other adapters of the set. */
export interface ChangeNotices {
  /** Every change in the set is heard of here. While it is not, nothing is kept or joined. */
  readonly complete: boolean;
  /** Resolves, soon whatever happens, when those know who can be reached. Never rejects. */
  begins(names: readonly string[] | 'all'): Promise<Change>;
}

export interface Change {
  /** @param certain the registry has answered, or nothing was sent */
  ended(certain: boolean): void;
}

/** Of the answer that a kept entry came with: all but what it says of names. */
export type About = Answer;

export interface AskedCheck extends Flight {
  readonly answer: Promise<Answer>;
  /** Of who asked first; undefined: the pool's own. */
  readonly deadlineMs: number | undefined;
  /** Callers that still wait for it. */
  waiting: number;
  readonly gone: AbortController;
}

export interface CachedChecksOptions {
  next: CommandRunner;
  cache: CheckCache<About, AskedCheck>;
  changes: ChangeNotices;
  metrics: CheckMetrics;
  clock: Clock;
}

/** What is known of the names of one check so far, by lower-case name. */
interface Findings {
  kept: Map<string, Kept<About>>;
  joined: Map<AskedCheck, string[]>;
  /** As they were written. */
  missing: string[];
}

export class CachedChecks implements CommandRunner {
  readonly #options: CachedChecksOptions;

  constructor(options: CachedChecksOptions) {
    this.#options = options;
  }

  async run(request: Request, gone: AbortSignal): Promise<Answer> {
    const { command, transform } = request.work;
    if (isPlainCheck(command)) {
      if (this.#options.changes.complete) return this.#check(request, gone);
      const miss = checkedNames(command)?.length ?? 0;
      this.#options.metrics.names(request.account.name, { hit: 0, joined: 0, miss });
      return this.#options.next.run(request, gone);
    }
    const names = transform ? affectedNames(command) : undefined;
    return names === undefined ? this.#options.next.run(request, gone) : this.#change(request, names, gone);
  }

  async #change(request: Request, names: readonly string[] | 'all', gone: AbortSignal): Promise<Answer> {
    const { changes, next } = this.#options;
    const change = await changes.begins(names);
    let certain = true;
    try {
      return await next.run(request, gone);
    } catch (error) {
      certain = error instanceof EppError ? error.outcome === 'not-sent' : error instanceof RequestRefused;
      throw error;
    } finally {
      change.ended(certain);
    }
  }

  async #check(request: Request, gone: AbortSignal): Promise<Answer> {
    const { clock } = this.#options;
    const names = checkedNames(request.work.command) ?? [];
    const nowMs = clock.monotonicMs();
    const { kept, joined, missing } = this.#find(request, names, nowMs);
    const own = missing.length > 0 ? this.#ask(request, missing) : undefined;
    const asked = own ? [own, ...joined.keys()] : [...joined.keys()];
    let left = false;
    const leave = () => {
      if (!left) for (const flight of asked) this.#leave(flight);
      left = true;
    };
    for (const flight of asked) flight.waiting++;
    gone.addEventListener('abort', leave, { once: true });
    if (gone.aborted) leave();
    try {
      const ownAnswer = await own?.answer;
      if (ownAnswer && (resultCode(ownAnswer.response) >= 2000 || own?.names.length === names.length))
        return ownAnswer;
      const others = await Promise.all(
        [...joined].map(([flight, wanted]) => this.#joinedAnswer(flight, wanted, request, gone)),
      );
      const failed = others.find(({ response }) => resultCode(response) >= 2000);
      if (failed) return failed;
      return together(names, kept, ownAnswer ? [ownAnswer, ...others] : others, nowMs);
    } finally {
      gone.removeEventListener('abort', leave);
      leave();
    }
  }

  #find({ account, work }: Request, names: readonly string[], nowMs: number): Findings {
    const { cache, metrics } = this.#options;
    const found: Findings = { kept: new Map(), joined: new Map(), missing: [] };
    for (const [name, written] of spelled(names)) {
      const kept = cache.keptOf(account.name, name, nowMs);
      const flight = kept ? undefined : cache.flightOf(account.name, name);
      if (kept) found.kept.set(name, kept);
      else if (flight && !flight.gone.signal.aborted && lastsFor(flight, work.deadlineMs))
        found.joined.set(flight, [...(found.joined.get(flight) ?? []), name]);
      else found.missing.push(written);
    }
    const joined = [...found.joined.values()].reduce((sum, { length }) => sum + length, 0);
    metrics.names(account.name, { hit: found.kept.size, joined, miss: found.missing.length });
    return found;
  }

  #ask(request: Request, names: readonly string[]): AskedCheck {
    const { cache, clock, next } = this.#options;
    const gone = new AbortController();
    const flight: AskedCheck = {
      account: request.account.name,
      names: names.map((written) => written.toLowerCase()),
      answer: next.run(checkOf(request, names), gone.signal),
      deadlineMs: request.work.deadlineMs,
      waiting: 0,
      gone,
    };
    cache.took(flight, clock.monotonicMs());
    flight.answer.then(
      (answer) => this.#landed(flight, answer),
      () => this.#landed(flight, undefined),
    );
    return flight;
  }

  #landed(flight: AskedCheck, answer: Answer | undefined): void {
    const { cache, clock } = this.#options;
    const said = answer && resultCode(answer.response) < 2000 ? new Said(answer) : undefined;
    cache.landed(flight, (name) => said?.of(name), clock.monotonicMs());
  }

  #leave(flight: AskedCheck): void {
    flight.waiting--;
    if (flight.waiting === 0) flight.gone.abort();
  }

  async #inTime(answer: Promise<Answer>, deadlineMs: number | undefined): Promise<Answer> {
    if (deadlineMs === undefined) return answer;
    const { clock } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), () =>
      late.reject(new EppError(LATE, { kind: 'timeout', outcome: 'unknown' })),
    );
    return Promise.race([answer, late.promise]).finally(() => timer.cancel());
  }

  /** Of a check that another caller began. What was refused because of his other names, or passed over, is asked again. */
  async #joinedAnswer(
    flight: AskedCheck,
    names: readonly string[],
    request: Request,
    gone: AbortSignal,
  ): Promise<Answer> {
    const answer = await this.#inTime(flight.answer, request.work.deadlineMs);
    if (resultCode(answer.response) < 2000) {
      const own = new CheckAnswers(answer.response).of(names);
      if ('response' in own) return { ...answer, response: own.response };
    }
    return this.#options.next.run(checkOf(request, names), gone);
  }
}

/** The pool knows the deadline of who asked first, not of who joined. */
const LATE = "the registry has not answered within the caller's time";

function isPlainCheck(asked: EppCommand): boolean {
  const { object, command, extensions } = asked;
  if (object !== 'domain' || command !== 'check') return false;
  if (!checkedNames(asked)?.every(isSpelling)) return false;
  return !extensions || Object.values(extensions).every((extension) => extension === undefined);
}

/** Each name once, lower-case, and as it was written first. */
function spelled(names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const written of names) {
    const name = written.toLowerCase();
    if (!found.has(name)) found.set(name, written);
  }
  return found;
}

function checkOf(request: Request, names: readonly string[]): Request {
  const { work } = request;
  return { ...request, work: { ...work, command: checkFor(names, work.command) } };
}

/** One that is given up sooner than this caller's own would be is none to wait for. */
function lastsFor(flight: AskedCheck, deadlineMs: number | undefined): boolean {
  return flight.deadlineMs === undefined || (deadlineMs !== undefined && deadlineMs <= flight.deadlineMs);
}

/** An answer by names, and the rest of it once for all of them. */
class Said {
  readonly #about: About;
  readonly #answers: CheckAnswers;

  constructor(answer: Answer) {
    const { data: _, extensions: __, rawData: ___, ...response } = answer.response;
    this.#about = { response, clTRID: answer.clTRID };
    this.#answers = new CheckAnswers(answer.response);
  }

  of(name: string): { checked: Checked; about: About } | undefined {
    const own = this.#answers.of([name]);
    const checked = 'response' in own ? listOf(own.response)[0] : undefined;
    return checked && { checked, about: this.#about };
  }
}

/** Everything that is known, by the names as they were written. The ids are those of what was asked now, if anything was. */
function together(
  names: readonly string[],
  kept: ReadonlyMap<string, Kept<About>>,
  answers: readonly Answer[],
  nowMs: number,
): Answer {
  const byName = new Map<string, Checked>();
  for (const [name, { checked }] of kept) byName.set(name, checked);
  for (const { response } of answers)
    for (const checked of listOf(response)) byName.set(String(checked.name).toLowerCase(), checked);
  const cd = names.flatMap((name) => {
    const checked = byName.get(name.toLowerCase());
    return checked ? [{ ...checked, name }] : [];
  });
  const ages = [...kept.values()].map(({ atMs }) => nowMs - atMs);
  const [oldest] = [...kept.values()].sort((a, b) => a.atMs - b.atMs);
  const base = answers[0] ?? oldest?.about;
  if (!base) throw new Error('a check without a name'); // the schema asks for one
  const { extensions: _, rawData: __, ...response } = base.response;
  const answer: Answer = { response: { ...response, data: { cd } }, clTRID: base.clTRID };
  return ages.length === 0 ? answer : { ...answer, ageMs: Math.max(...ages) };
}

function listOf(response: EppResponse): Checked[] {
  const cd = response.data?.cd;
  return Array.isArray(cd) ? (cd as Checked[]) : [];
}
