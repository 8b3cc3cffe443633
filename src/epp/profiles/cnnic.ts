import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * CNNIC .cn. cdn-1.0 is the Chinese-domain-name mapping (draft-kong-epp-cdn-mapping); cnnic-contact-1.0 and cnnic-domain-1.0
 * carry the registrant's type, certificate and agent (URIs as in Net::DRI's CNNIC extension). One
 * name a check: so registrars of .cn run it. Whether a hello is answered without a live login is not told; a poll never is.
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
