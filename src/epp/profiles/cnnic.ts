import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * CNNIC .cn. cdn-1.0 is the Chinese-domain-name mapping (urn:ietf:params:xml:ns:cdn-1.0, draft-kong-epp-cdn-mapping);
 * cnnic-contact and cnnic-domain carry the real-name data. One name a check: registrars of .cn run it so. Whether a hello
 * proves a live login is not told; a poll, which needs one, does everywhere.
 */
export const cnnic: Profile = {
  name: 'cnnic',
  objectURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI],
  extensionURIs: [
    'urn:ietf:params:xml:ns:secDNS-1.1',
    'urn:ietf:params:xml:ns:cdn-1.0',
    'urn:ietf:params:xml:ns:cnnic-contact-1.0',
    'urn:ietf:params:xml:ns:cnnic-domain-1.0',
  ],
  maxCheckNames: 1,
  maxFrameBytes: 10 * 1024 * 1024,
  keepalive: 'poll',
};
