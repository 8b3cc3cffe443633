import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * Works anywhere: the three objects of RFC 5731 to 5733 and no extension, because an extension that is asked for changes
 * what the registry answers. No registry is known to take fewer than one name a check, or to write larger frames.
 */
export const generic: Profile = {
  name: 'generic',
  objectURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI],
  extensionURIs: [],
  maxCheckNames: 5,
  maxFrameBytes: 10 * 1024 * 1024,
  keepalive: 'hello',
};
