import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * Works anywhere: the three objects of RFC 5731 to 5733 and no extension, because an extension that is asked for changes
 * what the registry answers. Also what every other profile starts from.
 */
export const generic: Profile = {
  name: 'generic',
  title: 'Any registry',
  features: [],
  objectURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI],
  extensionURIs: [],
  // Registries take 1 to 50; 5 costs little where more would do.
  maxCheckNames: 5,
  // The largest that a registry is known to allow (Nomulus).
  maxFrameBytes: 10 * 1024 * 1024,
  keepalive: 'hello',
  // Some servers cannot read two frames in one packet.
  pipelineDepth: 1,
  coalesceChecks: true,
  oneZonePerCheck: false,
  namestoreSubProduct: false,
  suggested: {},
  sources: {},
};
