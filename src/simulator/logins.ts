/** Who may log in (RFC 5730 section 2.9.1.1). */
import { CommandError, checkCommand } from '../epp/catalogue.ts';
import type { EppCommand } from '../epp/command.ts';
import type { Login } from '../epp/commands/session.ts';
import { childOf, textOf, type XmlElement } from '../epp/xml-element.ts';
import type { Account, Seat } from './accounts.ts';
import type { Reply } from './replies.ts';

/** RFC 8807: what stands in `pw` and `newPW` where the true ones are in the extension. */
const IN_THE_EXTENSION = '[LOGIN-SECURITY]';
const LOGIN_SECURITY_URI = 'urn:ietf:params:xml:ns:epp:loginSec-1.0';

export interface LoginRules {
  accounts: ReadonlyMap<string, Account>;
  /** What the greeting offers. */
  objects: readonly string[];
  extensions: readonly string[];
  /** Failures in a row that lock an account; undefined: never. */
  lockAfterFailures: number | undefined;
}

export type LoginDecision =
  | { kind: 'accepted'; account: Account; seat: Seat; services: ReadonlySet<string> }
  | { kind: 'refused'; reply: Reply }
  /** Wrong credentials: some registries close after a few of these. */
  | { kind: 'failed'; reply: Reply }
  | { kind: 'over-limit' };

/** @param extensions the elements of the command's `<extension>` */
export function decideLogin(
  command: EppCommand,
  extensions: readonly XmlElement[],
  rules: LoginRules,
): LoginDecision {
  let body: Login;
  try {
    body = checkCommand(command).body as Login;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { kind: 'refused', reply: { code: 2005, reason: error.message } };
  }
  const { password, newPassword } = passwordsOf(body, extensions);
  const account = rules.accounts.get(body.clID);
  if (account?.locked) {
    account.loginFailures++;
    return { kind: 'failed', reply: { code: 2200, reason: 'the account is locked' } };
  }
  if (!account || account.password !== password) {
    account?.countFailure(rules.lockAfterFailures);
    return { kind: 'failed', reply: { code: 2200 } };
  }
  account.failuresInRow = 0;
  const { objURIs, svcExtension } = body.svcs;
  if (objURIs.some((uri) => !rules.objects.includes(uri))) return { kind: 'refused', reply: { code: 2307 } };
  if (svcExtension?.extURIs.some((uri) => !rules.extensions.includes(uri)))
    return { kind: 'refused', reply: { code: 2103 } };
  const seat = account.takeSeat();
  if (!seat) return { kind: 'over-limit' };
  if (newPassword !== undefined) account.password = newPassword;
  const services = new Set([...objURIs, ...(svcExtension?.extURIs ?? [])]);
  return { kind: 'accepted', account, seat, services };
}

function passwordsOf(
  { pw, newPW }: Login,
  extensions: readonly XmlElement[],
): { password: string; newPassword: string | undefined } {
  const security = extensions.find(({ uri, local }) => uri === LOGIN_SECURITY_URI && local === 'loginSec');
  const hidden = (element: string, plain: string | undefined): string | undefined => {
    const child = plain === IN_THE_EXTENSION && security ? childOf(security, element) : undefined;
    return child ? textOf(child) : plain;
  };
  return { password: hidden('pw', pw) ?? pw, newPassword: hidden('newPW', newPW) };
}
