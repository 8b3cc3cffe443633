/**
 * Checks that share a command, and checks that take several. Pure.
 *
 *   caller 1: a.com b.com ─╮             ╭─▶ a.com b.com          merge: one command for several callers, each name once,
 *   caller 2: B.com       ─┼─▶ a b c ────┼─▶ B.com                and to each what he asked for, as he wrote it
 *   caller 3: c.com       ─╯             ╰─▶ c.com
 *
 *   caller 4: 120 names ─▶ 50 │ 50 │ 20 ─▶ 120 answers            split: more names than the registry takes in one command
 */
import { type EppCommand, type EppExtensions, type EppResponse, resultCode } from '../../epp/command.ts';

export interface CheckPolicy {
  /** Most names in one command. */
  maxNames: number;
  /** Checks of several callers may go into one command. */
  coalesce: boolean;
  /** The TLD of a name where a command holds names of one TLD alone; undefined where any may stand together. */
  zoneOf?: ((name: string) => string) | undefined;
}

/** The list of a check's body: names of domains and hosts, ids of contacts (RFC 5731 to 5733, section 3.1.1). */
export function checkedNames(command: EppCommand): readonly string[] | undefined {
  if (command.command !== 'check') return undefined;
  const { names = command.body.ids } = command.body;
  return Array.isArray(names) ? names : undefined;
}

/**
 * What it may share a command with: checks with the same key. Undefined where it goes alone: it is no check of domains, has
 * an extension whose answer could not be told apart by names, or fills a command by itself.
 */
export function mergeKeyOf(command: EppCommand, policy: CheckPolicy): string | undefined {
  if (!policy.coalesce || command.object !== 'domain') return undefined;
  const names = checkedNames(command);
  if (!names || names.length >= policy.maxNames) return undefined;
  const extensions = sharedExtensions(command.extensions);
  if (extensions === undefined) return undefined;
  if (!policy.zoneOf) return extensions;
  const zone = policy.zoneOf(names[0] ?? '');
  for (const name of names) if (policy.zoneOf(name) !== zone) return undefined;
  return `${zone} ${extensions}`;
}

/** The product of a check at Verisign says where names are looked for, and answers nothing (draft-namestoreExt-01). */
function sharedExtensions(extensions: EppExtensions | undefined): string | undefined {
  if (!extensions) return '';
  for (const name in extensions)
    if (name !== 'namestoreExt' && extensions[name] !== undefined) return undefined;
  return JSON.stringify(extensions);
}

/** The command in parts of at most so many names; itself where it has no more. */
export function splitCheck(command: EppCommand, maxNames: number): EppCommand[] {
  const names = checkedNames(command);
  if (!names || names.length <= maxNames) return [command];
  const field = 'ids' in command.body ? 'ids' : 'names';
  const parts: EppCommand[] = [];
  for (let at = 0; at < names.length; at += maxNames) {
    const body = { ...command.body, [field]: names.slice(at, at + maxNames) };
    parts.push({ ...command, body });
  }
  return parts;
}

/** The names of several checks, each once. Registries compare without regard to case. */
export class NameBatch {
  readonly #limit: number;
  readonly #names = new Map<string, string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#names.size;
  }

  get names(): string[] {
    return [...this.#names.values()];
  }

  /** False, and nothing is added, where the names would be too many. */
  add(names: readonly string[]): boolean {
    let more = 0;
    for (const name of names) if (!this.#names.has(name.toLowerCase())) more++;
    if (this.#names.size + more > this.#limit) return false;
    for (const name of names) {
      const key = name.toLowerCase();
      if (!this.#names.has(key)) this.#names.set(key, name);
    }
    return true;
  }
}

/** What a registry said of each name of a check, to be looked up by the name in any case. */
export class CheckAnswers {
  readonly #response: EppResponse;
  readonly #byName = new Map<string, Record<string, unknown>>();

  constructor(response: EppResponse) {
    this.#response = response;
    const cd = response.data?.cd;
    for (const checked of Array.isArray(cd) ? (cd as Record<string, unknown>[]) : []) {
      const name = checked.name ?? checked.id;
      if (typeof name === 'string') this.#byName.set(name.toLowerCase(), checked);
    }
  }

  /** The answer to one caller: his names alone, in his order and spelling; or the names that the registry passed over. */
  of(names: readonly string[]): { response: EppResponse } | { missing: string[] } {
    const missing: string[] = [];
    const cd: Record<string, unknown>[] = [];
    for (const name of names) {
      const checked = this.#byName.get(name.toLowerCase());
      if (!checked) missing.push(name);
      else cd.push({ ...checked, ['id' in checked ? 'id' : 'name']: name });
    }
    if (missing.length > 0) return { missing };
    // What else it says may be about other callers' names
    const { extensions: _, rawData: __, ...response } = this.#response;
    return { response: { ...response, data: { cd } } };
  }
}

/** One answer of those to the parts of a check: of errors the first; else all names in the order of the parts. */
export function joinAnswers<A extends { response: EppResponse }>(answers: readonly A[]): A {
  const [first] = answers as [A, ...A[]];
  const failed = answers.find(({ response }) => resultCode(response) >= 2000);
  if (failed) return failed;
  const response = answers.map((answer) => answer.response).reduce(joinTwo);
  return { ...first, response };
}

function joinTwo(a: EppResponse, b: EppResponse): EppResponse {
  const joined = { ...a };
  if (a.data && b.data) joined.data = joinValues(a.data, b.data) as Record<string, unknown>;
  if (a.rawData || b.rawData) joined.rawData = [...(a.rawData ?? []), ...(b.rawData ?? [])];
  if (a.extensions || b.extensions)
    joined.extensions = joinValues(a.extensions, b.extensions) as EppExtensions;
  return joined;
}

/** Lists one after the other, objects field by field; of anything else the first. */
function joinValues(a: unknown, b: unknown): unknown {
  if (a === undefined) return b;
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  if (!isObject(a) || !isObject(b)) return a;
  const joined: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) joined[key] = joinValues(a[key], value);
  return joined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
