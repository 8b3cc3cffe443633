import type { Profile } from './profiles/profile.ts';
import type { Greeting } from './responses/greeting.ts';

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
  const wanted = new Set([...profile.objectURIs, ...profile.extensionURIs]);
  const ours = (offered: readonly string[]) => [...new Set(offered)].filter((uri) => wanted.has(uri));
  return {
    lang: greeting.langs.find((lang) => /^en\b/i.test(lang)) ?? greeting.langs[0] ?? 'en',
    objURIs: ours(greeting.objURIs),
    extURIs: ours(greeting.extURIs),
  };
}
