/** From an HTTP request to a command of one account, or to what is wrong with it. Pure. */
import { CATALOGUE, CommandError, checkCommand, commandDefinition, nameOf } from '../../epp/catalogue.ts';
import type { EppCommand, EppObject } from '../../epp/command.ts';
import { OBJECT_URIS } from '../../epp/namespaces.ts';
import { isTransform, type Work } from '../work.ts';
import { canonicalName, isBelow, type RoutedAccount, type TldRouter } from './tld-routing.ts';

/** An account as requests see it. */
export interface ServedAccount extends RoutedAccount {
  /** Most names in one check. */
  maxCheckNames: number;
}

export interface RequestParts {
  tld: string;
  /** Undefined in the short form `/{tld}/{command}`: domains, and poll. */
  object: string | undefined;
  command: string;
  /** Header x-epp-accreditation. */
  accreditation: string | undefined;
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
  status: 400 | 404;
  code: 'unknown-tld' | 'unknown-accreditation' | 'unknown-object' | 'unknown-command' | 'invalid-request';
  message: string;
  /** Where, as `period.value` or `names[2]`, or a header's name. */
  field?: string;
  /** Known where the account was found before something else was wrong. */
  account?: string;
}

/** What may be asked for, by object. The session's own commands are the pool's, poll excepted. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  (Object.keys(OBJECT_URIS) as EppObject[]).map((object) => [object, commandsOf(object)]),
);

function commandsOf(object: EppObject): string[] {
  return CATALOGUE.filter((definition) => definition.object === object).map(({ command }) => command);
}

function isObject(name: string): name is EppObject {
  return Object.hasOwn(COMMANDS, name);
}

export function readRequest<A extends ServedAccount>(
  parts: RequestParts,
  router: TldRouter<A>,
): ReadRequest<A> | { problem: RequestProblem } {
  const route = router.route(parts.tld, parts.accreditation);
  if (!route.ok) {
    const { code, message } = route;
    const field = code === 'unknown-tld' ? 'tld' : 'x-epp-accreditation';
    return { problem: { status: 404, code, message, field } };
  }
  const { account, tld } = route;
  const refuse = (problem: Omit<RequestProblem, 'account'>) => ({
    problem: { ...problem, account: account.name },
  });
  const target = targetOf(parts);
  if ('code' in target) return refuse(target);
  if (!isRecord(parts.body)) {
    return refuse(invalid('body', 'must be a JSON object'));
  }
  const { extensions, ...body } = parts.body;
  const command = { ...target, body, extensions };
  const wrong = target.object === 'domain' ? namesInZone(body, tld) : undefined;
  if (wrong) return refuse(wrong);
  const checked = check(command as EppCommand);
  if ('code' in checked) return refuse(checked);
  const tooMany = target.command === 'check' ? tooManyNames(checked.body, account.maxCheckNames) : undefined;
  if (tooMany) return refuse(tooMany);
  const definition = commandDefinition(target.object, target.command) ?? { transform: true };
  const transform = isTransform(definition, checked.body);
  return { account, work: { command: checked, transform }, operation: nameOf(target) };
}

type Invalid = Omit<RequestProblem, 'account'>;

function invalid(field: string, message: string): Invalid {
  return { status: 400, code: 'invalid-request', field, message: `${field}: ${message}` };
}

function targetOf({ object, command }: RequestParts): Pick<EppCommand, 'object' | 'command'> | Invalid {
  if (object === undefined && command === 'poll') return { command };
  const kind = object ?? 'domain';
  if (!isObject(kind)) {
    const known = Object.keys(COMMANDS).join(', ');
    const message = `there is no object "${kind.slice(0, 64)}"; there are ${known}`;
    return { status: 404, code: 'unknown-object', message, field: 'object' };
  }
  const commands = COMMANDS[kind] ?? [];
  if (commands.includes(command)) return { object: kind, command };
  const known = commands.join(', ') + (object === undefined ? ', poll' : '');
  const message = `there is no command "${command.slice(0, 64)}" for a ${kind}; there are ${known}`;
  return { status: 404, code: 'unknown-command', message, field: 'command' };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names of domains stand in the TLD of the path, and go out as lower-case A-labels: changed in place. */
function namesInZone(body: Record<string, unknown>, tld: string): Invalid | undefined {
  const { name, names } = body;
  // What is no string is left to the command's schema, which names it
  if (typeof name === 'string') {
    const read = inZone('name', name, tld);
    if ('code' in read) return read;
    body.name = read.name;
  }
  if (!Array.isArray(names)) return undefined;
  const canonical: unknown[] = [...names];
  for (const [index, written] of names.entries()) {
    if (typeof written !== 'string') continue;
    const read = inZone(`names[${index}]`, written, tld);
    if ('code' in read) return read;
    canonical[index] = read.name;
  }
  body.names = canonical;
  return undefined;
}

function inZone(field: string, written: string, tld: string): { name: string } | Invalid {
  const name = canonicalName(written);
  if (name === undefined) return invalid(field, 'is not a domain name');
  return isBelow(name, tld) ? { name } : invalid(field, `is not below the TLD "${tld}" of the path`);
}

function tooManyNames(body: Record<string, unknown>, most: number): Invalid | undefined {
  const field = 'ids' in body ? 'ids' : 'names';
  const { length } = body[field] as unknown[];
  return length > most
    ? invalid(field, `this registry takes at most ${most} in one check, not ${length}`)
    : undefined;
}

function check(command: EppCommand): EppCommand | Invalid {
  try {
    return checkCommand(command);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const message = error.issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ');
    return { status: 400, code: 'invalid-request', field: error.issues[0]?.path ?? 'body', message };
  }
}
