import { CommandError, commandDefinition } from './catalogue.ts';
import { servicesOf } from './profiles/features.ts';
import type { Profile } from './profiles/profile.ts';
import type { Greeting } from './responses/greeting.ts';
import type { SessionOptions } from './session-options.ts';

export interface LoginServices {
  lang: string;
  objURIs: string[];
  extURIs: string[];
}

/**
 * What a login asks for: the profile's services as far as the greeting offers them. Asking for more is answered 2103 or 2307
 * by strict registries, and what they offer changes over time. Whether a service is an object or an extension is what the
 * greeting says, not the profile: registries differ in it (Verisign's poll mappings).
 */
export function loginServices(greeting: Greeting, profile: Profile): LoginServices {
  const wanted = new Set(servicesOf(profile));
  const ours = (offered: readonly string[]) => [...new Set(offered)].filter((uri) => wanted.has(uri));
  return {
    lang: greeting.langs.find((lang) => /^en\b/i.test(lang)) ?? greeting.langs[0] ?? 'en',
    objURIs: ours(greeting.objURIs),
    extURIs: ours(greeting.extURIs),
  };
}

/** The body of the login command (RFC 5730 section 2.9.1.1). */
export function loginBody(
  credentials: SessionOptions['credentials'],
  { lang, objURIs, extURIs }: LoginServices,
): Record<string, unknown> {
  const { clientId, password, newPassword } = credentials;
  return {
    clID: clientId,
    pw: password,
    ...(newPassword === undefined ? {} : { newPW: newPassword }),
    options: { version: '1.0', lang },
    svcs: { objURIs, ...(extURIs.length === 0 ? {} : { svcExtension: { extURIs } }) },
  };
}

/**
 * What is wrong with credentials before anyone is asked. A login that breaks RFC 5730's own limits is a failed login at the
 * registry, and a few of those lock the account. Never tells a value.
 */
export function credentialsProblem(credentials: SessionOptions['credentials']): string | undefined {
  const body = loginBody(credentials, { lang: 'en', objURIs: ['urn:x'], extURIs: [] });
  try {
    commandDefinition(undefined, 'login')?.check(body);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return `the credentials cannot be those of an EPP account: ${error.message}`;
  }
}
