import type { Profile } from './profiles/profile.ts';
import type { Greeting } from './responses/greeting.ts';

export interface LoginServices {
  lang: string;
  objURIs: string[];
  extURIs: string[];
}

/**
 * What a login asks for: the profile's services as far as the greeting offers them, in the profile's order. Asking for more
 * is answered 2103 or 2307 by strict registries, and what they offer changes over time.
 */
export function loginServices(greeting: Greeting, profile: Profile): LoginServices {
  const offered = new Set([...greeting.objURIs, ...greeting.extURIs]);
  return {
    lang: greeting.langs.find((lang) => /^en\b/i.test(lang)) ?? greeting.langs[0] ?? 'en',
    objURIs: profile.objectURIs.filter((uri) => offered.has(uri)),
    extURIs: profile.extensionURIs.filter((uri) => offered.has(uri)),
  };
}
