import { CommandError, checkCommand } from './catalogue.ts';
import type { EppCommand } from './command.ts';
import { LOGIN_SEC_URI, PASSWORD_IN_EXTENSION } from './extensions/login-sec.ts';
import { servicesOf } from './profiles/features.ts';
import type { Profile } from './profiles/profile.ts';
import type { Greeting } from './responses/greeting.ts';
import type { SessionOptions } from './session-options.ts';

type Credentials = SessionOptions['credentials'];

export interface LoginServices {
  lang: string;
  objURIs: string[];
  extURIs: string[];
}

/** epp:pwType takes no more characters; longer ones stand in loginSec (RFC 8807). */
const LONGEST_PLAIN_PASSWORD = 16;

/**
 * What a login asks for: the profile's services as far as the greeting offers them. Asking for more is answered 2103 or 2307
 * by strict registries, and what they offer changes over time. Whether a service is an object or an extension is what the
 * greeting says, not the profile: registries differ in it (Verisign's poll mappings).
 * @param credentials where a password of theirs is a long one, loginSec is asked for whatever the profile says
 */
export function loginServices(
  greeting: Greeting,
  profile: Profile,
  credentials?: Credentials,
): LoginServices {
  const wanted = new Set(servicesOf(profile));
  if (credentials && longPasswords(credentials).length > 0) wanted.add(LOGIN_SEC_URI);
  const ours = (offered: readonly string[]) => [...new Set(offered)].filter((uri) => wanted.has(uri));
  return {
    lang: greeting.langs.find((lang) => /^en\b/i.test(lang)) ?? greeting.langs[0] ?? 'en',
    objURIs: ours(greeting.objURIs),
    extURIs: ours(greeting.extURIs),
  };
}

/** Why a login with these services is not to be sent; undefined where it is. Never tells a value. */
export function loginProblem(credentials: Credentials, { extURIs }: LoginServices): string | undefined {
  const [long] = longPasswords(credentials);
  if (long === undefined || extURIs.includes(LOGIN_SEC_URI)) return undefined;
  return `the ${long} has more than ${LONGEST_PLAIN_PASSWORD} characters, and the greeting does not offer loginSec-1.0 (RFC 8807) for longer ones`;
}

/** The login command (RFC 5730 section 2.9.1.1), with passwords of more than 16 characters in loginSec (RFC 8807 section 4.1). */
export function loginCommand(credentials: Credentials, services: LoginServices): EppCommand {
  const { password, newPassword } = credentials;
  const pw = isLong(password) ? { pw: password } : {};
  const newPW = isLong(newPassword) ? { newPW: newPassword } : {};
  const body = loginBody(credentials, services);
  if (longPasswords(credentials).length === 0) return { command: 'login', body };
  return {
    command: 'login',
    body,
    extensions: { loginSec: { userAgent: { app: 'eppset' }, ...pw, ...newPW } },
  };
}

/** The body of the login command; for a password that is too long for it, the word that says so. */
function loginBody(
  { clientId, password, newPassword }: Credentials,
  { lang, objURIs, extURIs }: LoginServices,
): Record<string, unknown> {
  const plain = (value: string) => (isLong(value) ? PASSWORD_IN_EXTENSION : value);
  return {
    clID: clientId,
    pw: plain(password),
    ...(newPassword === undefined ? {} : { newPW: plain(newPassword) }),
    options: { version: '1.0', lang },
    svcs: { objURIs, ...(extURIs.length === 0 ? {} : { svcExtension: { extURIs } }) },
  };
}

/**
 * What is wrong with credentials before anyone is asked. A login that breaks the limits of RFC 5730 and RFC 8807 is a failed
 * login at the registry, and a few of those lock the account. Never tells a value.
 */
export function credentialsProblem(credentials: Credentials): string | undefined {
  const wrong = (what: string) => `the credentials cannot be those of an EPP account: ${what}`;
  const { password, newPassword } = credentials;
  if (password === PASSWORD_IN_EXTENSION || newPassword === PASSWORD_IN_EXTENSION) {
    return wrong(`"${PASSWORD_IN_EXTENSION}" is no password: it stands for one that is elsewhere (RFC 8807)`);
  }
  try {
    checkCommand(loginCommand(credentials, { lang: 'en', objURIs: ['urn:x'], extURIs: [] }));
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return wrong(error.message);
    throw error;
  }
}

/** As XML Schema counts: in characters. */
function isLong(password: string | undefined): boolean {
  return password !== undefined && [...password].length > LONGEST_PLAIN_PASSWORD;
}

function longPasswords({ password, newPassword }: Credentials): ('password' | 'new password')[] {
  return [
    ...(isLong(password) ? (['password'] as const) : []),
    ...(isLong(newPassword) ? (['new password'] as const) : []),
  ];
}
