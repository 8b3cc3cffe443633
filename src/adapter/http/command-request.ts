/** From an HTTP request to a command of one account, or to all that is wrong with it. Pure. */

import type { FieldError } from '../../api/http/field-error.ts';
import type { RequestHeaders } from '../../api/http/request-headers.ts';
import { CATALOGUE, CommandError, checkCommand, nameOf } from '../../epp/catalogue.ts';
import type { CheckedCommand } from '../../epp/checked-command.ts';
import type { EppCommand, EppObject } from '../../epp/command.ts';
import { OBJECT_URIS } from '../../epp/namespaces.ts';
import type { TraceContext } from '../../lib/trace-context.ts';
import { canonicalName, isBelow } from '../../routing/domain-name.ts';
import type { RoutedAccount, TldRouter } from '../../routing/tld-routing.ts';
import type { Work } from '../work.ts';
import { contradictions } from './contradictions.ts';
import type { RequestFault } from './problem-catalogue.ts';
import { bodyField } from './problems.ts';

/** An account as requests see it. */
export type ServedAccount = RoutedAccount;

export interface RequestParts {
  tld: string;
  /** Undefined in the short form `/{tld}/{command}`: domains, and poll. */
  object: string | undefined;
  command: string;
  headers: RequestHeaders;
  trace: TraceContext | undefined;
  /** Monotonic milliseconds when it came. */
  startMs: number;
  body: unknown;
}

export interface ReadRequest<A extends ServedAccount> {
  account: A;
  work: Work;
  /** As `domain:check`. */
  operation: string;
  /** Header idempotency-key: 1 to 255 printable characters; a key belongs to its account and tenant. */
  idempotencyKey?: string;
}

/** What is wrong with a request: nothing was sent. */
export interface RequestProblem {
  code: RequestFault;
  errors: FieldError[];
  /** Known where the account was found before something else was wrong. */
  account?: string;
}

export const QUERY: RequestProblem = {
  code: 'invalid-request',
  errors: [{ field: 'query', message: 'must be absent: everything that a command says stands in its body' }],
};

/** A command that may be run, or what is wrong with it. */
export type CheckedRequest =
  | { command: CheckedCommand; operation: string }
  | { code: RequestFault; errors: FieldError[] };

/** Most names of one check over HTTP: more than a registry takes in one command go to it in several. */
export const MAX_CHECK_NAMES = 1_000;
const MAX_ERRORS = 100;

/** What may be asked for, by object. The session's own commands are the pool's, poll excepted. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  (Object.keys(OBJECT_URIS) as EppObject[])
    .map((object) => [object, commandsOf(object)] as const)
    .filter(([, commands]) => commands.length > 0),
);

function commandsOf(object: EppObject): string[] {
  return CATALOGUE.filter((definition) => definition.object === object).map(({ command }) => command);
}

function isObject(name: string): name is EppObject {
  return Object.hasOwn(COMMANDS, name);
}

/**
 * @param check what the body asks for, once the account is known
 */
export function readRequest<A extends ServedAccount>(
  parts: RequestParts,
  router: TldRouter<A>,
  check: (parts: RequestParts, tld: string) => CheckedRequest = checkTyped,
): ReadRequest<A> | { problem: RequestProblem } {
  const { headers, trace, startMs } = parts;
  const route = router.route(parts.tld, headers.accreditation);
  if (!route.ok) {
    const { code, message } = route;
    const field = code === 'unknown-tld' ? 'tld' : 'x-epp-accreditation';
    return { problem: { code, errors: [{ field, message }] } };
  }
  const { account, tld } = route;
  const read = check(parts, tld);
  if ('errors' in read) return { problem: { ...read, account: account.name } };
  const { command, operation } = read;
  const work: Work = {
    command,
    transform: command.transform,
    tld,
    ...(headers.tenant === undefined ? undefined : { tenant: headers.tenant }),
    ...(headers.timeoutMs === undefined ? undefined : { deadlineMs: startMs + headers.timeoutMs }),
    ...(trace === undefined ? undefined : { trace }),
  };
  const { idempotencyKey } = headers;
  return idempotencyKey === undefined
    ? { account, work, operation }
    : { account, work, operation, idempotencyKey };
}

