import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * Works anywhere: the three objects of RFC 5731 to 5733 and no extension, because an extension that is asked for changes
 * what the registry answers. Registries take 1 to 50 names a check; 5 costs little where more would do. 10 MiB is the
 * largest frame that a registry is known to allow (Nomulus).
 */
export const generic: Profile = {
  name: 'generic',
  objectURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI],
  extensionURIs: [],
  maxCheckNames: 5,
  maxFrameBytes: 10 * 1024 * 1024,
  keepalive: 'hello',
};