function checkTyped(parts: RequestParts, tld: string): CheckedRequest {
  const target = targetOf(parts);
  if ('errors' in target) return target;
  if (!isRecord(parts.body)) return invalid([bodyField('body', 'must be a JSON object')]);
  const { extensions, ...body } = parts.body;
  if (target.command === 'check') {
    const tooMany = tooManyNames(body);
    if (tooMany) return invalid([tooMany]);
  }
  const errors = target.object === 'domain' ? namesInZone(body, tld) : [];
  return checked({ ...target, body, extensions } as EppCommand, nameOf(target), errors);
}

/** @param errors of the command that are known already: those of its schema stand behind them */
export function checked(command: EppCommand, operation: string, errors: FieldError[] = []): CheckedRequest {
  try {
    const passed = checkCommand(command);
    const all = [...errors, ...contradictions(passed)];
    return all.length > 0 ? invalid(all) : { command: passed, operation };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // the first that is wrong with a field says enough of it
    const known = new Set(errors.map(({ field }) => field));
    const more = error.issues.filter(({ path }) => !known.has(path) && known.add(path));
    return invalid([...errors, ...more.map(({ path, message }) => bodyField(path, message))]);
  }
}

export function invalid(errors: FieldError[]): { code: RequestFault; errors: FieldError[] } {
  return { code: 'invalid-request', errors: errors.slice(0, MAX_ERRORS) };
}

type Target = Pick<EppCommand, 'object' | 'command'>;

function targetOf({ object, command }: RequestParts): Target | { code: RequestFault; errors: FieldError[] } {
  if (object === undefined && command === 'poll') return { command };
  const kind = object ?? 'domain';
  if (!isObject(kind)) {
    const known = Object.keys(COMMANDS).join(', ');
    const message = `there is no object "${kind.slice(0, 64)}"; there are ${known}`;
    return { code: 'unknown-object', errors: [{ field: 'object', message }] };
  }
  const commands = COMMANDS[kind] ?? [];
  if (commands.includes(command)) return { object: kind, command };
  const known = commands.join(', ') + (object === undefined ? ', poll, raw' : '');
  const message = `there is no command "${command.slice(0, 64)}" for a ${kind}; there are ${known}`;
  return { code: 'unknown-command', errors: [{ field: 'command', message }] };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names of domains stand in the TLD of the path, and go out as lower-case A-labels: changed in place. */
function namesInZone(body: Record<string, unknown>, tld: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name, names } = body;
  // What is no string is left to the command's schema, which names it
  if (typeof name === 'string') body.name = inZone('name', name, tld, errors);
  if (Array.isArray(names)) {
    body.names = names.map((written: unknown, index) =>
      typeof written === 'string' ? inZone(`names[${index}]`, written, tld, errors) : written,
    );
  }
  return errors;
}

function inZone(field: string, written: string, tld: string, errors: FieldError[]): string {
  const name = canonicalName(written);
  if (name === undefined) errors.push(bodyField(field, 'must be a domain name, such as "example.com"'));
  else if (!isBelow(name, tld)) {
    errors.push(bodyField(field, `must be below the TLD "${tld}" of the path`));
  }
  return name ?? written;
}

function tooManyNames(body: Record<string, unknown>): FieldError | undefined {
  const field = 'ids' in body ? 'ids' : 'names';
  const listed = body[field];
  if (!Array.isArray(listed) || listed.length <= MAX_CHECK_NAMES) return undefined;
  return bodyField(field, `may have at most ${MAX_CHECK_NAMES} in one request, not ${listed.length}`);
}
